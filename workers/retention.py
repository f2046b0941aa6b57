"""What has an end: raw words after a month, the way back to somebody a year after their last word; answers and figures stay.

A clock that is years off ends nothing: the nightly job asks `is_clock_trusted` first, and what was noted under a wrong one is
as old as its neighbours. `due` only counts.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Delete, Engine, Select, Update, and_, delete, func, not_, select, update
from sqlalchemy.orm import Session

from workers import strangers
from workers.append_only import rewrite
from workers.database.models import (
    Contact,
    DeadLetter,
    EarlyReport,
    InboxRow,
    LedgerRow,
    Message,
    OptOut,
    Payload,
    Phone,
    Spending,
)
from workers.database.session import reading, vacuum, writing
from workers.dialogs import lane_key, shorten
from workers.lanes import offsets, taken_in

RAW_DAYS = 30
"""Raw inbound texts, what stands in lanes and dead letters, and the words of what we sent."""

CONTACT_DAYS = 365
"""A number, and what links a phone to what it said, after the last thing that came from it."""

FINAL = ("sent", "unknown", "delivered", "failed", "cancelled")

NIGHTS = "palabre:nights"
"""The dates on which the nightly job ran, by whatever clock; in Redis, and in no backup: another machine has another clock."""

NIGHTS_LOOKED_AT, NIGHTS_NEEDED = 14, 7
"""A clock that jumped ahead has to stay there for a week before anything ends by it."""


class Term(NamedTuple):
    """One thing that ends: in whose words staff read it, how many rows it is, and what ends it."""

    what: str
    number: Select[int]
    end: Delete | Update


def note_night(client: Any, now: datetime) -> None:
    """Notes tonight's date, and takes back what a clock noted that was ahead of this one."""
    tonight = now.date()
    pipeline = client.pipeline()
    pipeline.zadd(NIGHTS, {tonight.isoformat(): tonight.toordinal()})
    pipeline.zremrangebyscore(NIGHTS, f"({tonight.toordinal()}", "+inf")
    pipeline.zremrangebyrank(NIGHTS, 0, -NIGHTS_LOOKED_AT - 1)
    pipeline.execute()


def nights(client: Any, now: datetime) -> list[str]:
    """The dates that were noted in the last fortnight, the first one first."""
    tonight = now.date().toordinal()
    return [night.decode() for night in client.zrangebyscore(NIGHTS, tonight - NIGHTS_LOOKED_AT + 1, tonight)]


def is_clock_trusted(client: Any, now: datetime) -> bool:
    """Whether nights enough were noted up to this one for anything to end by itself."""
    return len(nights(client, now)) >= NIGHTS_NEEDED


def due(engine: Engine, client: Any, now: datetime) -> dict[str, int]:
    """How much of each kind has come to its end at `now`."""
    with reading(engine) as session:
        counted = {term.what: session.scalar(term.number) or 0 for term in _terms(session, now)}
        lanes = offsets(session, client)
    return {**counted, IN_LANES: sum(len(_old_entries(client, lane, last, now)) for lane, last in lanes.items())}


def end(engine: Engine, client: Any, now: datetime) -> dict[str, int]:
    """Ends all that is due, and has database and Redis write anew what it was in. Returns how much of each kind that was."""
    ended = due(engine, client, now)
    with writing(engine) as session:
        for term in _terms(session, now):
            session.execute(term.end)
        lanes = offsets(session, client)
    for lane, last in lanes.items():
        for number in _old_entries(client, lane, last, now)[-1:]:
            client.xtrim(lane_key(lane), minid=f"{number + 1}-0", approximate=False)
    strangers.let_go(engine, client, now - timedelta(days=CONTACT_DAYS), now)
    shorten(client)
    vacuum(engine, full=any(ended.values()))
    rewrite(client)
    return ended


IN_LANES = f"entries of lanes that were counted, after {RAW_DAYS} days"


def _terms(session: Session, now: datetime) -> Iterator[Term]:
    month, year = now - timedelta(days=RAW_DAYS), now - timedelta(days=CONTACT_DAYS)
    yield _rows(f"raw events, after {RAW_DAYS} days", Payload, Payload.event_key.in_(_keys_of_raw(session, month, now)))
    letters = DeadLetter.id <= _last_before(session, DeadLetter, month, now)
    yield _rows(f"dead letters, after {RAW_DAYS} days", DeadLetter, letters)
    yield _rows(f"reports of no message, after {RAW_DAYS} days", EarlyReport, EarlyReport.at < month)
    old = and_(Message.moved_at < month, Message.state.in_(FINAL), Message.text != "")
    counted = select(func.count()).select_from(Message).where(old)
    yield Term(f"words of what was sent, after {RAW_DAYS} days", counted, update(Message).where(old).values(text=""))
    read = and_(InboxRow.done_at < month, InboxRow.words != "")
    counted = select(func.count()).select_from(InboxRow).where(read)
    yield Term(
        f"words of messages that staff settled, after {RAW_DAYS} days", counted, update(InboxRow).where(read).values(words="")
    )
    spent = Spending.day < year.date().isoformat()
    yield _rows(f"what messages cost a day, after {CONTACT_DAYS} days", Spending, spent)
    heard, written_to = _heard(session, year, now), Contact.last_at.between(year, now)
    contacts = and_(not_(written_to), Contact.id.not_in(select(Phone.participant).where(Phone.phone_key.in_(heard))))
    silent = select(Contact.id).where(contacts)
    for whose, column in (("messages", Message.contact), ("STOP and START", OptOut.contact)):
        yield _rows(f"{whose} of silent numbers, after {CONTACT_DAYS} days", column.class_, column.in_(silent))
    from_them = and_(InboxRow.contact.in_(silent), InboxRow.done_at.is_not(None))
    yield _rows(f"settled messages of silent numbers, after {CONTACT_DAYS} days", InboxRow, from_them)
    yield _rows(f"silent numbers, after {CONTACT_DAYS} days", Contact, contacts)
    reached = select(Phone.phone_key).join(Contact, Contact.id == Phone.participant).where(written_to)
    phones = and_(Phone.phone_key.not_in(heard), Phone.phone_key.not_in(reached))
    yield _rows(f"silent phones, after {CONTACT_DAYS} days", Phone, phones)


def _rows(what: str, model: Any, old: ColumnElement[bool]) -> Term:
    return Term(what, select(func.count()).select_from(model).where(old), delete(model).where(old))


def _last_before(session: Session, model: Any, since: datetime, now: datetime) -> int:
    """The id up to which rows are from before, 0 for none: they are numbered as they came, whatever their clock said.

    Something of before came with it or later, and nothing of since came earlier; what lies after `now` says nothing.
    """
    before = select(model.id).where(model.at < since).order_by(model.at.desc(), model.id.desc()).limit(1)
    last = session.scalar(before) or 0
    first_since = session.scalar(select(func.min(model.id)).where(model.at.between(since, now)))
    return last if first_since is None else min(last, first_since - 1)


def _keys_of_raw(session: Session, since: datetime, now: datetime) -> Select[str]:
    """Payloads that say again what the ledger says; the words of a text answer are the answer, and stay with it."""
    words = and_(LedgerRow.kind == "answered", LedgerRow.choice == "")
    return select(LedgerRow.event_key).where(LedgerRow.id <= _last_before(session, LedgerRow, since, now), not_(words))


def _heard(session: Session, since: datetime, now: datetime) -> Select[str]:
    """The phones behind which somebody said something since."""
    rows = select(Phone.phone_key).join(LedgerRow, LedgerRow.participant == Phone.participant)
    return rows.where(LedgerRow.id > _last_before(session, LedgerRow, since, now))


def _old_entries(client: Any, lane: int, last: int, now: datetime) -> list[int]:
    """The numbers of what lies in the lane and was taken in, from the oldest to the first that is younger than a month."""
    month, today = (now - timedelta(days=RAW_DAYS)).timestamp(), now.timestamp()
    lying = takewhile(lambda entry: not month <= entry.record.at <= today, taken_in(client, lane, last))
    return [entry.number for entry in lying]
