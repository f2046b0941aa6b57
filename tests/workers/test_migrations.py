"""From nothing, and from every revision with rows in it, a database comes up to what the models speak of, and loses nothing."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine

from tests import rows
from workers import chain
from workers.database.models import Base
from workers.database.session import bring_to, is_current, reading, revisions, upgrade

LINKED_ANEW = {"chain", "previous", "hash", "batch", "rows"}
"""Columns of the hash chains, which revision 0003 made anew over what stood there."""


def assert_as_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_database_comes_up_from_empty_and_is_current_then(empty: Engine, empty_url: str) -> None:
    assert not is_current(empty)
    upgrade(empty_url)
    assert is_current(empty)
    upgrade(empty_url)  # a second time changes nothing
    assert_as_the_models(empty)


@pytest.mark.parametrize("revision", revisions())
def test_a_database_comes_up_from_every_revision_with_all_its_rows(empty: Engine, empty_url: str, revision: str) -> None:
    with empty.begin() as connection:
        bring_to(connection, revision)
        rows.fill(connection)
    before = rows.content(empty)
    upgrade(empty_url)
    assert is_current(empty)
    assert_as_the_models(empty)
    after = rows.content(empty)
    for table in before.keys() & after.keys():
        columns = before[table][0].keys() & after[table][0].keys() - LINKED_ANEW
        assert _only(columns, after[table]) == _only(columns, before[table])


@pytest.mark.parametrize("revision", [one for one in revisions() if one < "0003"])
def test_a_ledger_from_before_every_column_was_chained_is_whole_afterwards(
    empty: Engine, empty_url: str, revision: str
) -> None:
    with empty.begin() as connection:
        bring_to(connection, revision)
        rows.fill(connection)
    upgrade(empty_url)
    with reading(empty) as session:
        assert list(chain.breaks(session)) == []


def _only(columns: set[str], found: list[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(({name: row[name] for name in sorted(columns)} for row in found), key=str)


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty: Engine) -> None:
    with pytest.raises(RuntimeError), empty.begin() as connection:
        bring_to(connection)
        raise RuntimeError
    assert rows.content(empty) == {}
