"""What goes into a backup while phones go on: first people, then lanes, then the database, and never a key.

In this order nothing is missing: a person who is newer than the lanes would be taken for having said what the backup has not,
and what moves from a lane to the ledger meanwhile is in at least one of them; its key says that it is the same.
"""

import hmac
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from msgspec import MsgspecError
from sqlalchemy import DateTime, Engine, Table, select
from sqlalchemy.orm import Session

from flows import events
from workers import archive
from workers.archive import About, Rows
from workers.database.models import LedgerRow
from workers.database.session import reading, revision, tables
from workers.dialogs import DIALOG_SECONDS, lane_key
from workers.intake import Entry
from workers.privacy import LANES

BLOCK = 1000
"""Rows that are in memory at a time."""

FOR_GOOD = -1
"""What TTL says of a key without one."""

PEOPLE, UNREAD = "redis/people", "redis/unread"
TABLES = "tables/"


class NothingThere(ValueError):
    """The database has no tables."""


class Kept(NamedTuple):
    """A person, or an exchange by SMS, as Redis keeps it: until so many seconds after 1970, or for good where that is 0."""

    key: bytes
    value: bytes
    until: int


def back_up(file: Path, engine: Engine, client: Any, phone_keys: Sequence[bytes]) -> About:
    """Writes all that an installation holds, but its keys, to one file, while it runs.

    Args:
        file: replaced when the new one is whole.
        engine: the proposal database, at any revision.
        client: Redis; None for the database alone.
        phone_keys: known in the backup by their fingerprints.

    Raises:
        NothingThere: before `palabre up`, or `palabre db upgrade`, made the tables.
        OSError, redis.RedisError, sqlalchemy.exc.SQLAlchemyError: when one of the three fails; `file` is as it was.
    """
    with archive.written(file) as writer, TemporaryFile(dir=file.parent) as lanes:
        if client is not None:
            writer.add(PEOPLE, Kept._fields, _people(client))
            archive.write_blocks(lanes, _lanes(client))
            lanes.seek(0)
        with reading(engine) as session:
            stands = revision(session.connection())
            if stands is None:
                raise NothingThere("the database has no tables yet: there is nothing to back up")
            for table in tables(session.connection()):
                writer.add(TABLES + table.name, [*map(str, table.columns.keys())], _rows(session, table))
            writer.add(UNREAD, Entry._fields, _unread(session, archive.read_blocks(lanes, Entry)))
        keys = tuple(map(fingerprint, phone_keys))
        about = About(palabre=version("palabre"), revision=stands, made_at=datetime.now(UTC), keys=keys)
        return writer.finish(about)


def fingerprint(key: bytes) -> str:
    """By this a key is recognised and not found out, 16 hexadecimal digits."""
    return hmac.digest(key, b"palabre backup", "sha256").hex()[:16]


def _people(client: Any) -> Iterator[list[Kept]]:
    """Everything that outlives a USSD session, which no backup needs. SCAN may give a key twice."""
    now, cursor = time.time(), None
    while cursor != 0:
        cursor, keys = client.scan(cursor or 0, match="palabre:{*}:*:*", count=BLOCK)
        pipeline = client.pipeline(transaction=False)
        for key in keys:
            pipeline.get(key).ttl(key)
        answers = pipeline.execute()
        yield [
            Kept(key, value, int(now + seconds) if seconds > 0 else 0)
            for key, value, seconds in zip(keys, answers[::2], answers[1::2], strict=True)
            if value is not None and (seconds == FOR_GOOD or seconds > DIALOG_SECONDS)
        ]


def _lanes(client: Any) -> Iterator[list[Entry]]:
    for lane in range(LANES):
        last = "-"
        while found := client.xrange(lane_key(lane), min=last, count=BLOCK):
            last = f"({found[-1][0].decode()}"
            yield [Entry(lane, int(number.split(b"-")[0]), fields.get(b"e", b"")) for number, fields in found]


def _rows(session: Session, table: Table) -> Iterator[Rows]:
    """The table in blocks; every moment says that it is UTC, which SQLite does not."""
    moments = [place for place, column in enumerate(table.columns) if isinstance(column.type, DateTime)]
    for block in session.execute(select(table), execution_options={"yield_per": BLOCK}).partitions():
        rows = [list(row) for row in block]
        for row in rows:
            for place in moments:
                if row[place] is not None and row[place].tzinfo is None:
                    row[place] = row[place].replace(tzinfo=UTC)
        yield rows


def _unread(session: Session, blocks: Iterable[list[Entry]]) -> Iterator[list[Entry]]:
    """What the ledger has not: the rest of the lanes is there, but for the words of whoever was erased.

    Delivery reports have no row in it; they come again, and change nothing.
    """
    for block in blocks:
        keys = [_event_key(entry) for entry in block]
        known = set(session.scalars(select(LedgerRow.event_key).where(LedgerRow.event_key.in_(set(keys)))))
        yield [entry for entry, key in zip(block, keys, strict=True) if key not in known]


def _event_key(entry: Entry) -> str:
    """Empty where it cannot be read: the intake is to bury it."""
    try:
        return events.from_bytes(entry.raw).key
    except (MsgspecError, UnicodeDecodeError):
        return ""
