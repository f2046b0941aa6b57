"""The staff's inbox: messages that belong to no question, those that sound like distress first, then the oldest.

It must never tell who wrote: a contact is called by a few letters, whatever may be a number is masked, and no answer to a poll
stands beside their words.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from flows import gsm
from workers.database.models import Contact, InboxRow, Message
from workers.database.upserts import skip_existing
from workers.messages import outbox
from workers.privacy import without_numbers
from workers.retention import RAW_DAYS

A_PAGE = 25
MOST_LINES = 20
"""Of an exchange, each way."""

EXCHANGE = timedelta(days=30)
MOST_PARTS = 3
"""SMS that one answer may cost; 459 GSM-7 septets."""


class Refused(Exception):
    """Nothing was sent. `why`: stopped, gone (no number is kept, or none ever came), empty, long, overtaken (somebody
    else answered), unsent (it was typed, and something else was asked for).
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Waiting(NamedTuple):
    """How many messages nobody has settled, and how many of these sound like distress."""

    unread: int
    distress: int


class Letter(NamedTuple):
    """One message in, as staff read it; `contact` is for this module and on no page, `who` is what pages call them.

    `cannot`: why nobody can write to them, as in `Refused`; empty where one can. Without `words` it came without any, unless it
    `is_forgotten`.
    """

    id: int
    contact: str
    channel: str
    words: str
    distress: bool
    at: datetime
    done_by: str | None
    done_at: datetime | None
    cannot: str = ""
    is_forgotten: bool = False

    @property
    def who(self) -> str:
        return hashlib.sha256(self.contact.encode()).hexdigest()[:4]


class Page(NamedTuple):
    """Some messages, and the one after which there are more; 0 where there are none."""

    letters: Sequence[Letter]
    more: int


class Line(NamedTuple):
    """One message of an exchange; `state` is that of one of ours, in the outbox."""

    at: datetime
    ours: bool
    words: str
    state: str


def waiting(session: Session, most: int | None = None) -> Waiting:
    """What is not settled, counted up to `most`."""
    rows = select(InboxRow.distress).where(InboxRow.done_at.is_(None)).order_by(InboxRow.distress.desc()).limit(most).subquery()
    unread, distress = session.execute(select(func.count(), func.count().filter(rows.c.distress)).select_from(rows)).one()
    return Waiting(unread, distress)


def unsettled(session: Session, after: int = 0) -> Page:
    """Distress first, then the oldest; those behind the message `after`."""
    order = (InboxRow.distress.desc(), InboxRow.id)
    return _page(session, _letters(InboxRow.done_at.is_(None), _behind(session, after)).order_by(*order))


def settled(session: Session, before: int = 0) -> Page:
    """What was settled, the newest message first; those older than `before`."""
    older = [InboxRow.id < before] if before else []
    return _page(session, _letters(InboxRow.done_at.is_not(None), *older).order_by(InboxRow.id.desc()))


def letter(session: Session, number: int) -> Letter | None:
    """One message, settled or not."""
    row = session.execute(_letters(InboxRow.id == number)).one_or_none()
    return _read(row) if row else None


def exchange(session: Session, about: Letter, now: datetime) -> list[Line]:
    """What went to and fro with whoever wrote this, in the last thirty days, the oldest first.

    Of our replies only what staff wrote, and what came at once to a message in distress: the others ask a poll's questions, and
    could tell what was answered.
    """
    since = now - EXCHANGE
    theirs = _letters(InboxRow.contact == about.contact, InboxRow.at > since).order_by(InboxRow.id.desc()).limit(MOST_LINES)
    lines = [Line(one.at, False, one.words, "") for one in map(_read, session.execute(theirs))]
    keys = select(InboxRow.event_key).where(InboxRow.contact == about.contact, InboxRow.distress, InboxRow.at > since)
    at_once = [_answer_to(key) for key in session.scalars(keys.order_by(InboxRow.id.desc()).limit(MOST_LINES))]
    shown = or_(Message.kind != "reply", Message.key.like("inbox:%"), Message.key.in_(at_once))
    ours = (
        select(Message.moved_at, Message.text, Message.state)
        .where(Message.contact == about.contact, Message.moved_at > since, Message.text != "", shown)
        .order_by(Message.id.desc())
        .limit(MOST_LINES)
    )
    lines += [Line(_utc(at), True, without_numbers(text), state) for at, text, state in session.execute(ours)]
    return sorted(lines)


def replies(session: Session, about: Letter) -> int:
    """How often staff answered this message."""
    to_it = (Message.contact == about.contact, Message.key.like(f"inbox:{about.id}:%"))
    return session.scalar(select(func.count()).select_from(Message).where(*to_it)) or 0


def reply(session: Session, about: Letter, words: str, place: int) -> None:
    """Puts an answer into the outbox, before everything that nobody waits for.

    Args:
        session: a writing session.
        about: what is answered, as this session reads it.
        words: what to send; letters that a phone lacks are folded, where that loses none.
        place: how many answers there were when it was written: the same one sent twice is one.

    Raises:
        Refused: where it cannot be sent.
    """
    if about.cannot:
        raise Refused(about.cannot)
    text = _for_phones(words.strip())
    parts = gsm.segments(text).parts
    if not text or parts > MOST_PARTS:
        raise Refused("long" if text else "empty")
    row = outbox.row(f"inbox:{about.id}:{place}", about.contact, about.channel, "reply", text, datetime.now(UTC), parts)
    skip_existing(session, Message, [row])
    if session.scalar(select(Message.text).where(Message.key == row["key"])) != text:
        raise Refused("overtaken")


def settle(session: Session, number: int, who: str, now: datetime) -> None:
    """It is done; the first who says so stays."""
    fresh = update(InboxRow).where(InboxRow.id == number, InboxRow.done_at.is_(None))
    session.execute(fresh.values(done_by=who, done_at=now))


def reopen(session: Session, number: int) -> None:
    """It is not done after all: a slip must not put out an alarm."""
    session.execute(update(InboxRow).where(InboxRow.id == number).values(done_by=None, done_at=None))


def _letters(*wanted: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    columns = (InboxRow.id, InboxRow.contact, InboxRow.channel, InboxRow.words, InboxRow.distress, InboxRow.at)
    rows = select(*columns, InboxRow.done_by, InboxRow.done_at, Contact.stopped).select_from(InboxRow)
    return rows.outerjoin(Contact, Contact.id == InboxRow.contact).where(*wanted)


def _behind(session: Session, after: int) -> ColumnElement[bool]:
    """What stands behind that message in the order of the unsettled; all where there is none such."""
    distress = session.scalar(select(InboxRow.distress).where(InboxRow.id == after))
    if distress is None:
        return InboxRow.id > 0
    same = and_(InboxRow.distress.is_(distress), InboxRow.id > after)
    return or_(same, InboxRow.distress.is_(False)) if distress else same


def _page(session: Session, wanted: Select[*tuple[Any, ...]]) -> Page:
    found = [_read(row) for row in session.execute(wanted.limit(A_PAGE + 1))]
    letters = found[:A_PAGE]
    return Page(letters, letters[-1].id if len(found) > A_PAGE else 0)


def _read(row: Any) -> Letter:
    *told, stopped = row
    found = Letter(*told)
    done_at = _utc(found.done_at) if found.done_at else None
    return found._replace(
        words=without_numbers(found.words) if found.words.strip() else "",
        at=_utc(found.at),
        done_at=done_at,
        cannot="gone" if stopped is None else "stopped" if stopped else "",
        is_forgotten=not found.words and done_at is not None and done_at < datetime.now(UTC) - timedelta(days=RAW_DAYS),
    )


def _utc(at: datetime) -> datetime:
    """SQLite gives moments without their zone, which is UTC."""
    return at.replace(tzinfo=at.tzinfo or UTC)


def _answer_to(event_key: str) -> str:
    """The key of the reply that the same message made: the event behind it (`gateway/texts.py`)."""
    tag, _, number = event_key.rpartition(".")
    return f"{tag}.{int(number) + 1}" if number.isdecimal() else ""


def _for_phones(words: str) -> str:
    folded = gsm.fold(words)
    return folded if folded.count("?") == words.count("?") else words
