"""Engines and sessions. The edge (webhook, job, command, view) opens the transaction; everything below takes the session."""

import contextlib
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, make_url
from sqlalchemy.orm import Session

_POSTGRES = {"connect_timeout": 5, "options": "-c plan_cache_mode=force_custom_plan"}
"""A plan prepared while the ledger was empty is kept, and costs forty times the right one once it is full (`make bench`)."""

BUSY_MILLISECONDS = 10_000
"""How long a SQLite writer waits for another."""


def open_engine(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL, whose errors name no values. To be made after a fork, never before (rule 13).

    Raises:
        sqlalchemy.exc.ArgumentError: when `url` is no SQLAlchemy URL.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() == "postgresql" and parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, hide_parameters=True, pool_pre_ping=True, connect_args=_POSTGRES)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads, on one snapshot, and never waits for a writer."""
    reader = engine.execution_options(palabre_reads=True)
    if engine.dialect.name == "postgresql":
        reader = reader.execution_options(isolation_level="REPEATABLE READ")
    with Session(reader) as session:
        yield session


@contextmanager
def writing(engine: Engine | Connection) -> Iterator[Session]:
    """A session whose work is committed when the block ends, and undone when it raises."""
    with Session(engine) as session, session.begin():
        yield session


def vacuum(engine: Engine, full: bool = False) -> bool:
    """Frees what deleted rows left on disk; False where somebody is in the way.

    SQLite overwrites what it deletes (`secure_delete`), and here empties its write-ahead log. PostgreSQL makes the room of dead
    rows usable again; the bytes go when it is used, or at once with `full`, which keeps writers waiting meanwhile.
    """
    if engine.dialect.name == "sqlite":
        with contextlib.closing(engine.raw_connection()) as raw:
            busy, *_ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"VACUUM {'(FULL) ' if full else ''}{', '.join(PERSONAL)}")
    return True


PERSONAL = (
    "phones",
    "profiles",
    "payloads",
    "answers",
    "follow_ups",
    "contacts",
    "opt_outs",
    "messages",
    "inbox",
    "dead_letters",
)
"""Tables from which an erasure, or the end of a term, takes rows."""


def upgrade(url: str) -> None:
    """Brings the database to the newest revision.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: when it cannot be reached or written.
    """
    engine = open_engine(url)
    with engine.begin() as connection:
        bring_to(connection)
    engine.dispose()


def bring_to(connection: Connection, wanted: str = "head") -> None:
    """Brings the database up to a revision, in the caller's transaction."""
    from alembic import command

    command.upgrade(_alembic(connection), wanted)


def revision(connection: Connection) -> str | None:
    """The revision at which the database stands; None where it has no tables."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def is_current(engine: Engine) -> bool:
    """Whether the database stands at the newest revision."""
    with engine.connect() as connection:
        return revision(connection) == revisions()[0]


def revisions() -> list[str]:
    """Every revision that there is, the newest first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()]


def tables(connection: Connection) -> list[Table]:
    """The tables as they stand here, at whichever revision; one that refers to another comes after it."""
    there = MetaData()
    there.reflect(connection)
    return [table for table in there.sorted_tables if table.name != "alembic_version"]


def _alembic(connection: Connection | None = None) -> Any:
    """Its configuration. It takes long to read and few processes migrate: so it is imported in here, as above."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "workers:database/migrations")
    config.attributes["connection"] = connection
    return config


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.create_function("md5", 1, _md5, deterministic=True)  # PostgreSQL has it: samples are drawn by it
    connection.isolation_level = None  # the driver must not open transactions of its own: `_begin_sqlite` does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MILLISECONDS}", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _begin_sqlite(connection: Any) -> None:
    """A writer takes the write lock at once: an upgrade from a read lock cannot wait, it fails (rule 13)."""
    reads = connection.get_execution_options().get("palabre_reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
