"""Rows for every table of a database, whatever its revision: made from its columns, so that none is ever forgotten."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Engine, insert, select

from flows.poll import to_json
from tests.records import RETOUR
from workers.database.session import reading, tables

COUNT = 3
MOMENT = datetime(2026, 11, 24, 10, 0, 0, 123456, UTC)

Content = dict[str, list[dict[str, Any]]]


def fill(connection: Connection, only: str = "") -> None:
    """So many rows into every table, or only one. The n-th of each has n as its numbers: those of one lane and one `seq` belong together."""
    for table in [one for one in tables(connection) if only in ("", one.name)]:
        connection.execute(insert(table), [{one.name: _value(one, n) for one in table.columns} for n in range(1, COUNT + 1)])


def content(engine: Engine) -> Content:
    """Every row of every table, in one order on every database."""
    with reading(engine) as session:
        found = {table.name: session.execute(select(table)).mappings().all() for table in tables(session.connection())}
    return {
        name: sorted(({k: _comparable(v) for k, v in row.items()} for row in rows), key=str) for name, rows in found.items()
    }


def _value(column: Column[Any], n: int) -> Any:
    if column.name == "definition":
        return to_json(RETOUR).decode()
    values: dict[type, Any] = {
        str: f"{n}é{column.name}"[: getattr(column.type, "length", None) or None],
        int: n,
        float: n / 4,
        bool: n % 2 == 0,
        bytes: b"\x00\xff%d" % n,
        datetime: MOMENT + timedelta(days=n),
        date: MOMENT.date() + timedelta(days=n),
    }
    return values[column.type.python_type]


def _comparable(value: Any) -> Any:
    """SQLite's moments say nothing of their zone, which is UTC."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
    return value
