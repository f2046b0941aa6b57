"""Many rows at once: new ones, and three set-based writes of rows that may be there already, on SQLite and PostgreSQL.

Rows are sorted by their callers where two writers may meet.
"""

from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from workers.database.models import Base

Rows = list[dict[str, Any]]


def add_all(session: Session, model: type[Base] | Table, rows: Rows) -> None:
    """Inserts rows that are new, all with the same columns. PostgreSQL copies them in, in a third of the time.

    Raises:
        sqlalchemy.exc.DBAPIError: as an INSERT would.
    """
    if rows and session.get_bind().dialect.name == "postgresql":
        _copy(session, _table(model), rows)
    elif rows:
        session.connection().execute(insert(_table(model)), rows)


def skip_existing(session: Session, model: type[Base], rows: Rows) -> None:
    """Inserts the rows; those whose key is there already change nothing."""
    if rows:
        session.execute(_insert(session, model).on_conflict_do_nothing(), rows)


def replace_all(session: Session, model: type[Base], rows: Rows, but: tuple[str, ...] = ()) -> None:
    """Inserts the rows, in place of those that have the same primary key; columns in `but` then stay as they were."""
    if rows:
        statement = _insert(session, model)
        table = _table(model)
        names = [column.name for column in table.columns if not column.primary_key and column.name not in but]
        changed = {name: statement.excluded[name] for name in names}
        session.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed), rows)


def replace_or_add(session: Session, model: type[Base], rows: Rows, add: str) -> None:
    """Inserts the rows; where the primary key is there, adds the column `add` to it."""
    if rows:
        statement = _insert(session, model)
        table = _table(model)
        total = {add: table.c[add] + statement.excluded[add]}
        session.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=total), rows)


def _copy(session: Session, table: Table, rows: Rows) -> None:
    import psycopg  # here, where there is a PostgreSQL to write to
    from psycopg import sql

    names = list(rows[0])
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    driver: Any = session.connection().connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([row[name] for name in names])
    except psycopg.Error as why:  # SQLAlchemy did not see it pass, and everybody above knows its exceptions only
        raise DBAPIError.instance(str(table), None, why, psycopg.Error) from why


def _insert(session: Session, model: type[Base]) -> Any:
    dialect = session.get_bind().dialect.name
    return {"sqlite": sqlite.insert, "postgresql": postgresql.insert}.get(dialect, insert)(_table(model))


def _table(model: type[Base] | Table) -> Table:
    table = model if isinstance(model, Table) else model.__table__
    assert isinstance(table, Table)  # noqa: S101 - every model of ours maps one table
    return table
