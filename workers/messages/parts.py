"""Parts of a longer SMS wait in Redis for each other, under the phone's pseudonym, in any order and however often they come.

A part is acknowledged once it lies here. What is whole goes the way of any SMS; what stays incomplete goes to staff as it is:
half an opinion is no answer, and nothing is lost.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from flows import distress
from flows.events import Record, Unlinked, to_bytes
from workers.channels.base import Text
from workers.dialogs import Dialogs, keys
from workers.privacy import lane_of, session_tag

KEPT_SECONDS = 24 * 3600
WAITS_SECONDS = 300
"""A part that the others have not joined by then is handed on without them."""

WAITING = "palabre:parts"
"""The phones of which parts may wait: a set of phone keys."""

BETWEEN = " [...] "
"""Stands for what did not come."""


class Part(Struct, frozen=True, array_like=True):
    """One part: `mark` tells it from another of the same place, `at` is when it came."""

    mark: str
    number: int
    text: str
    channel: str
    sent_at: float | None
    at: float


def parts_key(phone: str) -> str:
    """Where a phone's parts wait: fields `<set>.<number>`, and `<set>.done` with the marks of those that were taken."""
    return f"palabre:{{{lane_of(phone)}}}:parts:{phone}"


def keep(client: Any, phone: str, channel: str, text: Text, now: float) -> Text | None:
    """Keeps one part; the whole message where it was the last that was missing.

    Raises:
        redis.RedisError: when Redis is away; the part may then lie there or not, and comes again.
    """
    name, beginning, number, total = _place(phone, channel, text)
    part = Part(_mark(channel, text), number, text.text, channel, text.sent_at, now)
    done, before = client.hmget(name, f"{beginning}.done", f"{beginning}.{number}")
    if done and part.mark in done.decode().split():
        return None
    if before and _read(before).mark != part.mark:
        _set_aside(client, name, beginning)
    pipeline = client.pipeline(transaction=False)
    pipeline.hset(name, f"{beginning}.{number}", _pack(part))
    pipeline.expire(name, KEPT_SECONDS)
    pipeline.sadd(WAITING, phone)
    pipeline.hmget(name, [f"{beginning}.{each}" for each in range(1, total + 1)])
    found = [_read(each) for each in pipeline.execute()[-1] if each]
    if len(found) < total:
        return None
    moments = [each.sent_at for each in found if each.sent_at is not None]
    return Text(
        f"parts {' '.join(each.mark for each in found)}",
        text.phone,
        "".join(each.text for each in found),
        max(moments, default=None),
    )


def taken(client: Any, phone: str, channel: str, text: Text) -> None:
    """The whole that `text` made complete is durable elsewhere: its parts go, and are known when they come again."""
    name, beginning, _, total = _place(phone, channel, text)
    fields = [f"{beginning}.{each}" for each in range(1, total + 1)]
    marks = [_read(each).mark for each in client.hmget(name, fields) if each]
    pipeline = client.pipeline()
    pipeline.hset(name, f"{beginning}.done", " ".join(marks))
    pipeline.hdel(name, *fields)
    pipeline.execute()


def forget(client: Any, phones: Iterable[str]) -> None:
    """Takes away whatever waits of these phones."""
    for phone in phones:
        client.delete(parts_key(phone))
        client.srem(WAITING, phone)


def hand_on(client: Any, dialogs: Dialogs, alarming: tuple[str, ...] = (), now: float | None = None) -> int:
    """Gives to staff what has waited too long, as it is; returns how many incomplete messages that were.

    Args:
        client: Redis.
        dialogs: Redis, where events are committed.
        alarming: the settings' own words that sound like distress.
        now: seconds since 1970.

    Raises:
        redis.RedisError: when Redis is away; what is left is handed on the next time.
    """
    now = time.time() if now is None else now
    handed = 0
    for phone in sorted(member.decode() for member in client.smembers(WAITING)):
        sets = _sets(client, phone)
        overdue = {
            beginning: parts
            for beginning, parts in sets.items()
            if not 0 <= now - max(part.at for part in parts) < WAITS_SECONDS  # a clock that was ahead keeps none back
        }
        for beginning, parts in overdue.items():
            if _to_staff(dialogs, phone, parts, alarming, now):
                client.hdel(parts_key(phone), *(f"{beginning}.{part.number}" for part in parts))
                handed += 1
        if not sets:
            client.srem(WAITING, phone)
            if _sets(client, phone):  # one came in between
                client.sadd(WAITING, phone)
    return handed


def _to_staff(dialogs: Dialogs, phone: str, parts: Sequence[Part], alarming: tuple[str, ...], now: float) -> bool:
    """An event in the phone's lane: False where another request of the phone got there first."""
    tag = session_tag(parts[0].channel, " ".join(part.mark for part in parts), b"parts")
    places = keys(phone, tag)
    loaded = dialogs.load(places)
    words = BETWEEN.join(part.text for part in parts)
    event = Unlinked(words, distress=distress.is_heard(words, alarming))
    record = Record(f"{tag}.0", phone, 0, parts[0].channel, now, event, by_sms=True)
    return dialogs.commit(places, loaded, b"-", loaded.person, [to_bytes(record)], seconds=1)


def _sets(client: Any, phone: str) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    for field, kept in client.hgetall(parts_key(phone)).items():
        beginning, _, what = field.decode().rpartition(".")
        if what != "done":
            found.setdefault(beginning, []).append(_read(kept))
    return {beginning: sorted(parts, key=lambda part: part.number) for beginning, parts in found.items()}


def _set_aside(client: Any, name: str, beginning: str) -> None:
    """A phone counts its references to 255 and begins again: what lies under this one is of an earlier message."""
    old = {field: kept for field, kept in client.hgetall(name).items() if field.startswith(f"{beginning}.".encode())}
    aside = f"{beginning}-{_read(next(kept for field, kept in old.items() if not field.endswith(b'done'))).mark}"
    pipeline = client.pipeline()
    pipeline.hdel(name, *old)
    for field, kept in old.items():
        if not field.endswith(b".done"):
            pipeline.hset(name, f"{aside}.{field.decode().rpartition('.')[2]}", kept)
    pipeline.execute()


def _place(phone: str, channel: str, text: Text) -> tuple[str, str, int, int]:
    """(the hash, the beginning of its fields, the part's number, how many there are)."""
    reference, number, total = text.part or ("", 1, 1)
    return parts_key(phone), session_tag(channel, f"{reference} {total}", b"parts"), number, total


def _mark(channel: str, text: Text) -> str:
    return session_tag(channel, text.id or f"{text.sent_at} {text.text}", b"parts")


_pack = msgspec.msgpack.Encoder().encode
_read = msgspec.msgpack.Decoder(Part).decode
