"""What a channel may spend on messages to many: SMS parts a day, of which a tenth is kept for replies.

Parts are counted when a message is claimed, before the provider hears of it: a sender that is killed spends what it may have
sent. What the provider refused is given back.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workers.channels.base import Channel
from workers.database.models import Spending
from workers.database.upserts import replace_or_add, skip_existing

FOR_CAMPAIGNS = 0.9

Spent = Counter[tuple[str, str, str]]
"""Parts by channel, day and kind."""


def day_of(moment: datetime) -> str:
    """The day (UTC) on which a message counts, as ISO 8601 writes it."""
    return moment.date().isoformat()


def left(session: Session, channel: Channel, day: str) -> int | None:
    """How many parts campaigns and notices may cost on this channel today still; None for as many as they like.

    Of two senders the second waits here until the first one's transaction ends.
    """
    if not channel.daily_parts:
        return None
    skip_existing(session, Spending, [{"channel": channel.name, "day": day, "kind": "campaign", "parts": 0}])
    its = (Spending.channel == channel.name, Spending.day == day, Spending.kind == "campaign")
    session.execute(select(Spending.kind).where(*its).with_for_update())
    return unspent(session, channel, day)


def unspent(session: Session, channel: Channel, day: str) -> int | None:
    """The same, as it stands: for those who only look."""
    if not channel.daily_parts:
        return None
    spent = session.scalar(select(func.sum(Spending.parts)).where(Spending.channel == channel.name, Spending.day == day)) or 0
    return max(0, int(channel.daily_parts * FOR_CAMPAIGNS) - spent)


def spend(session: Session, spent: Spent) -> None:
    """Adds what was spent; parts below zero are given back."""
    rows = [{"channel": one[0], "day": one[1], "kind": one[2], "parts": parts} for one, parts in sorted(spent.items())]
    replace_or_add(session, Spending, rows, add="parts")


def total(entries: Iterable[tuple[str, str, str, int]]) -> Spent:
    """Parts by channel, day and kind, of (channel, day, kind, parts)."""
    spent: Spent = Counter()
    for channel, day, kind, parts in entries:
        spent[channel, day, kind] += parts
    return spent
