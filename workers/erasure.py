"""What is left of those who erased themselves once the intake forgot them: lanes, dead letters, free pages, the old log.

The entry that asked for it goes last, and what is owed afterwards is noted first: a sweep that is killed is taken up again.
"""

from typing import Any

from sqlalchemy import Engine, delete, select

from flows.events import Erased
from workers.append_only import rewrite
from workers.database.models import DeadLetter
from workers.database.session import reading, vacuum, writing
from workers.dialogs import keys_of_dialogs, lane_key, session_from_bytes
from workers.lanes import Lying, offsets, taken_in
from workers.messages import parts

OWED = "palabre:sweeping"
"""In Redis while free pages of the database or the old append-only file may still hold what was taken out."""


def sweep(engine: Engine, client: Any) -> int:
    """Takes every trace out; returns how many phones had asked for it.

    Raises:
        redis.RedisError, sqlalchemy.exc.SQLAlchemyError: when either is away; the next sweep begins again.
    """
    with reading(engine) as session:
        lanes = offsets(session, client)
    asked = sum(_sweep_lane(engine, client, lane, last) for lane, last in lanes.items())
    if client.exists(OWED) and vacuum(engine) and rewrite(client):
        client.delete(OWED)
    return asked


def _sweep_lane(engine: Engine, client: Any, lane: int, last: int) -> int:
    lying = list(taken_in(client, lane, last))
    asking = [entry for entry in lying if isinstance(entry.record.event, Erased)]
    if not asking:
        return 0
    client.set(OWED, 1)
    _close_dialogs(client, lane, {_session_of(entry) for entry in lying if any(_is_trace(entry, of) for of in asking)})
    traces = [entry.number for entry in lying if any(_is_trace(entry, of) for of in asking)]
    _delete(client, lane, traces)
    phones = sorted({entry.record.phone for entry in asking})
    parts.forget(client, phones)
    with writing(engine) as session:
        for phone in phones:
            session.execute(delete(DeadLetter).where(DeadLetter.id.in_(_letters_of(session, phone))))
    _delete(client, lane, [entry.number for entry in asking])
    return len(phones)


def _is_trace(entry: Lying, asking: Lying) -> bool:
    """Whether the entry is of the one who asked, from before, or the last word to them, which is sealed for their number."""
    one, other = entry.record, asking.record
    if isinstance(one.event, Erased):
        return False
    theirs = one.phone == other.phone and other.ordinal in (0, one.ordinal)
    return theirs and (entry.number < asking.number or getattr(one.event, "last_word", False))


def _session_of(entry: Lying) -> str:
    """The tag of the session in which something was said: an event's key begins with it (rule 5)."""
    return entry.record.key.partition(".")[0]


def _close_dialogs(client: Any, lane: int, tags: set[str]) -> None:
    """A session keeps what was typed in it for as long as its network may repeat it: too long for somebody who is erased."""
    for name in client.scan_iter(keys_of_dialogs(lane), count=1000):
        kept = client.get(name)
        if kept and kept != b"-" and session_from_bytes(kept).tag in tags:  # a report leaves no dialog, only that
            client.delete(name)


def _letters_of(session: Any, phone: str) -> list[int]:
    letters = session.execute(select(DeadLetter.id, DeadLetter.raw))
    return [number for number, raw in letters if phone.encode() in raw]


def _delete(client: Any, lane: int, numbers: list[int]) -> None:
    if numbers:
        client.xdel(lane_key(lane), *(f"{number}-1" for number in numbers))
