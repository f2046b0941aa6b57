"""Why messages to many wait though nobody paused them: what a channel may spend today is spent, or it is night."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workers.channels.base import Channel
from workers.database.models import Message
from workers.messages import budget
from workers.messages.campaigns import utc
from workers.messages.claiming import QUIET, is_due
from workers.messages.outbox import TO_MANY


class Waits(Struct, frozen=True):
    """What a campaign waits for.

    `spent`: the channels by which nothing more goes before `tomorrow` (UTC), though something of it would. `asleep`: how many
    messages wait until the quiet hours end where they go, the first of them until `morning`.
    """

    spent: tuple[str, ...]
    tomorrow: datetime
    asleep: int
    morning: datetime | None


def waits(session: Session, number: int, channels: Sequence[Channel], now: datetime) -> Waits:
    """What this campaign waits for, by its own rows."""
    going = (Message.campaign == number, Message.state == "queued", ~Message.held)
    today = (Message.due_at < tomorrow(now), Message.channel.in_(spent(session, channels, now)))
    through = session.scalars(select(Message.channel).where(*going, *today).distinct().order_by(Message.channel))
    asleep = select(func.count(), func.min(Message.due_at)).where(*going, Message.why == QUIET, Message.due_at > now)
    count, first = session.execute(asleep).one()
    return Waits(tuple(through), tomorrow(now), count, utc(first) if first else None)


def spent(session: Session, channels: Sequence[Channel], now: datetime) -> list[str]:
    """The channels whose budget lets no message to many go any more today: not even the one whose turn it is."""
    return [channel.name for channel in channels if _is_spent(session, channel, now)]


def tomorrow(now: datetime) -> datetime:
    """When budgets begin anew."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def _is_spent(session: Session, channel: Channel, now: datetime) -> bool:
    left = budget.unspent(session, channel, budget.day_of(now))
    if left is None:
        return False
    due = select(Message.parts).where(*is_due(channel.name, TO_MANY, now))
    return left < (session.scalar(due.order_by(Message.due_at, Message.id).limit(1)) or 1)
