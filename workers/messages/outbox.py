"""A message out, as all who handle it know it, and what staff read of them: pseudonyms, never a number, never a word.

`claiming.py` says what may go out, `sending.py` sends it, `settling.py` says what became of it.
"""

import secrets
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows import gsm
from workers.database.models import Message

REPLIES, TO_MANY = 0, 1
"""The two priorities."""

KINDS_TO_MANY = ("campaign", "notice")

SET_ASIDE = 3
"""A number that so many messages in a row never reached gets no campaign any more, until something comes from it."""

KEY_IS_GONE = "the key of this number is gone"


class Claimed(Struct, frozen=True):
    """A message in a sender's hands. `day` is the one on which its parts were counted."""

    id: int
    channel: str
    kind: str
    phone: str
    text: str
    parts: int
    tries: int
    contact: str
    last_word: bool
    reference: str
    day: str

    def __repr__(self) -> str:
        """The number and the words stand in no log."""
        return f"Claimed({self.id})"


Row = dict[str, Any]
"""A message by column."""


def row(key: str, contact: str, channel: str, kind: str, text: str, due_at: datetime, parts: int = 0) -> Row:
    """A message that is to go out, as it is stored first.

    Args:
        key: unique to it, however often it is queued.
        contact: whom it goes to.
        channel: the name of the one that it goes by.
        kind: reply, campaign, notice or test.
        text: what it says.
        due_at: when it may go.
        parts: what it costs in SMS; counted where it is 0.
    """
    return {
        "key": key,
        "contact": contact,
        "channel": channel,
        "kind": kind,
        "priority": TO_MANY if kind in KINDS_TO_MANY else REPLIES,
        "text": text,
        "parts": parts or gsm.segments(text).parts,
        "reference": secrets.token_urlsafe(16),
        "state": "queued",
        "due_at": due_at,
        "moved_at": due_at,
    }


class Count(NamedTuple):
    """How many messages of a kind are in a state on a channel."""

    channel: str
    kind: str
    state: str
    number: int


def counts(session: Session) -> list[Count]:
    """By channel, kind and state."""
    columns = (Message.channel, Message.kind, Message.state)
    rows = session.execute(select(*columns, func.count()).group_by(*columns).order_by(*columns))
    return [Count(*row) for row in rows]


def newest(session: Session, limit: int, state: str = "") -> list[Row]:
    """The last messages, newest first, whom by the contact's pseudonym; of one state where it is given."""
    columns = (
        *(Message.id, Message.contact, Message.channel, Message.kind, Message.state, Message.tries, Message.cost),
        *(Message.why, Message.reported, Message.moved_at),
    )
    wanted = select(*columns).where(*([Message.state == state] if state else []))
    rows = session.execute(wanted.order_by(Message.id.desc()).limit(limit))
    return [{**row._mapping, "moved_at": row.moved_at.isoformat(timespec="seconds")} for row in rows]
