"""The hash chains that make tampering visible: one a lane, one link a batch (rule 15), over every column of the batch's rows.

An erasure leaves them whole: the ledger holds nothing that is ever deleted (rule 17). It must never mend what it finds broken.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from workers.database.models import Batch, Lane, LedgerRow

_COLUMNS = (
    *("event_key", "seq", "at", "participant", "channel", "kind"),
    *("poll", "version", "question", "choice", "stratum", "was", "digest"),
)
_ROWS_AT_ONCE = 2000


def append(session: Session, rows: Sequence[dict[str, Any]], heads: Mapping[int, str]) -> dict[int, str]:
    """Links the rows of one batch to the chains of their lanes, and writes into each row which batch it is in.

    Args:
        session: the ledger's transaction, which has claimed these lanes.
        rows: ledger rows, in the order in which they will be inserted.
        heads: the newest hash of each lane.

    Returns:
        The newest hashes now.
    """
    by_lane: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_lane[row["lane"]].append(row)
    now, moved = datetime.now(UTC), dict(heads)
    for lane, mine in sorted(by_lane.items()):
        moved[lane] = link(heads[lane], ([row[name] for name in _COLUMNS] for row in mine))
        written = {"lane": lane, "rows": len(mine), "previous": heads[lane], "hash": moved[lane], "at": now}
        batch = session.scalar(insert(Batch).values(**written).returning(Batch.id))
        for row in mine:
            row["batch"] = batch
        session.execute(update(Lane).where(Lane.lane == lane).values(chain=moved[lane]))
    return moved


def breaks(session: Session) -> Iterator[str]:
    """A line for every place where the ledger is not what was written; none is how it should be. Memory is flat."""
    heads: dict[int, str] = defaultdict(str)
    batches = session.execute(
        select(Batch.id, Batch.lane, Batch.previous, Batch.hash, Batch.rows).order_by(Batch.id),
        execution_options={"yield_per": _ROWS_AT_ONCE},
    )
    groups = _groups(session)
    number, rows = next(groups, (None, []))
    for batch, lane, previous, kept, size in batches:
        if previous != heads[lane]:
            yield f"lane {lane}: batch {batch} does not follow the one before it"
        heads[lane] = kept
        while number is not None and number < batch:
            yield f"{len(rows)} rows of the ledger are in no batch that is known ({number})"
            number, rows = next(groups, (None, []))
        mine = rows if number == batch else []
        if len(mine) != size or link(previous, mine) != kept:
            yield f"lane {lane}: batch {batch}, {size} rows, was changed"
        if number == batch:
            number, rows = next(groups, (None, []))
    if number is not None:
        yield f"rows of the ledger are in no batch that is known (from {number})"
    for lane, chain in session.execute(select(Lane.lane, Lane.chain).order_by(Lane.lane)):
        if chain != heads[lane]:
            yield f"lane {lane}: its last batches are gone"


def link(previous: str, rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 over the hash before and every column of every row; a moment as microseconds, whatever its zone."""
    lines = ["\x1f".join(_word(value) for value in row) for row in rows]
    return hashlib.sha256("\n".join([previous, *lines]).encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint(session: Session) -> str:
    """All chains' newest hashes as one, to be noted down elsewhere: it holds the whole ledger up to now to what it was."""
    heads = session.scalars(select(Lane.chain).order_by(Lane.lane))
    return hashlib.sha256("".join(heads).encode()).hexdigest()[:32]


def _groups(session: Session) -> Iterator[tuple[int, list[list[Any]]]]:
    columns = (LedgerRow.batch, *(getattr(LedgerRow, name) for name in _COLUMNS))
    rows = session.execute(
        select(*columns).order_by(LedgerRow.batch, LedgerRow.id), execution_options={"yield_per": _ROWS_AT_ONCE}
    )
    for number, mine in groupby(rows, key=lambda row: row[0]):
        yield number, [list(row[1:]) for row in mine]


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return str(round(aware.timestamp() * 1_000_000))
    return str(value)
