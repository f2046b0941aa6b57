"""A backup has all that phones were told was taken, and nothing of whoever was erased, on either database."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, func, select, text

from gateway.runtime import Runtime
from tests import records, rows
from tests.conftest import SECRET
from tests.phone import Phone
from tests.records import assert_counted, drain, drawn, in_lanes, lay
from tests.texter import NUMBER, Texter
from workers.backup import back_up
from workers.database.models import LedgerRow
from workers.database.models import Phone as PhoneRow
from workers.database.session import is_current, open_engine, reading
from workers.dialogs import Dialogs, Loaded, keys
from workers.privacy import phone_key
from workers.restore import restore

KEYS = (SECRET.encode(),)
NEW = Loaded(b"", b"", 0)


def unpacked(file: Path) -> bytes:
    with zipfile.ZipFile(file) as opened:
        return b"".join(opened.read(name) for name in opened.namelist())


def last_seq(engine: Engine) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.max(LedgerRow.seq))) or 0


def participants(engine: Engine) -> dict[tuple[str, int], str]:
    with reading(engine) as session:
        return {(row.phone_key, row.ordinal): row.participant for row in session.scalars(select(PhoneRow))}


def test_every_row_of_every_table_goes_from_one_database_to_the_other_and_back(
    sqlite_url: str, postgres_url: str, file: Path, client: Any, tmp_path: Path
) -> None:
    first, other, back = (open_engine(url) for url in (sqlite_url, postgres_url, f"sqlite:///{tmp_path / 'back.db'}"))
    with first.begin() as connection:
        rows.fill(connection)
    with other.begin() as connection:  # a server that is not set to UTC
        connection.execute(text(f"ALTER DATABASE {other.url.database} SET timezone TO 'Asia/Kathmandu'"))
    other.dispose()
    for source, target in ((first, other), (other, back)):
        back_up(file, source, None, KEYS)
        restore(file, target, client)
        assert rows.content(target) == rows.content(first)
        assert is_current(target)
    for engine in (first, other, back):
        engine.dispose()


def test_an_installation_that_moved_counts_on_as_if_nothing_had_been(
    source: Engine, empty: Engine, file: Path, client: Any
) -> None:
    said = drawn(41, 400)
    lay(client, said[:200])
    drain(source, client)
    lay(client, said[200:300])  # what a phone was told was taken, and no intake has read
    back_up(file, source, client, KEYS)
    client.flushall()  # the other machine's
    restored = restore(file, empty, client)
    assert restored.events == 100
    assert_counted(empty, said[:300])
    assert participants(source).items() <= participants(empty).items()
    before = last_seq(empty)
    lay(client, said[300:])
    drain(empty, client)
    assert_counted(empty, said)  # each change of mind found the answer that it replaces
    with reading(empty) as session:
        assert session.scalar(select(func.count()).where(LedgerRow.seq > before, LedgerRow.kind != "moved")) == 100


def test_a_database_that_changes_under_the_same_redis_misses_nothing_that_was_said_meanwhile(
    source: Engine, empty: Engine, file: Path, client: Any
) -> None:
    said = drawn(42, 300)
    lay(client, said[:150])
    drain(source, client)
    lay(client, said[150:200])
    back_up(file, source, client, KEYS)
    lay(client, said[200:])
    drain(source, client)  # the old intake goes on until it is stopped
    restore(file, empty, client)
    drain(empty, client)
    assert_counted(empty, said)


def test_what_moves_from_a_lane_to_the_ledger_during_a_backup_is_in_it_once(
    source: Engine, empty: Engine, file: Path, client: Any
) -> None:
    said, faster = drawn(43, 120), open_engine(str(source.url))
    lay(client, said)

    def the_intake_is_faster(*_: Any) -> None:
        drain(faster, client, margin=0)
        client.flushall()

    event.listen(source, "before_cursor_execute", the_intake_is_faster, once=True)
    back_up(file, source, client, KEYS)
    faster.dispose()
    restore(file, empty, client)
    assert_counted(empty, said)


def test_people_and_their_exchanges_come_back_where_redis_has_none(
    source: Engine, empty: Engine, file: Path, client: Any, redis_url: str
) -> None:
    dialogs, places = Dialogs(redis_url), [keys(phone_key(f"+2237000000{n}", b"k"), f"session {n}") for n in range(3)]
    dialogs.commit(places[0], NEW, b"a USSD session ends with its line", b"one", [])
    dialogs.commit(places[1], NEW, b"an SMS may be answered next week", b"two", [], seconds=9000)
    dialogs.commit(places[2], NEW, b"-", b"three", [])
    back_up(file, source, client, KEYS)
    client.flushall()
    dialogs.commit(places[2], NEW, b"-", b"newer", [])
    assert restore(file, empty, client).people == 3
    found = [dialogs.load(place)[:2] for place in places]
    assert found == [(b"", b"one"), (b"an SMS may be answered next week", b"two"), (b"-", b"newer")]
    assert 8900 < client.ttl(places[1].dialog) <= 9000
    assert [client.ttl(place.person) for place in places] == [-1, -1, -1]


def test_without_redis_the_database_alone_is_kept(source: Engine, empty: Engine, file: Path, client: Any) -> None:
    records.feed(source, in_lanes(said := drawn(44, 50)))
    back_up(file, source, None, KEYS)
    assert restore(file, empty, client)[1:] == (0, 0, 0)
    assert_counted(empty, said)


def test_nothing_of_whoever_was_erased_by_sms_is_in_a_new_backup(texter: Texter, runtime: Runtime, file: Path) -> None:
    texter.texts("RETOUR", "1", "6", "un mot secret", "1", "2")
    back_up(file, runtime.engine, runtime.redis, KEYS)
    traces = (b"secret", phone_key(NUMBER, SECRET.encode()).encode())
    assert all(trace in unpacked(file) for trace in traces)
    texter.texts("EFFACER", "1").sees("effacé")
    back_up(file, runtime.engine, runtime.redis, KEYS)
    assert not any(trace in unpacked(file) for trace in traces)


def test_nothing_of_whoever_was_erased_by_ussd_is_in_a_new_backup(
    phone: Phone, runtime: Runtime, drain: Callable[[], int], file: Path
) -> None:
    phone.dials().types("1", "6", "un mot secret").line_drops()
    drain()
    back_up(file, runtime.engine, runtime.redis, KEYS)
    traces = (b"secret", phone_key(phone.number, SECRET.encode()).encode())
    assert all(trace in unpacked(file) for trace in traces)
    phone.dials().types("00")
    for label in ("Mes réglages", "Tout effacer"):
        phone.types(re.search(rf"(\d)\. {label}", phone.page)[1])  # type: ignore[index]
    phone.types("1").sees("effacé")
    drain()
    back_up(file, runtime.engine, runtime.redis, KEYS)
    assert not any(trace in unpacked(file) for trace in traces)


def test_no_key_is_in_a_backup(source: Engine, file: Path, client: Any) -> None:
    back_up(file, source, client, KEYS)
    assert SECRET.encode() not in unpacked(file)
