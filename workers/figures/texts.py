"""What people said in their own words, a page at a time. It must never tell who said it, nor when but for the day."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec import msgpack
from sqlalchemy import ColumnElement, literal, select, tuple_
from sqlalchemy.orm import Session, aliased

from flows.events import Answered
from workers.database.models import Answer, LedgerRow, Payload

A_PAGE = 50


class Text(NamedTuple):
    """One current answer; `day` is ISO 8601, UTC; `place` says where it stands in the order, and nothing else."""

    place: int
    day: str
    words: str


class Page(NamedTuple):
    """Texts, newest first, with the places before and after which there are more; 0 where there are none."""

    texts: Sequence[Text]
    newer: int
    older: int


def page(session: Session, slug: str, question: str, before: int = 0, after: int = 0) -> Page:
    """The current texts of a question, over all versions: the newest ones, or those next to a place.

    Args:
        session: a reading session.
        slug: the poll's.
        question: the name of one of type text.
        before: a place: the newest that are older than it.
        after: a place: the oldest that are newer than it.
    """
    found = _texts(session, slug, question, before or after, towards_newer=bool(after))
    has_more, texts = len(found) > A_PAGE, found[:A_PAGE]
    if after and not has_more:
        return page(session, slug, question)  # a whole page, now that the top is reached
    if after:
        return Page(texts[::-1], newer=texts[-1].place, older=texts[0].place)
    return Page(texts, newer=texts[0].place if before and texts else 0, older=texts[-1].place if has_more else 0)


def _texts(session: Session, slug: str, question: str, place: int, towards_newer: bool) -> list[Text]:
    """One more than a page, from `place` on. A text that was changed, or erased, is in the ledger and not here.

    What lies beside the ledger is looked up row by row, not joined: the index gives the order, and little is read but what is
    shown.
    """
    content = select(Payload.content).where(Payload.event_key == LedgerRow.event_key).scalar_subquery()
    current = (
        select(Answer.seq)
        .where(Answer.participant == LedgerRow.participant, Answer.poll == slug, Answer.question == question)
        .scalar_subquery()
    )
    order = (LedgerRow.at, LedgerRow.id)
    wanted = (
        select(LedgerRow.id, LedgerRow.at, content)
        .where(*_IN_WORDS, LedgerRow.poll == slug, LedgerRow.question == question)
        .where(LedgerRow.seq == current, content.is_not(None))
        .order_by(*(order if towards_newer else (column.desc() for column in order)))
        .limit(A_PAGE + 1)
    )
    if place:
        wanted = wanted.where(_beyond(place, towards_newer))
    return [Text(number, _day(at), str(_answered.decode(said).value)) for number, at, said in session.execute(wanted)]


def _day(at: datetime) -> str:
    """SQLite gives moments without their zone, which is UTC."""
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC).date().isoformat()


def _beyond(place: int, towards_newer: bool) -> ColumnElement[bool]:
    there = aliased(LedgerRow)
    at = select(there.at).where(there.id == place).scalar_subquery()
    here = tuple_(LedgerRow.at, LedgerRow.id)
    return here > tuple_(at, place) if towards_newer else here < tuple_(at, place)


_IN_WORDS = (
    LedgerRow.kind == literal("answered", literal_execute=True),
    LedgerRow.choice == literal("", literal_execute=True),
)
"""Written out, as no parameter: else the databases do not see that the index `ix_ledger_words` is of these rows."""

_answered = msgpack.Decoder(Answered)
