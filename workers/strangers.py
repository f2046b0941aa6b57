"""People in Redis whom the database does not know any more: they are let go of at night, and never while a phone waits.

A STOP is kept for good, by itself: nothing takes it back but START (rule 18).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import MsgspecError
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from flows.dialog import Person
from workers.database.models import Phone
from workers.database.session import reading
from workers.dialogs import person_from_bytes, person_pattern, person_to_bytes, phone_of, seq_key
from workers.gathering import in_parts
from workers.lanes import offsets
from workers.privacy import LANES, lane_of

KEYS_AT_ONCE = 1000

_LET_GO = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[2] then
  return 0
end
if ARGV[3] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[3]) end
return 1
"""
"""KEYS: person, seq. ARGV: both as they were when we looked, and what stays of the person. 0 where they spoke meanwhile."""


class Seen(NamedTuple):
    """A person as Redis had them, and the number of the last entry that their lane had then."""

    key: bytes
    value: bytes
    seq: bytes

    @property
    def phone(self) -> str:
        return phone_of(self.key)


def let_go(engine: Engine, client: Any, since: datetime, now: datetime) -> int:
    """Takes away who is in no row of `phones` though their lane was taken in, and did nothing since; returns how many.

    What they did says so too, beside the database: one that is not theirs, new or of an old backup, makes nobody a stranger.

    Raises:
        redis.RedisError, sqlalchemy.exc.SQLAlchemyError: when either is away; whoever is left goes another night.
    """
    cursor, gone = None, 0
    while cursor != 0:
        cursor, keys = client.scan(cursor or 0, match=person_pattern(), count=KEYS_AT_ONCE)
        seen = _look_at(client, keys)
        with reading(engine) as session:
            strangers = _unknown(session, offsets(session, client), seen)
        left = [(one, _what_stays(one.value, since.timestamp(), now.timestamp())) for one in strangers]
        gone += _take_away(client, [(one, stays) for one, stays in left if stays != one.value])
    return gone


def _look_at(client: Any, keys: Sequence[bytes]) -> list[Seen]:
    """Without those of a lane that counts nothing: it is new, or lost its counter, and nobody can say what it holds."""
    found = client.mget(*(seq_key(lane) for lane in range(LANES)), *keys)
    seqs, values = found[:LANES], found[LANES:]
    seen = [(key, value, seqs[lane_of(phone_of(key))]) for key, value in zip(keys, values, strict=True)]
    return [Seen(key, value, seq) for key, value, seq in seen if value and seq]


def _unknown(session: Session, read: dict[int, int], seen: list[Seen]) -> list[Seen]:
    """Those whose lane was taken in as far as it went, and who are behind no phone key all the same."""
    there = {one.phone: one for one in seen if read.get(lane_of(one.phone), -1) >= int(one.seq)}
    for part in in_parts([*there]):
        for phone in session.scalars(select(Phone.phone_key).where(Phone.phone_key.in_(part)).distinct()):
            del there[phone]
    return [*there.values()]


def _what_stays(value: bytes, since: float, now: float) -> bytes:
    """Everything of one who did something lately, or cannot be read; of others their STOP, or nothing."""
    try:
        person = person_from_bytes(value)
    except MsgspecError:
        return value
    touched = (progress.touched for member in person.members for progress in member.polls.values())
    if any(since <= moment <= now for moment in touched):
        return value
    return person_to_bytes(Person(stopped=person.stopped))


def _take_away(client: Any, strangers: Sequence[tuple[Seen, bytes]]) -> int:
    script, pipeline = client.register_script(_LET_GO), client.pipeline(transaction=False)
    for one, stays in strangers:
        script(keys=[one.key, seq_key(lane_of(one.phone))], args=[one.value, one.seq, stays], client=pipeline)
    return sum(pipeline.execute())
