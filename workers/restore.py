"""A backup back into an empty database and into Redis: all of it, in one transaction, or nothing.

The tables are made as they stood at the time and filled, and then migrated like any database of that age.
"""

import secrets
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Integer, Table, exists, func, literal, select, text, union_all, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from workers import archive
from workers.archive import About, ArchiveError, Reader
from workers.backup import PEOPLE, TABLES, UNREAD, Kept
from workers.database.models import Base, Lane, Message
from workers.database.session import bring_to, revisions, tables, writing
from workers.database.upserts import add_all
from workers.intake import Entry, Position, positions, take_in
from workers.privacy import LANES

_WAITS = Message.state == "queued"


class NotEmpty(Exception):
    """Something is there already; the message is one line."""


class Restored(NamedTuple):
    """What was done: people put into Redis, events taken in that the old intake had not read, messages that wait."""

    about: About
    people: int
    events: int
    waiting: int


def restore(file: Path, engine: Engine, client: Any, cancel_messages: bool = False) -> Restored:
    """Brings back what `back_up` wrote.

    Args:
        file: the backup; its digests are checked before anything is touched.
        engine: an empty database, with or without tables.
        client: Redis; what it has already stays.
        cancel_messages: for a backup after which the old installation went on: what waited then was sent since.

    Raises:
        ArchiveError: where the file is damaged, or of a newer Palabre, or a row of it does not fit this database.
        NotEmpty: where the database has a row.
        redis.RedisError, sqlalchemy.exc.SQLAlchemyError: when either fails. Then the database is as it was.
    """
    with archive.opened(file) as backup, writing(engine) as session:
        connection = session.connection()
        bring_to(connection)
        _refuse_what_is_not_empty(session)
        _make_tables(connection, backup.about)
        _fill(session, backup)
        bring_to(connection)
        events = _take_in(session, backup)
        if cancel_messages:
            session.execute(update(Message).where(_WAITS).values(state="cancelled"))
        waiting = session.scalar(select(func.count()).select_from(Message).where(_WAITS)) or 0
        return Restored(backup.about, _put_back(client, backup), events, waiting)


def _refuse_what_is_not_empty(session: Session) -> None:
    """`lanes` has rows as soon as an intake looked; every other table is filled by somebody."""
    others = [table for table in Base.metadata.sorted_tables if table.name != Lane.__tablename__]
    filled = session.scalars(union_all(*(select(literal(one.name)).where(exists(select(one))) for one in others))).all()
    if filled:
        raise NotEmpty(f"the database is not empty: it has {', '.join(sorted(filled))}; name another by PALABRE_DATABASE_URL")


def _make_tables(connection: Connection, about: About) -> None:
    if about.revision not in revisions():
        raise ArchiveError(f"the backup is of a newer Palabre ({about.palabre}, revision {about.revision}): install that one")
    Base.metadata.drop_all(connection)
    connection.execute(text("DROP TABLE alembic_version"))
    bring_to(connection, about.revision)


def _fill(session: Session, backup: Reader) -> None:
    there = {TABLES + table.name: table for table in tables(session.connection())}
    for name in [name for name in backup.about.members if name.startswith(TABLES)]:
        try:
            _fill_table(session, there[name], name, backup)
        except KeyError as unknown:
            raise ArchiveError(f"the backup's {name} has {unknown}, which revision {backup.about.revision} has not") from None
        except StatementError as why:
            first = str(why.orig).splitlines()[0]
            raise ArchiveError(f"{name}: a row does not fit this database, nothing was restored: {first}") from None


def _fill_table(session: Session, table: Table, name: str, backup: Reader) -> None:
    columns = backup.about.members[name].columns
    row: Any = tuple[tuple(table.c[column].type.python_type | None for column in columns)]  # type: ignore[misc]
    for block in backup.rows(name, row):
        add_all(session, table, [dict(zip(columns, values, strict=True)) for values in block])
    if session.get_bind().dialect.name == "postgresql":
        _count_on(session, table)


def _count_on(session: Session, table: Table) -> None:
    """The next id follows those that came. Of a column that no sequence counts, `setval` is NULL and does nothing."""
    for column in table.primary_key.columns:
        if isinstance(column.type, Integer):
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            session.execute(select(func.setval(sequence, func.max(column))).where(column > 0))


def _take_in(session: Session, backup: Reader) -> int:
    """What no intake had read goes through ours, as an epoch of its own: older than all that phones will say from now on."""
    took, at = 0, dict[int, Position]()
    with session.begin_nested():  # the intake's transactions become savepoints of ours
        connection = session.connection()
        for block in filter(None, backup.rows(UNREAD, Entry)):
            at = take_in(connection, at or _beginnings(connection), block)
            took += len(block)
    return took


def _beginnings(connection: Connection) -> dict[int, Position]:
    with writing(connection) as session:
        return positions(session, f"backup {secrets.token_hex(8)}", range(LANES))


def _put_back(client: Any, backup: Reader) -> int:
    """People and their exchanges, where Redis has none of that name."""
    put = 0
    for block in backup.rows(PEOPLE, Kept):
        pipeline = client.pipeline(transaction=False)
        for kept in block:
            pipeline.set(kept.key, kept.value, nx=True, exat=kept.until or None)
        put += sum(map(bool, pipeline.execute()))
    return put
