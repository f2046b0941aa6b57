"""Sessions on both databases: what a reader sees, what a writer undoes, and what may stand only once."""

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from workers.database.models import CatalogueNumber, Phone
from workers.database.session import is_current, open_engine, reading, writing
from workers.database.upserts import replace_all, skip_existing


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
