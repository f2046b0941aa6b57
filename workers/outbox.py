"""Messages out: claimed before the provider is called, so that nobody gets one twice, whatever is killed.

States only move forward: queued → sending → sent | failed | unknown; sent, unknown → delivered | failed by a report. After a
time-out the outcome is unknown, and the message is not sent again until a report or a person settles it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, func, not_, or_, select, update
from sqlalchemy.orm import Session

from flows.events import Reported
from workers.channels.base import Provider, Sent
from workers.database.models import Contact, EarlyReport, Message, Phone
from workers.database.session import reading, writing
from workers.database.upserts import skip_existing
from workers.privacy import without_numbers
from workers.vault import SealedError, Vault

BATCH = 50
STUCK_SECONDS = 120
"""A message that is still `sending` after this belongs to a worker that died between the provider's answer and ours."""

WAITS_AT_MOST = timedelta(days=1)
"""What is due later than this was made so under a clock that was ahead, and is due now."""

KEY_IS_GONE = "the key of this number is gone"

RETRY_SECONDS = (30, 120, 600, 3600)
"""After what may pass later (facts/africastalking.md), a message waits this long, then longer, then fails."""


def send_some(engine: Engine, vault: Vault, providers: Mapping[str, Provider]) -> int:
    """Claims what is due, sends it, and writes down what became of it. Returns how many messages that were."""
    claimed = _claim(engine, sorted(providers))
    for message, sealed in claimed:
        _send(engine, vault, providers[message["channel"]], message, sealed)
    return len(claimed)


def give_up_on_stuck(engine: Engine) -> int:
    """What a killed worker left `sending` becomes `unknown`: it may have gone out, so it is not sent again."""
    now, while_sending = datetime.now(UTC), timedelta(seconds=STUCK_SECONDS)
    is_stuck = not_(Message.moved_at.between(now - while_sending, now + while_sending))
    with writing(engine) as session:
        stuck = session.execute(update(Message).where(Message.state == "sending", is_stuck).values(state="unknown"))
    return int(stuck.rowcount)  # type: ignore[attr-defined]


def report(session: Session, reported: Reported) -> None:
    """A delivery report: moves the message forward, never back. One that comes before our send returned waits (rule 30)."""
    now, provider_id = datetime.now(UTC), reported.provider_id[:128]
    known_by = [Message.provider_id == provider_id] if provider_id else []
    known_by += [Message.reference == reported.reference] if reported.reference else []
    moved = session.execute(
        update(Message)
        .where(or_(*known_by), Message.state.in_(("sending", "sent", "unknown")))
        .values(
            state=reported.state or Message.state,
            reported=without_numbers(f"{reported.status} {reported.why}".strip())[:80],
            moved_at=now,
        )
    )
    if not moved.rowcount and reported.state and provider_id:  # type: ignore[attr-defined]
        skip_existing(session, EarlyReport, [{"provider_id": provider_id, "state": reported.state, "at": now}])


def counts(session: Session) -> list[tuple[str, str, int]]:
    """(channel, state, how many), for staff and `palabre outbox`."""
    rows = session.execute(
        select(Message.channel, Message.state, func.count()).group_by(Message.channel, Message.state).order_by(Message.channel)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def newest(session: Session, limit: int) -> list[dict[str, Any]]:
    """The last messages, newest first: whom by the contact's pseudonym, and never what was said."""
    columns = (Message.contact, Message.channel, Message.state, Message.tries, Message.cost, Message.why, Message.moved_at)
    rows = session.execute(select(*columns).order_by(Message.id.desc()).limit(limit))
    return [{**row._mapping, "moved_at": row.moved_at.isoformat(timespec="seconds")} for row in rows]


def _claim(engine: Engine, channels: Sequence[str]) -> list[tuple[dict[str, Any], bytes]]:
    """The oldest that are due, by a conditional UPDATE: two workers never hold the same one."""
    now = datetime.now(UTC)
    is_due = (Message.due_at <= now, Message.due_at > now + WAITS_AT_MOST)
    with reading(engine) as session:
        due = session.scalars(
            select(Message.id)
            .where(Message.state == "queued", or_(*is_due), Message.channel.in_(channels))
            .order_by(Message.due_at, Message.id)
            .limit(BATCH)
        ).all()
    if not due:
        return []
    with writing(engine) as session:
        mine = session.scalars(
            update(Message)
            .where(Message.id.in_(due), Message.state == "queued")
            .values(state="sending", moved_at=now, tries=Message.tries + 1)
            .returning(Message.id)
        ).all()
        rows = session.execute(
            select(
                *(
                    Message.id,
                    Message.channel,
                    Message.text,
                    Message.tries,
                    Message.contact,
                    Message.last_word,
                    Message.reference,
                ),
                *(Contact.sealed, Contact.stopped),
            )
            .join(Contact, Contact.id == Message.contact)
            .where(Message.id.in_(mine))
            .order_by(Message.id)
        ).all()
        stopped = [row.id for row in rows if row.stopped and not row.last_word]
        session.execute(update(Message).where(Message.id.in_(stopped)).values(state="cancelled"))
    return [
        (
            {name: getattr(row, name) for name in ("id", "channel", "text", "tries", "contact", "last_word", "reference")},
            row.sealed,
        )
        for row in rows
        if row.id not in stopped
    ]


def _send(engine: Engine, vault: Vault, provider: Provider, message: dict[str, Any], sealed: bytes) -> None:
    try:
        sent = provider.send(vault.open(sealed), message["text"], message["reference"])
    except SealedError:
        sent = Sent("failed", why=KEY_IS_GONE)
    values: dict[str, Any] = {"state": sent.state, "moved_at": datetime.now(UTC), "why": without_numbers(sent.why)[:200]}
    if sent.state == "later":
        values |= _later(message["tries"])
    if sent.provider_id:
        values["provider_id"] = sent.provider_id
    if sent.cost:
        values["cost"] = sent.cost
    with writing(engine) as session:
        early = session.scalar(select(EarlyReport.state).where(EarlyReport.provider_id == (sent.provider_id or "?")))
        values["state"] = early or values["state"]
        session.execute(update(Message).where(Message.id == message["id"], Message.state == "sending").values(**values))
        if message["last_word"] and values["state"] != "queued":
            _forget_unless_stopped(session, message["contact"])


def _forget_unless_stopped(session: Session, contact: str) -> None:
    """The last word to somebody who asked to be erased went out: now the number goes too. STOP's must stay known."""
    stopped = session.scalar(select(Contact.stopped).where(Contact.id == contact))
    if stopped is False:
        session.execute(delete(Message).where(Message.contact == contact))
        session.execute(delete(Contact).where(Contact.id == contact))
        session.execute(delete(Phone).where(Phone.participant == contact))


def _later(tries: int) -> dict[str, Any]:
    if tries > len(RETRY_SECONDS):
        return {"state": "failed"}
    return {"state": "queued", "due_at": datetime.now(UTC) + timedelta(seconds=RETRY_SECONDS[tries - 1])}
