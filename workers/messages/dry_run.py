"""What a campaign would do, before it does: how many people of which strata, how many parts, what cost, in which words."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from sqlalchemy.orm import Session

from workers.channels.base import Channel
from workers.messages import audience, campaigns, wording
from workers.messages.campaigns import Plan
from workers.messages.quiet_hours import first_night
from workers.messages.wording import Bill

MOST_COUNTED = 50_000
"""Where somebody waits while they type, counting stops here."""

MOST_SHOWN = 5


class Shown(Struct, frozen=True):
    """One text to the letter, on whose channel and in which language, and how many get it."""

    channel: str
    language: str
    people: int
    text: str


class DryRun(Struct, frozen=True):
    """`by`: people of each value of a stratum; empty where it was not asked for. `is_capped`: there are more.

    `night`: from when to when what would go waits, the first time; None where it goes by day.
    """

    bill: Bill
    by: dict[str, int]
    shown: tuple[Shown, ...]
    is_capped: bool
    night: tuple[datetime, datetime] | None


def dry_run(
    session: Session, plan: Plan, number: int, channels: Sequence[Channel], by: str = "", at_most: int = 10_000_000
) -> DryRun:
    """Counts, and sends nothing.

    Args:
        session: a reading one.
        plan: completed and checked.
        number: the campaign's; 0 before it has one.
        channels: those that there are.
        by: a stratum to count by.
        at_most: where to stop counting.

    Raises:
        Refused: as `wording.said`, or unknown_poll.
    """
    names, key = [channel.name for channel in channels], campaigns.key_of(number, plan.audience)
    poll = campaigns.poll(session, plan.poll)
    people = audience.people(session, plan.audience, names, key, at_most)
    groups = audience.broken_down(session, plan.audience, names, key, by) if by else {}
    named = {channel.name: channel for channel in channels}
    most = sorted((people or _nobody(plan, channels)).items(), key=lambda item: -item[1])[:MOST_SHOWN]
    shown = tuple(
        Shown(channel, language, count, wording.said(plan.texts, language, named[channel], poll))
        for (channel, language), count in most
    )
    bill, begins = wording.bill(people, plan.texts, poll, channels), max(plan.starts_at, datetime.now(UTC))
    night = first_night(begins, begins + timedelta(hours=plan.hours))
    return DryRun(bill, groups, shown, bill.people >= at_most, night)


def _nobody(plan: Plan, channels: Sequence[Channel]) -> dict[tuple[str, str], int]:
    """What people would read if there were any: each text, on the first channel."""
    spoken = campaigns.spoken_on(plan.audience, channels)[:1]
    return {(channel.name, language): 0 for channel in spoken for language in plan.texts}
