"""The clock's job that puts the messages of campaigns whose hour has come into the outbox, and ends those that are through.

It may be killed anywhere and run again: a message's key is unique. It never holds more than a batch in memory.
"""

import contextlib
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

from redis.exceptions import LockError
from sqlalchemy import Engine, exists, not_, select, update

from flows import gsm
from workers.channels.base import Channel
from workers.database.models import Campaign, Message
from workers.database.session import reading, writing
from workers.database.upserts import skip_existing
from workers.messages import audience, campaigns, outbox, wording
from workers.messages.audience import Member
from workers.messages.campaigns import Plan
from workers.messages.holding import is_held, spread
from workers.messages.wording import Refused

log = logging.getLogger(__name__)

BATCH = 1000
LOCK, LOCK_SECONDS = "palabre:starting", 60
"""One at a time: two would do no harm but to a sample."""


def start_due(engine: Engine, client: Any, channels: Sequence[Channel]) -> int:
    """Queues what is due; returns how many campaigns that were. Where another is at it, none.

    Raises:
        redis.RedisError: when Redis is away; the next time goes on.
    """
    lock = client.lock(LOCK, timeout=LOCK_SECONDS)
    if not lock.acquire(blocking=False):
        return 0
    try:
        due = _due(engine)
        for number in due:
            try:
                queue_up(engine, number, channels, lock.reacquire)
            except Refused as why:  # the settings changed since it was approved; the others go out
                log.warning("campaign %s cannot be queued: %s %s", number, why.why, why.what)
        _end_those_through(engine)
        return len(due)
    finally:
        with contextlib.suppress(LockError):  # it took longer than the lock: another took over, and harms nothing
            lock.release()


def queue_up(engine: Engine, number: int, channels: Sequence[Channel], after_each: Any = lambda: None) -> None:
    """Puts a campaign's messages into the outbox, in batches, from wherever it was left."""
    with reading(engine) as session:
        row = campaigns.get(session, number)
        plan = campaigns.plan_of(row)
        poll = campaigns.poll(session, plan.poll)
        there = audience.taken(session, number, plan.audience.by)
    names, key = [channel.name for channel in channels], campaigns.key_of(number, plan.audience)
    speak = _speaker(plan, poll, channels)
    with reading(engine) as session:
        members = audience.members(session, plan.audience, names, key, there)
        while some := list(islice(members, BATCH)):
            if not _queue(engine, number, [_message(number, plan, key, one, speak) for one in some]):
                return
            after_each()
    with writing(engine) as session:
        session.execute(update(Campaign).where(Campaign.id == number).values(queued_at=datetime.now(UTC)))


def _due(engine: Engine) -> list[int]:
    """The campaigns that are to be queued, or were not queued whole. One that starts late is spread from now on."""
    now = datetime.now(UTC)
    with writing(engine) as session:
        ready = (Campaign.state == "approved", Campaign.starts_at <= now)
        session.execute(update(Campaign).where(*ready).values(state="running", starts_at=now))
        begun = select(Campaign.id).where(Campaign.state.in_(("running", "paused")), Campaign.queued_at.is_(None))
        return list(session.scalars(begun.order_by(Campaign.id)))


def _queue(engine: Engine, number: int, rows: list[dict[str, Any]]) -> bool:
    """One batch, held where the campaign is paused by now; False where it was cancelled."""
    with writing(engine) as session:
        row = session.scalars(select(Campaign).where(Campaign.id == number).with_for_update()).one()
        if row.state not in ("running", "paused"):
            return False
        held = {place: is_held(row, place) for place in {one["place"] for one in rows}}
        skip_existing(session, Message, [{**one, "held": held[one["place"]]} for one in rows])
    return True


def _message(number: int, plan: Plan, key: str, to: Member, speak: Any) -> dict[str, Any]:
    text, parts = speak(to.language, to.channel)
    due_at = spread(plan.starts_at, plan.starts_at + timedelta(hours=plan.hours), f"{number}:{to.contact}")
    queued = outbox.row(f"{key}{to.contact}", to.contact, to.channel, "campaign", text, due_at, parts)
    return {**queued, "campaign": number, "place": to.place, "moved_at": datetime.now(UTC)}


def _speaker(plan: Plan, poll: Any, channels: Sequence[Channel]) -> Any:
    """(text, parts) by language and channel: a handful, said a hundred thousand times."""
    named = {channel.name: channel for channel in channels}

    @lru_cache(maxsize=256)
    def speak(language: str, channel: str) -> tuple[str, int]:
        text = wording.said(plan.texts, language, named[channel], poll)
        return text, gsm.segments(text).parts

    return speak


def _end_those_through(engine: Engine) -> None:
    with writing(engine) as session:
        waits = exists().where(Message.campaign == Campaign.id, Message.state.in_(("queued", "sending")))
        through = (Campaign.state == "running", Campaign.queued_at.is_not(None), not_(waits))
        session.execute(update(Campaign).where(*through).values(state="done"))
