"""A campaign that nobody paused says what it waits for: tomorrow's budget, or the morning."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from tests.outgoing import MALI, NOON, VAULT, know, queue
from workers.channels.base import Channel
from workers.database.models import Campaign
from workers.database.session import reading, writing
from workers.messages import claiming, progress
from workers.messages.outbox import TO_MANY
from workers.messages.waits import Waits, waits

FRUGAL = Channel(name="demo", provider="africastalking", token="demo", daily_parts=4)
DAY = timedelta(days=1)
NIGHT = NOON + timedelta(hours=10)


def claims(engine: Engine, now: datetime) -> Waits:
    """What campaign 1 waits for once a sender took what may go."""
    claiming.claim(engine, VAULT, FRUGAL, TO_MANY, now, 9)
    return seen(engine, 1, now)


def seen(engine: Engine, number: int, now: datetime) -> Waits:
    with reading(engine) as session:
        return waits(session, number, [FRUGAL], now)


def stamped(engine: Engine) -> str:
    with reading(engine) as session:
        return progress.stamp(session, 1, [FRUGAL])


def test_a_campaign_waits_for_tomorrows_budget_and_for_the_morning(engine: Engine) -> None:
    know(engine, number=MALI)
    texts = {"name": "Le retour", "texts": "{}", "audience": "{}"}
    with writing(engine) as session:
        session.add(Campaign(**texts, state="running", starts_at=NOON, hours=1, written_by="awa", written_at=NOON))
    early = {"due_at": NOON - DAY, "moved_at": NOON - DAY}
    queue(engine, "a", "b", "c", kind="campaign", campaign=1, parts=2, **early)
    queue(engine, "paused", kind="campaign", campaign=2, held=True, **early)
    assert seen(engine, 1, NOON).spent == ()
    bought = claims(engine, NOON)  # two of the three parts that campaigns may cost: the next message takes two
    assert (bought.spent, bought.tomorrow, bought.asleep) == (("demo",), datetime(2026, 11, 25, tzinfo=UTC), 0)
    assert seen(engine, 2, NOON).spent == ()
    assert seen(engine, 1, NOON + DAY).spent == ()
    before = stamped(engine)
    night = claims(engine, NIGHT + DAY)
    assert stamped(engine) != before, "its page is shown anew"
    assert (night.spent, night.asleep, night.morning) == ((), 2, datetime(2026, 11, 26, 8, tzinfo=UTC))
    assert claims(engine, NOON + 2 * DAY).asleep == 0
