"""What is left of those who erased themselves once the intake forgot them: lanes, dead letters, free pages, the old log.

The entry that asked for it goes last, and what is owed afterwards is noted first: a sweep that is killed is taken up again.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import redis
from msgspec import MsgspecError
from sqlalchemy import Engine, delete, select

from flows import events
from flows.events import Erased, Record
from workers.database.models import DeadLetter, Lane
from workers.database.session import reading, vacuum, writing
from workers.dialogs import lane_key
from workers.draining import epoch_of

OWED = "palabre:sweeping"
"""In Redis while free pages of the database or the old append-only file may still hold what was taken out."""

ENTRIES_AT_ONCE = 1000


class _Lying(NamedTuple):
    """One entry of a lane that was taken in."""

    number: int
    record: Record


def sweep(engine: Engine, client: Any) -> int:
    """Takes every trace out; returns how many phones had asked for it.

    Raises:
        redis.RedisError, sqlalchemy.exc.SQLAlchemyError: when either is away; the next sweep begins again.
    """
    epoch = epoch_of(client)
    with reading(engine) as session:
        lanes = session.execute(select(Lane.lane, Lane.last).where(Lane.epoch == epoch)).all()
    asked = sum(_sweep_lane(engine, client, lane, last) for lane, last in lanes)
    if client.exists(OWED) and vacuum(engine) and _rewrite_log(client):
        client.delete(OWED)
    return asked


def _sweep_lane(engine: Engine, client: Any, lane: int, last: int) -> int:
    lying = list(_taken_in(client, lane, last))
    asking = [entry for entry in lying if isinstance(entry.record.event, Erased)]
    if not asking:
        return 0
    client.set(OWED, 1)
    traces = [entry.number for entry in lying if any(_is_trace(entry, of) for of in asking)]
    _delete(client, lane, traces)
    with writing(engine) as session:
        for phone in sorted({entry.record.phone for entry in asking}):
            session.execute(delete(DeadLetter).where(DeadLetter.id.in_(_letters_of(session, phone))))
    _delete(client, lane, [entry.number for entry in asking])
    return len({entry.record.phone for entry in asking})


def _taken_in(client: Any, lane: int, last: int) -> Iterable[_Lying]:
    start = "-"
    while entries := client.xrange(lane_key(lane), start, f"{last}-9", ENTRIES_AT_ONCE):
        for name, fields in entries:
            try:
                yield _Lying(int(name.split(b"-")[0]), events.from_bytes(fields.get(b"e", b"")))
            except (MsgspecError, UnicodeDecodeError):
                continue  # a dead letter: it lies in the database too
        start = f"({entries[-1][0].decode()}"


def _is_trace(entry: _Lying, asking: _Lying) -> bool:
    """Whether the entry is of the one who asked, from before, or the last word to them, which is sealed for their number."""
    one, other = entry.record, asking.record
    if isinstance(one.event, Erased):
        return False
    theirs = one.phone == other.phone and other.ordinal in (0, one.ordinal)
    return theirs and (entry.number < asking.number or getattr(one.event, "last_word", False))


def _letters_of(session: Any, phone: str) -> list[int]:
    letters = session.execute(select(DeadLetter.id, DeadLetter.raw))
    return [number for number, raw in letters if phone.encode() in raw]


def _delete(client: Any, lane: int, numbers: list[int]) -> None:
    if numbers:
        client.xdel(lane_key(lane), *(f"{number}-1" for number in numbers))


def _rewrite_log(client: Any) -> bool:
    """Has the append-only file written anew; False where one is being written, or the server does not let us."""
    try:
        client.bgrewriteaof()
    except redis.ResponseError:
        return False
    return True
