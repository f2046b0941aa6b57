"""A message that shows whether a channel works: put into the outbox like any other, and followed there until it arrives."""

import secrets
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from workers.database.models import Contact, Message, Phone
from workers.keys.vault import Vault
from workers.messages import outbox
from workers.privacy import phone_key

ENDED = ("delivered", "failed", "cancelled")


class Stopped(Exception):
    """The number said STOP, and gets nothing."""


class Seen(NamedTuple):
    """Where a message stands: its state, and why, in the provider's words and ours."""

    state: str
    why: str


def put(session: Session, channel: str, number: str, text: str, vault: Vault, phone_keys: tuple[bytes, ...]) -> int:
    """Queues one message of the kind `test`, before everything else; returns its id.

    Args:
        session: of a transaction that writes.
        channel: the name of the channel that is to send it.
        number: E.164; it is kept sealed only, as every number to which messages go.
        text: what it says.
        vault: seals it.
        phone_keys: the keys in force, the one that makes pseudonyms first.

    Raises:
        Stopped: where the number said STOP.
    """
    now = datetime.now(UTC)
    who = _contact(session, [phone_key(number, key) for key in phone_keys])
    known = session.get(Contact, who)
    if known is None:
        session.add(Contact(id=who, sealed=vault.seal(number), channel=channel, last_at=now))
    elif known.stopped:
        raise Stopped
    else:
        known.last_at = now
    message = Message(**outbox.row(f"test {secrets.token_urlsafe(16)}", who, channel, "test", text, now))
    session.add(message)
    session.flush()
    return message.id


def look(session: Session, message: int) -> Seen:
    """Where it stands; cancelled where whoever got it was erased meanwhile."""
    row = session.execute(select(Message.state, Message.why, Message.reported).where(Message.id == message)).one_or_none()
    return Seen(row.state, row.reported if row.state in ENDED and row.reported else row.why) if row else Seen("cancelled", "")


def call_off(session: Session, message: int) -> None:
    """Nobody waits for it any more: what did not leave yet stays."""
    session.execute(update(Message).where(Message.id == message, Message.state == "queued").values(state="cancelled"))


def _contact(session: Session, names: list[str]) -> str:
    """The contact behind a number, under whichever of its names it is known; a new one for somebody never heard of."""
    found = session.scalar(select(Phone.participant).where(Phone.phone_key.in_(names), Phone.ordinal == 0))
    if found is None:
        found = secrets.token_urlsafe(16)
        session.add(Phone(phone_key=names[0], ordinal=0, participant=found))
    return found
