"""What comes back comes back whole, at the newest revision and into an empty place, or not at all."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, delete, event, select, update

from flows.events import to_bytes
from tests import rows
from tests.conftest import SECRET
from tests.records import assert_counted, drain, drawn, lay
from workers import archive
from workers.archive import About, ArchiveError
from workers.backup import back_up
from workers.database.models import CatalogueNumber, DeadLetter, Message, PollVersion
from workers.database.session import bring_to, is_current, open_engine, reading, revisions, writing
from workers.restore import NotEmpty, restore

KEYS = (SECRET.encode(),)


@pytest.mark.parametrize("revision", revisions())
def test_a_backup_of_any_revision_comes_back_at_the_newest(
    empty: Engine, tmp_path: Path, file: Path, client: Any, revision: str
) -> None:
    old = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with old.begin() as connection:
        bring_to(connection, revision)
        rows.fill(connection)
    back_up(file, old, None, KEYS)
    with old.begin() as connection:
        bring_to(connection)
    restore(file, empty, client)
    assert is_current(empty)
    assert rows.content(empty) == rows.content(old)  # as if the old one had been migrated where it stood
    old.dispose()


class Killed(BaseException):
    """As if the process ended here."""


def test_a_restore_that_is_killed_before_any_statement_leaves_an_empty_database(
    source: Engine, empty: Engine, file: Path, client: Any
) -> None:
    lay(client, said := drawn(45, 60))
    drain(source, client)
    lay(client, more := drawn(46, 10))
    back_up(file, source, client, KEYS)
    left = [0]

    def maybe_dies(*_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    for moment in ("before_cursor_execute", "commit"):
        event.listen(empty, moment, maybe_dies)
    for statements in count(step=9):
        left[0] = statements
        try:
            restore(file, empty, client)
            break
        except Killed:
            left[0] = 1_000_000
            assert rows.content(empty) == {}
    left[0] = 1_000_000
    assert statements > 50
    assert_counted(empty, [*said, *more])


@pytest.mark.parametrize(("form", "revision"), [(archive.FORMAT + 1, "0001"), (archive.FORMAT, "9999")])
def test_a_backup_of_a_newer_palabre_is_refused(empty: Engine, file: Path, client: Any, form: int, revision: str) -> None:
    with archive.written(file) as writer:
        writer.finish(About(palabre="9.9", revision=revision, made_at=rows.MOMENT, keys=(), format=form))
    with pytest.raises(ArchiveError, match="newer Palabre"):
        restore(file, empty, client)
    assert rows.content(empty) == {}


@pytest.mark.parametrize("member", ["tables/nowhere", "tables/ledger"])
def test_a_table_or_a_column_that_never_was_is_refused(empty: Engine, file: Path, client: Any, member: str) -> None:
    with archive.written(file) as writer:
        writer.add(member, ["nothing"], [])
        writer.finish(About(palabre="0.1", revision="0001", made_at=rows.MOMENT, keys=()))
    with pytest.raises(ArchiveError, match="has not"):
        restore(file, empty, client)
    assert rows.content(empty) == {}


def test_a_row_that_only_sqlite_can_keep_is_said_by_its_table(
    source: Engine, postgres_url: str, file: Path, client: Any
) -> None:
    with writing(source) as session:
        session.execute(update(PollVersion).values(digest="d" * 65))  # of the 64 characters that PostgreSQL counts
    back_up(file, source, None, KEYS)
    target = open_engine(postgres_url)
    with pytest.raises(ArchiveError, match="tables/polls: a row does not fit"):
        restore(file, target, client)
    assert not any(rows.content(target).values())
    target.dispose()


def test_a_database_with_a_row_in_it_is_left_alone(source: Engine, engine: Engine, file: Path, client: Any) -> None:
    back_up(file, source, None, KEYS)
    with writing(engine) as session:
        session.add(CatalogueNumber(id=1, number=7))
    before = rows.content(engine)
    with pytest.raises(NotEmpty, match="catalogue"):
        restore(file, engine, client)
    assert rows.content(engine) == before


def test_a_database_that_only_an_intake_looked_at_is_empty(source: Engine, engine: Engine, file: Path, client: Any) -> None:
    drain(engine, client)
    back_up(file, source, None, KEYS)
    restore(file, engine, client)
    assert rows.content(engine)["lanes"] == rows.content(source)["lanes"]


@pytest.mark.parametrize(("cancelled", "states"), [(False, ["queued", "sent"]), (True, ["cancelled", "sent"])])
def test_messages_that_waited_then_can_be_cancelled(
    source: Engine, empty: Engine, file: Path, client: Any, cancelled: bool, states: list[str]
) -> None:
    with source.begin() as connection:
        rows.fill(connection, "messages")
        connection.execute(update(Message).values(state="sent"))
        connection.execute(update(Message).where(Message.id == 1).values(state="queued"))
        connection.execute(delete(Message).where(Message.id == 2))
    back_up(file, source, None, KEYS)
    assert restore(file, empty, client, cancelled).waiting == (not cancelled)
    with reading(empty) as session:
        assert session.scalars(select(Message.state).order_by(Message.id)).all() == states


def test_an_event_that_no_database_can_keep_is_buried_by_the_restore(
    source: Engine, empty: Engine, file: Path, client: Any
) -> None:
    said = drawn(48, 20)
    unstorable = to_bytes(replace(said[0], key="k.1", at=1e300))  # a moment that no calendar has
    lay(client, [*said[:10], b"\xc1 garbage", unstorable, *said[10:]])
    back_up(file, source, client, KEYS)
    restore(file, empty, client)
    with reading(empty) as session:
        assert set(session.scalars(select(DeadLetter.raw))) == {b"\xc1 garbage", unstorable}
    assert_counted(empty, said)
