"""Messages of the tests, on their way to people who may be written to, or not."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select

from gateway.runtime import Runtime
from workers.channels.base import Provider
from workers.database.models import Contact, Message
from workers.database.session import reading, writing
from workers.keys.vault import Vault
from workers.messages.pace import Pace
from workers.messages.quiet_hours import quiet_until
from workers.messages.sending import Sender

VAULT = Vault((b"a key of the tests" * 2,))
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MALI = "+22370000001"
AWAKE = next(number for number in (MALI, "+687751234") if not quiet_until(number, datetime.now(UTC)))
"""Mali or New Caledonia: between them it is always day."""


def know(engine: Engine, who: str = "who", number: str = AWAKE, **facts: Any) -> None:
    """Somebody who agreed to messages, unless the facts say otherwise."""
    known = {"agreed": True, "last_at": NOON, **facts}
    with writing(engine) as session:
        session.execute(insert(Contact).values(id=who, sealed=VAULT.seal(number), **known))


def queue(engine: Engine, *texts: str, **columns: Any) -> None:
    """Messages that wait, due an hour ago; `kind="campaign"` makes each one of many."""
    then = datetime.now(UTC) - timedelta(hours=1)
    priority = int(columns.get("kind", "reply") != "reply")
    usual = {"contact": "who", "channel": "demo", "state": "queued", "priority": priority, "due_at": then, "moved_at": then}
    rows = [{**usual, "text": text, "key": secrets.token_hex(8), "reference": f"ref {text}", **columns} for text in texts]
    with writing(engine) as session:
        session.execute(insert(Message), rows)


def sender_of(runtime: Runtime, *providers: Provider) -> Sender:
    """What sends the messages of an installation, through these providers."""
    return Sender(runtime.engine, Pace(runtime.redis), lambda: runtime.vault, {one.channel.name: one for one in providers})


def send_all(sender: Sender) -> None:
    """Sends what is due, and waits for what becomes of it."""
    while sender.step():
        sender.finish()


def column(engine: Engine, name: str = "state", of: Any = Message) -> list[Any]:
    """One column of all messages, or of something else, in the order of their ids."""
    with reading(engine) as session:
        return list(session.scalars(select(getattr(of, name)).order_by(of.id)))
