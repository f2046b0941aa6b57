"""What became of a message: by the provider's answer, by its reports, by a person's word. States only move forward.

queued → sending → sent | failed | unknown; a report makes sent and unknown delivered or failed. `unknown` went out or not: it
is not sent again until a report or a person says so. What may pass later goes back into the queue.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, String, and_, bindparam, case, delete, func, literal, not_, or_, select, update
from sqlalchemy.orm import Session

from flows.events import Reported
from workers.channels.base import Sent
from workers.database.models import Contact, EarlyReport, Message, Phone
from workers.database.session import writing
from workers.database.upserts import skip_existing
from workers.messages import budget
from workers.messages.outbox import Claimed
from workers.privacy import without_numbers

STUCK_SECONDS = 120
"""A message that is still `sending` after this belongs to a sender that died between the provider's answer and ours."""

RETRY_SECONDS = (30, 120, 600, 3600)
"""After what may pass later (facts/africastalking.md), a message waits this long, then longer, then fails."""

Answer = tuple[Claimed, Sent]

Verdict = Literal["sent", "failed", "again"]
BY_HAND: dict[Verdict, str] = {"sent": "sent", "failed": "failed", "again": "queued"}
"""What a person may say of an unknown message, and what it is then."""


def settle(engine: Engine, answers: Sequence[Answer]) -> None:
    """Writes down what the provider said, in one transaction.

    Raises:
        sqlalchemy.exc.OperationalError: when the database is away; it may be done again.
    """
    answers = sorted(answers, key=lambda answer: answer[0].id)  # rule 13: two writers never wait for each other in a ring
    with writing(engine) as session:
        early = _early(session, answers)
        settled = [_values(message, sent, early) for message, sent in answers]
        _move(session, settled)
        refused = [one for one, sent in answers if sent.state in ("later", "failed")]
        budget.spend(session, budget.total((one.channel, one.day, one.kind, -one.parts) for one in refused))
        heard = [(one.contact, "failed" if sent.unreachable else early.get(_known_as(one, sent))) for one, sent in answers]
        _count_failures(session, [who for who, state in heard if state == "failed"])
        _has_arrived(session, [who for who, state in heard if state == "delivered"])
        done = [one.contact for (one, _), row in zip(answers, settled, strict=True) if one.last_word and row["is"] != "queued"]
        _forget_unless_stopped(session, done)


def report(session: Session, reported: Reported, contact: str = "", channel: str = "") -> None:
    """A delivery report: moves its message forward, never back. One that comes before our send returned waits (rule 30).

    Args:
        session: of the intake's transaction.
        reported: what the provider said.
        contact: whose number it names, where it names one: after a time-out we never learned the provider's id.
        channel: on which it came.
    """
    provider_id = reported.provider_id[:128]
    ids = [Message.provider_id == provider_id] if provider_id else []
    ids += [Message.reference == reported.reference] if reported.reference else []
    if not ids or _advance(session, or_(*ids), reported) or session.scalar(select(Message.id).where(or_(*ids)).limit(1)):
        return
    if contact and _advance(session, Message.id == _only_unknown(session, contact, channel), reported):
        return
    if reported.state:
        known_as = provider_id or reported.reference
        row = {"provider_id": known_as, "state": reported.state, "at": datetime.now(UTC)}
        skip_existing(session, EarlyReport, [row])


def give_up_on_stuck(engine: Engine) -> int:
    """What a killed sender left `sending` becomes `unknown`: it may have gone out. Returns how many messages that were."""
    now, while_sending = datetime.now(UTC), timedelta(seconds=STUCK_SECONDS)
    is_stuck = not_(Message.moved_at.between(now - while_sending, now + while_sending))
    left = {"state": "unknown", "moved_at": now, "why": "the sender was killed"}
    with writing(engine) as session:
        stuck = session.execute(update(Message).where(Message.state == "sending", is_stuck).values(**left))
    return int(stuck.rowcount)  # type: ignore[attr-defined]


def settle_by_hand(session: Session, message: int, verdict: Verdict) -> bool:
    """A person says what became of an unknown message; False where it is not unknown, or its words are gone already."""
    now = datetime.now(UTC)
    said = {"state": BY_HAND[verdict], "why": f"a person said: {verdict}", "moved_at": now, "due_at": now}
    which = update(Message).where(Message.id == message, Message.state == "unknown")
    if verdict == "again":
        which = which.where(Message.text != "")
    moved = session.execute(which.values(**said))
    return bool(moved.rowcount)  # type: ignore[attr-defined]


def _known_as(message: Claimed, sent: Sent) -> str:
    return sent.provider_id or message.reference


def _early(session: Session, answers: Sequence[Answer]) -> dict[str, str]:
    """Reports that were faster than our own send, by what they know the message by."""
    names = [_known_as(message, sent) for message, sent in answers]
    rows = session.execute(select(EarlyReport.provider_id, EarlyReport.state).where(EarlyReport.provider_id.in_(names)))
    return {row.provider_id: row.state for row in rows}


def _values(message: Claimed, sent: Sent, early: dict[str, str]) -> dict[str, Any]:
    """A message's new columns, as bound parameters; a None leaves what stands."""
    state, due_at = early.get(_known_as(message, sent), sent.state), None
    if state == "later":
        state, due_at = _later(message.tries)
    about = {"provider": sent.provider_id or None, "price": sent.cost or None, "because": without_numbers(sent.why)[:200]}
    return {"which": message.id, "is": state, "due": due_at, "now": datetime.now(UTC), **about}


def _later(tries: int) -> tuple[str, datetime | None]:
    if tries > len(RETRY_SECONDS):
        return "failed", None
    return "queued", datetime.now(UTC) + timedelta(seconds=RETRY_SECONDS[tries - 1])


def _move(session: Session, settled: list[dict[str, Any]]) -> None:
    """The id and the cost are known whatever a report has said meanwhile; the state moves only from `sending`."""
    known = update(Message).where(Message.id == bindparam("which"))
    known = known.values(
        provider_id=func.coalesce(bindparam("provider", type_=String), Message.provider_id),
        cost=func.coalesce(bindparam("price", type_=String), Message.cost),
    )
    moves = update(Message).where(Message.id == bindparam("which"), Message.state == "sending")
    moves = moves.values(
        state=bindparam("is"),
        why=bindparam("because"),
        moved_at=bindparam("now"),
        due_at=func.coalesce(bindparam("due", type_=Message.due_at.type), Message.due_at),
    )
    for statement in (known, moves):
        session.connection().execute(statement, settled)


def _advance(session: Session, which: ColumnElement[bool], reported: Reported) -> bool:
    """Moves what the report is about, and counts what never arrived; whether it moved anything.

    Any report at all says that the provider has what was unknown, and one that says `delivered` overtakes a second try.
    """
    open_states = or_(
        Message.state.in_(("sending", "sent", "unknown")),
        and_(Message.state == "queued", Message.tries > 0, literal(reported.state == "delivered")),
    )
    on_its_way = case((Message.state == "unknown", "sent"), else_=Message.state)
    said = f"{reported.status} {reported.why}".strip()[:80]
    moved = {"state": reported.state or on_its_way, "reported": said, "moved_at": datetime.now(UTC)}
    if reported.provider_id:
        moved["provider_id"] = reported.provider_id[:128]
    contacts = list(session.scalars(update(Message).where(which, open_states).values(**moved).returning(Message.contact)))
    if reported.state == "failed":
        _count_failures(session, contacts)
    elif reported.state == "delivered":
        _has_arrived(session, contacts)
    return bool(contacts)


def _only_unknown(session: Session, contact: str, channel: str) -> int:
    """The one message to this number of which we know nothing, 0 where there are several, or one is on its way."""
    theirs = select(Message.id, Message.state).where(
        Message.contact == contact,
        Message.channel == channel,
        or_(Message.state == "sending", and_(Message.state == "unknown", Message.provider_id == "")),
    )
    found = session.execute(theirs.limit(2)).all()
    return found[0].id if len(found) == 1 and found[0].state == "unknown" else 0


def _count_failures(session: Session, contacts: Sequence[str]) -> None:
    if contacts:
        missed = update(Contact).where(Contact.id == bindparam("who")).values(failures=Contact.failures + 1)
        session.connection().execute(missed, [{"who": who} for who in sorted(contacts)])


def _has_arrived(session: Session, contacts: Sequence[str]) -> None:
    if contacts:
        session.execute(update(Contact).where(Contact.id.in_(contacts)).values(failures=0))


def _forget_unless_stopped(session: Session, contacts: Sequence[str]) -> None:
    """The last word to somebody who asked to be erased went out: now the number goes too. STOP's must stay known."""
    if not contacts:
        return
    gone = session.scalars(select(Contact.id).where(Contact.id.in_(contacts), Contact.stopped.is_(False))).all()
    for column in (Message.contact, Contact.id, Phone.participant):
        session.execute(delete(column.class_).where(column.in_(gone)))
