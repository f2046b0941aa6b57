"""The migrations make the tables that the models speak of, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, make_url, select, text
from sqlalchemy.exc import IntegrityError

from workers.database.models import Base, CatalogueNumber, Phone
from workers.database.session import is_current, open_engine, reading, upgrade, writing
from workers.database.upserts import replace_all, skip_existing


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path) -> Iterator[str]:
    """A database without a single table."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {url.database}_empty"))
        connection.execute(text(f"CREATE DATABASE {url.database}_empty"))
    server.dispose()
    yield url.set(database=f"{url.database}_empty").render_as_string(hide_password=False)


def test_a_database_comes_up_from_empty_and_is_current_then(empty_url: str) -> None:
    engine = open_engine(empty_url)
    assert not is_current(engine)
    upgrade(empty_url)
    assert is_current(engine)
    upgrade(empty_url)  # a second time changes nothing
    assert set(Base.metadata.tables) <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_the_models_are_what_the_migrations_made(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_url_of_plain_postgresql_uses_the_driver_that_is_installed(postgres_url: str) -> None:
    engine = open_engine(postgres_url.replace("postgresql+psycopg:", "postgresql:"))
    assert is_current(engine)
    engine.dispose()


def test_what_a_writer_raises_undoes_what_it_wrote(engine: Engine) -> None:
    with pytest.raises(RuntimeError), writing(engine) as session:
        session.add(CatalogueNumber(id=1, number=7))
        session.flush()
        raise RuntimeError
    with reading(engine) as session:
        assert session.scalars(select(CatalogueNumber)).all() == []


def test_a_reader_waits_for_no_writer(engine: Engine) -> None:
    with writing(engine) as session:
        session.add(CatalogueNumber(id=1, number=7))
        session.flush()
        with reading(engine) as other:
            assert other.scalars(select(CatalogueNumber)).all() == []


def test_a_reader_sees_one_moment_whatever_is_written_meanwhile_on_postgresql(postgres_url: str) -> None:
    _sees_one_moment(open_engine(postgres_url))


def test_a_reader_sees_one_moment_whatever_is_written_meanwhile_on_sqlite(sqlite_url: str) -> None:
    _sees_one_moment(open_engine(sqlite_url))


def _sees_one_moment(engine: Engine) -> None:
    with reading(engine) as session:
        session.execute(select(CatalogueNumber.number)).all()
        with writing(engine) as other:
            other.add(CatalogueNumber(id=1, number=7))
        seen = session.scalars(select(CatalogueNumber.number)).all()
    engine.dispose()
    assert seen == []


def test_a_participant_stands_behind_one_place_of_one_phone(engine: Engine) -> None:
    rows = [{"phone_key": "a" * 32, "ordinal": 1, "participant": "one"}]
    with writing(engine) as session:
        skip_existing(session, Phone, rows)
        skip_existing(session, Phone, [{**rows[0], "participant": "other"}])
    with reading(engine) as session:
        assert session.scalars(select(Phone.participant)).all() == ["one"]
    with pytest.raises(IntegrityError), writing(engine) as session:
        replace_all(session, Phone, [{"phone_key": "b" * 32, "ordinal": 1, "participant": "one"}])
