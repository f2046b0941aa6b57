"""What has an end: raw words after a month, the way back to somebody a year after their last word. The clock asks once a night.

Answers stay, and figures with them; what goes is what somebody could be found by. `due` only counts.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Delete, Engine, Select, Update, and_, delete, func, not_, select, update

from workers.append_only import rewrite
from workers.database.models import Contact, DeadLetter, EarlyReport, LedgerRow, Message, Payload, Phone
from workers.database.session import reading, vacuum, writing
from workers.dialogs import lane_key
from workers.lanes import offsets, taken_in

RAW_DAYS = 30
"""Raw inbound texts, what stands in lanes and dead letters, and the words of what we sent."""

CONTACT_DAYS = 365
"""A number, and what links a phone to what it said, after the last thing that came from it."""

FINAL = ("sent", "unknown", "delivered", "failed", "cancelled")


class Term(NamedTuple):
    """One thing that ends: in whose words staff read it, how many rows it is, and what ends it."""

    what: str
    number: Select[int]
    end: Delete | Update


def due(engine: Engine, client: Any, now: datetime) -> dict[str, int]:
    """How much of each kind has come to its end at `now`."""
    with reading(engine) as session:
        counted = {term.what: session.scalar(term.number) or 0 for term in _terms(now)}
        lanes = offsets(session, client)
    return {**counted, IN_LANES: sum(len(_old_entries(client, lane, last, now)) for lane, last in lanes.items())}


def end(engine: Engine, client: Any, now: datetime) -> dict[str, int]:
    """Ends all that is due, and has database and Redis write anew what it was in. Returns how much of each kind that was."""
    ended = due(engine, client, now)
    with writing(engine) as session:
        for term in _terms(now):
            session.execute(term.end)
        lanes = offsets(session, client)
    for lane, last in lanes.items():
        for number in _old_entries(client, lane, last, now)[-1:]:
            client.xtrim(lane_key(lane), minid=f"{number + 1}-0", approximate=False)
    vacuum(engine, full=any(ended.values()))
    rewrite(client)
    return ended


IN_LANES = f"entries of lanes that were counted, after {RAW_DAYS} days"


def _terms(now: datetime) -> Iterator[Term]:
    month, year = now - timedelta(days=RAW_DAYS), now - timedelta(days=CONTACT_DAYS)
    yield _rows(f"raw events, after {RAW_DAYS} days", Payload, Payload.event_key.in_(_keys_of_raw(month)))
    yield _rows(f"dead letters, after {RAW_DAYS} days", DeadLetter, DeadLetter.at < month)
    yield _rows(f"reports of no message, after {RAW_DAYS} days", EarlyReport, EarlyReport.at < month)
    old = and_(Message.moved_at < month, Message.state.in_(FINAL), Message.text != "")
    counted = select(func.count()).select_from(Message).where(old)
    yield Term(f"words of what was sent, after {RAW_DAYS} days", counted, update(Message).where(old).values(text=""))
    yield _rows(f"messages of silent numbers, after {CONTACT_DAYS} days", Message, Message.contact.in_(_contacts(year)))
    yield _rows(f"silent numbers, after {CONTACT_DAYS} days", Contact, Contact.last_at < year)
    yield _rows(f"silent phones, after {CONTACT_DAYS} days", Phone, _silent(year))


def _rows(what: str, model: Any, old: ColumnElement[bool]) -> Term:
    return Term(what, select(func.count()).select_from(model).where(old), delete(model).where(old))


def _keys_of_raw(before: datetime) -> Select[str]:
    """Payloads that say again what the ledger says; the words of a text answer are the answer, and stay with it."""
    words = and_(LedgerRow.kind == "answered", LedgerRow.choice == "")
    return select(LedgerRow.event_key).where(LedgerRow.at < before, not_(words))


def _contacts(before: datetime) -> Select[str]:
    return select(Contact.id).where(Contact.last_at < before)


def _silent(before: datetime) -> ColumnElement[bool]:
    """Phones of which nobody said anything since, and to whose number nothing goes any more."""
    heard = select(Phone.phone_key).join(LedgerRow, LedgerRow.participant == Phone.participant).where(LedgerRow.at >= before)
    written_to = select(Phone.phone_key).join(Contact, Contact.id == Phone.participant).where(Contact.last_at >= before)
    return and_(Phone.phone_key.not_in(heard), Phone.phone_key.not_in(written_to))


def _old_entries(client: Any, lane: int, last: int, now: datetime) -> list[int]:
    """The numbers of what lies in the lane and was taken in, from the oldest to the first that is younger than a month."""
    month = (now - timedelta(days=RAW_DAYS)).timestamp()
    return [entry.number for entry in takewhile(lambda entry: entry.record.at < month, taken_in(client, lane, last))]
