"""How far a campaign is: counts by state, cercle and hour, and why messages failed. It reads one index, and never who."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from workers.channels.base import Channel
from workers.database.models import Message
from workers.messages import waits
from workers.messages.campaigns import get

STATES = ("queued", "sending", "sent", "unknown", "delivered", "failed", "cancelled")
GONE = ("sent", "unknown", "delivered", "failed")
REASONS = 10
HOURS = 12
"""How many hours back, and ahead, are told apart."""


class Progress(Struct, frozen=True):
    """Where a campaign's messages are: how many of each state, of each cercle and state, gone and due by hour (UTC)."""

    states: dict[str, int]
    held: int
    places: dict[str, dict[str, int]]
    why: list[tuple[str, int]]
    gone: list[tuple[str, int]]
    due: list[tuple[str, int]]

    @property
    def people(self) -> int:
        return sum(self.states.values())


def progress(session: Session, number: int) -> Progress:
    """All of it, in five queries over the campaign's own rows."""
    of = Message.campaign == number
    places: dict[str, dict[str, int]] = {}
    states = dict.fromkeys(STATES, 0)
    rows = select(Message.place, Message.state, func.count()).where(of, Message.state.in_(STATES))
    for place, state, number_of in session.execute(rows.group_by(Message.place, Message.state)):
        places.setdefault(place, dict.fromkeys(STATES, 0))[state] = number_of
        states[state] += number_of
    count = func.count()
    reasons = select(Message.why, count).where(of, Message.state == "failed").group_by(Message.why)
    held = select(count).where(of, Message.state == "queued", Message.held)
    return Progress(
        states=states,
        held=session.scalar(held) or 0,
        places=dict(sorted(places.items())),
        why=[(row[0], row[1]) for row in session.execute(reasons.order_by(count.desc(), Message.why).limit(REASONS))],
        gone=_by_hour(session, Message.moved_at, (of, Message.state.in_(GONE)), latest=True)[::-1],
        due=_by_hour(session, Message.due_at, (of, Message.state == "queued", ~Message.held)),
    )


def stamp(session: Session, number: int, channels: Sequence[Channel]) -> str:
    """What moves whenever its page would show something else: the newest movement of each state, by the index alone.

    And the day's budgets, which other campaigns spend too.
    """
    row = get(session, number)
    newest = [
        session.scalar(select(func.max(Message.moved_at)).where(Message.campaign == number, Message.state == state))
        for state in STATES
    ]
    moved = max((one for one in newest if one is not None), default=None)
    now = datetime.now(UTC)
    spent = len(waits.spent(session, channels, now))
    return f"{row.state}.{row.paused}.{row.queued_at}.{moved}.{now.date()}.{spent}".replace('"', "")


def _by_hour(session: Session, moment: Any, of: tuple[ColumnElement[bool], ...], latest: bool = False) -> list[tuple[str, int]]:
    """How many an hour, as (`2026-12-03 14`, count): the first hours, or the latest ones first."""
    if session.get_bind().dialect.name == "sqlite":
        hour: ColumnElement[str] = func.substr(moment, 1, 13)  # SQLite keeps moments as text
    else:
        hour = func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD HH24")
    named = hour.label("hour")
    rows = select(named, func.count()).where(*of).group_by(named).order_by(named.desc() if latest else named).limit(HOURS)
    return [(str(row[0]), row[1]) for row in session.execute(rows)]


def hour_of(written: str) -> datetime:
    """`2026-12-03 14`, read."""
    return datetime.strptime(f"{written}:00+0000", "%Y-%m-%d %H:%M%z")
