"""Keys that are rotated under people who go on talking: nobody is lost, and nobody counts twice."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, func, select

from flows.events import Answered
from gateway.runtime import Runtime
from gateway.simulator import Network
from tests.phone import Phone
from tests.records import Act, as_records, feed, in_lanes, publish_all
from tests.rotating import ALL_OF_IT, borne, counted, marks, marks_of_phones, newest, watchful, wipe
from tests.texter import Texter
from workers.database.models import Answer, Contact, Message
from workers.database.models import Phone as Row
from workers.database.session import reading
from workers.figures import tallies
from workers.keys import keyfile, rotation
from workers.keys.keyring import Keyring
from workers.privacy import mark_of, phone_key
from workers.settings import Settings

Drain = Callable[[], int]


@pytest.fixture
def settings(settings: Settings, database_url: str) -> Settings:
    """On both databases, with the keys of the data directory."""
    return replace(settings, phone_keys=(), database_url=database_url)


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    return watchful(runtime)


@pytest.fixture
def path(runtime: Runtime) -> Path:
    return keyfile.keyfile_of(runtime.settings.data_dir)


def test_a_dialog_under_way_goes_on(phone: Phone, runtime: Runtime, path: Path, drain: Drain) -> None:
    phone.dials().types("1", "2").sees("rend le retour dur")
    rotation.add_key(path, seconds=0)
    phone.network_repeats().types("1").sees("Combien").types("3", "1", "4").sees("Votre code").types("0").is_done()
    drain()
    assert counted(runtime) == {"terre": 1}
    assert newest(path) not in marks_of_phones(runtime)


def test_a_phone_that_answered_is_known_afterwards_and_counted_once(
    phone: Phone, runtime: Runtime, path: Path, drain: Drain
) -> None:
    phone.dials().types("1", "2").line_drops()
    rotation.add_key(path, seconds=0)
    phone.dials().types("2").sees("rend le retour dur").types("1", "3", "1", "4", "0").is_done()
    drain()
    assert counted(runtime) == {"terre": 1}


def test_a_new_phone_is_named_under_the_new_key(network: Network, runtime: Runtime, path: Path, drain: Drain) -> None:
    rotation.add_key(path, seconds=0)
    Phone(network).dials().types(*ALL_OF_IT).is_done()
    drain()
    assert marks_of_phones(runtime) == {newest(path)}


@pytest.mark.parametrize("taken_in", [True, False], ids=["read before", "read at once"])
def test_a_phone_is_counted_once_though_redis_lost_it(
    taken_in: bool, network: Network, runtime: Runtime, path: Path, drain: Drain
) -> None:
    Phone(network).dials().types("1", "1").line_drops()
    drain()
    for _ in range(2):
        rotation.add_key(path, seconds=0)
        wipe(runtime)
        Phone(network).dials().types(*ALL_OF_IT).is_done()
        if taken_in:
            drain()
    drain()
    assert counted(runtime) == {"terre": 1}
    assert marks_of_phones(runtime) == {newest(path)}


def test_several_people_of_one_phone_stay_several_though_redis_lost_it(
    network: Network, runtime: Runtime, path: Path, drain: Drain
) -> None:
    phone = Phone(network).dials().types(*ALL_OF_IT).dials().types("1").sees("autre personne").types("1", *ALL_OF_IT[1:-1])
    drain()
    assert counted(runtime) == {"terre": 2}
    rotation.add_key(path, seconds=0)
    wipe(runtime)
    phone.dials().types("1", "1").line_drops()
    drain()
    assert counted(runtime) == {"emploi": 1, "terre": 1}
    assert marks_of_phones(runtime) == {newest(path)}


def test_who_said_stop_stays_stopped_though_redis_lost_it(texter: Texter, runtime: Runtime, path: Path) -> None:
    texter.texts("RETOUR", "1", "STOP")
    before = len(texter.box)
    rotation.add_key(path, seconds=0)
    wipe(runtime)
    texter.texts("RETOUR")
    assert texter.box == []
    assert before == 3
    with reading(runtime.engine) as session:
        assert session.scalars(select(Message.state).order_by(Message.id.desc())).first() == "cancelled"


def test_messages_go_on_and_the_box_of_the_simulated_phone_keeps_what_came(
    texter: Texter, runtime: Runtime, path: Path
) -> None:
    texter.texts("RETOUR", "1").sees("Au retour")
    rotation.add_key(path, seconds=0)
    texter.texts("2").sees("retour dur").texts("1").sees("Combien")
    assert len(texter.box) == 4
    assert counted(runtime) == {"terre": 1}


def test_a_message_that_comes_again_after_a_rotation_counts_once(texter: Texter, runtime: Runtime, path: Path) -> None:
    texter.texts("RETOUR", "1").texts("2", message="m1")
    rotation.add_key(path, seconds=0)
    texter.texts("2", message="m1")
    assert counted(runtime) == {"terre": 1}


def test_whoever_is_erased_after_a_rotation_leaves_nothing(texter: Texter, runtime: Runtime, path: Path) -> None:
    texter.texts("RETOUR", "1", "2")
    rotation.add_key(path, seconds=0)
    wipe(runtime)
    texter.texts("RETOUR", "1", "1", "EFFACER", "1").sees("effacé")
    with reading(runtime.engine) as session:
        for model in (Row, Contact, Message):
            assert session.scalars(select(model)).all() == []


def test_a_new_key_names_nobody_before_every_process_has_it(
    network: Network, runtime: Runtime, path: Path, drain: Drain
) -> None:
    slow = Keyring(runtime.settings, look_seconds=3600.0)
    old = newest(path)
    rotation.add_key(path, seconds=3600)
    Phone(network).dials().types(*ALL_OF_IT).is_done()
    drain()
    assert marks_of_phones(runtime) == {old}
    assert [mark_of(key) for key in runtime.keyring.current()] == [old, newest(path)]
    assert len(slow.current()) == 1


def test_dialogs_under_way_go_on_whichever_process_answers(network: Network, runtime: Runtime, path: Path) -> None:
    early, late = Keyring(runtime.settings, look_seconds=0.0), Keyring(runtime.settings, look_seconds=3600.0)
    rotation.add_key(path, seconds=3600)
    phone = Phone(network)
    for keyring, key, sees in [(early, "", "demande"), (late, "1", "Au retour"), (early, "2", "dur"), (late, "1", "Combien")]:
        runtime.keyring = keyring
        (phone.types(key) if key else phone.dials()).sees(sees)


def test_many_who_call_while_keys_come_and_go_are_each_counted_once(
    network: Network, address: str, runtime: Runtime, path: Path, drain: Drain
) -> None:
    channel, wrong = runtime.settings.channels[0], []

    def call(line: int) -> None:
        try:
            mine = Network(address, channel)
            for person in range(6):
                Phone(mine, f"+2237{line}00000{person}").dials().types(*ALL_OF_IT).is_done()
                Phone(mine, f"+2237{line}00000{person}").dials().types("1").sees("autre personne")
        except AssertionError as why:
            wrong.append(why)

    lines = [threading.Thread(target=call, args=(line,)) for line in range(4)]
    for line in lines:
        line.start()
    for _ in range(4):
        rotation.add_key(path, seconds=0.3)
        time.sleep(0.4)
        rotation.reseal(runtime.engine, runtime.keyring.current())
        rotation.retire(path, [mark for mark in marks(path)[1:] if mark not in borne(runtime)])
    for line in lines:
        line.join()
    drain()
    assert wrong == []
    assert counted(runtime) == {"terre": 24}


def test_a_file_of_keys_that_is_damaged_meanwhile_changes_nothing(phone: Phone, path: Path) -> None:
    phone.dials()
    path.write_bytes(b"\0\1\2")
    phone.types("1").sees("Au retour")
    path.unlink()
    phone.types("2").sees("rend le retour dur")


@pytest.mark.parametrize("batch", [1, 40], ids=["one by one", "at once"])
def test_one_phone_by_three_names_in_its_lanes_is_one_person(engine: Engine, batch: int) -> None:
    publish_all(engine)
    names = tuple(phone_key("+22370000001", key) for key in (b"first", b"second", b"third"))
    said = as_records([Act((name, 1), Answered("retour", "1", "priorite", "emploi")) for name in names])
    aliased = [replace(one, aliases=tuple(name for name in names if name != one.phone)) for one in said]
    feed(engine, in_lanes(aliased), batch=batch)
    with reading(engine) as session:
        assert session.scalars(select(Row.ordinal)).all() == [1]
        assert session.scalar(select(func.count()).select_from(Answer)) == 1
        assert tallies.differences(session) == {}


def test_two_people_who_were_one_phone_s_by_mistake_stay_two_and_stop_nothing(engine: Engine) -> None:
    publish_all(engine)
    names = tuple(phone_key("+22370000001", key) for key in (b"first", b"second"))
    answer = Answered("retour", "1", "priorite", "emploi")
    said = as_records([Act((name, 1), answer) for name in (*names, names[1])])
    feed(engine, in_lanes([*said[:2], replace(said[2], aliases=names[:1])]), batch=1)
    with reading(engine) as session:
        assert sorted(session.scalars(select(Row.phone_key))) == sorted(names)
        assert tallies.differences(session) == {}
