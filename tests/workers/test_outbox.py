"""Messages go in their time, and a clock that was years off keeps none of them for years."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select

from workers import outbox
from workers.channels.africastalking import AfricasTalking
from workers.channels.base import Channel
from workers.database.models import Contact, Message
from workers.database.session import reading, writing
from workers.vault import Vault

VAULT = Vault((b"a key of the tests" * 2,))
HOUR, YEARS = timedelta(hours=1), timedelta(days=3650)


def state_after(engine: Engine, state: str, off: timedelta) -> str:
    """What becomes of a message in that state whose moments lie so far from now."""
    then = datetime.now(UTC) + off
    message = {
        "key": "k",
        "contact": "who",
        "channel": "demo",
        "text": "words",
        "state": state,
        "due_at": then,
        "moved_at": then,
    }
    with writing(engine) as session:
        session.execute(insert(Contact).values(id="who", sealed=b"no key opens this", last_at=then))
        session.execute(insert(Message).values(**message))
    outbox.give_up_on_stuck(engine)
    outbox.send_some(engine, VAULT, {"demo": AfricasTalking(Channel(name="demo", provider="africastalking", token="demo"))})
    with reading(engine) as session:
        return session.scalars(select(Message.state)).one()


@pytest.mark.parametrize(
    ("off", "state"),
    [
        (-HOUR, "failed"),  # it was tried: its key is gone
        (HOUR, "queued"),  # it waits for a second try
        (YEARS, "failed"),  # was queued under a clock that was ahead
        (-YEARS, "failed"),
    ],
)
def test_a_message_is_tried_when_it_is_due_or_was_due_by_a_clock_ahead(engine: Engine, off: timedelta, state: str) -> None:
    assert state_after(engine, "queued", off) == state


@pytest.mark.parametrize(
    ("off", "state"),
    [
        (-HOUR, "unknown"),
        (timedelta(0), "sending"),
        (YEARS, "unknown"),  # whoever sent it died before the clock was put right
    ],
)
def test_a_message_that_a_killed_worker_left_is_given_up(engine: Engine, off: timedelta, state: str) -> None:
    assert state_after(engine, "sending", off) == state
