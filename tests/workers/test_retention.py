"""What has an end comes to it, on its day and not before; answers and figures stay."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, func, insert, select

from flows.events import Answered, Consented, Skipped
from tests import records
from tests.records import CANARY, PEOPLE, Act, as_records, in_lanes
from workers import chain, retention, tallies
from workers.database.models import Answer, Base, Contact, DeadLetter, EarlyReport, Message, Payload, Phone, ProfileFact
from workers.database.session import reading, writing
from workers.dialogs import lane_key, seq_key
from workers.draining import Drainer

SAID = [Consented("retour", "1", "fr"), Answered("retour", "1", "mots", CANARY), Skipped("retour", "1", "absents")]
AT = datetime.fromtimestamp(as_records([Act(PEOPLE[0], SAID[0])])[0].at, UTC)
DAY = timedelta(days=1)


@pytest.fixture
def client(redis_url: str) -> Any:
    return redis.Redis.from_url(redis_url)


@pytest.fixture
def engine(engine: Engine, client: Any) -> Engine:
    """One person said something at `AT`, was answered by SMS, and something could not be read."""
    records.publish_all(engine)
    said = as_records([*(Act(PEOPLE[0], event) for event in SAID), Act(PEOPLE[0], Answered("nowhere", "1", "mots", "x"))])
    for lane, _, raw in in_lanes(said):
        client.xadd(lane_key(lane), {"e": raw}, id=f"{client.incr(seq_key(lane))}-1")
    drainer = Drainer(engine, client, margin=1000)
    while drainer.step(block=1):
        pass
    with writing(engine) as session:
        who = session.scalar(select(Phone.participant)) or ""
        session.execute(insert(Contact).values(id=who, sealed=b"sealed", last_at=AT))
        moments = {"due_at": AT, "moved_at": AT}
        session.execute(insert(Message).values(key="a", contact=who, channel="c", text="words", state="delivered", **moments))
        session.execute(insert(Message).values(key="b", contact=who, channel="c", text="waits", state="queued", **moments))
        session.execute(insert(EarlyReport).values(provider_id="p", state="delivered", at=AT))
        session.execute(DeadLetter.__table__.update().values(at=AT))  # type: ignore[attr-defined]
    return engine


def rows(engine: Engine, model: type[Base]) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def texts(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.scalars(select(Message.text).order_by(Message.id)))


def test_on_the_last_day_nothing_ends(engine: Engine, client: Any) -> None:
    assert set(retention.end(engine, client, AT + 30 * DAY).values()) == {0}
    assert (rows(engine, Payload), rows(engine, DeadLetter), texts(engine)) == (3, 1, ["words", "waits"])


def test_after_a_month_raw_words_go_and_the_words_of_an_answer_stay(engine: Engine, client: Any) -> None:
    retention.end(engine, client, AT + 31 * DAY)
    with reading(engine) as session:
        assert [CANARY.encode() in content for content in session.scalars(select(Payload.content))] == [True]
        assert (tallies.differences(session), list(chain.breaks(session))) == ({}, [])
    assert (rows(engine, DeadLetter), rows(engine, EarlyReport), texts(engine)) == (0, 0, ["", "waits"])
    assert sum(client.xlen(lane_key(lane)) for lane in range(16)) == 0
    assert (rows(engine, Contact), rows(engine, Phone)) == (1, 1)


def test_after_a_year_of_silence_nobody_can_be_found_and_what_they_said_counts(engine: Engine, client: Any) -> None:
    with reading(engine) as session:
        before = tallies.stored(session)
    retention.end(engine, client, AT + 366 * DAY)
    assert (rows(engine, Contact), rows(engine, Phone), rows(engine, Message)) == (0, 0, 0)
    with reading(engine) as session:
        assert tallies.stored(session) == before
    assert rows(engine, Answer) == 2
    assert rows(engine, ProfileFact)


def test_a_phone_that_was_heard_of_again_stays(engine: Engine, client: Any) -> None:
    later = as_records([Act(PEOPLE[0], Answered("eau", "1", "mots", "encore"))], "later")[0]
    assert later.at < (AT + DAY).timestamp()
    retention.end(engine, client, AT + 365 * DAY)
    assert rows(engine, Phone) == 1


def test_a_dry_run_says_what_would_end_and_changes_nothing(engine: Engine, client: Any) -> None:
    said = retention.due(engine, client, AT + 366 * DAY)
    assert min(said.values()) > 0
    assert rows(engine, Payload) == 3
    assert said == retention.end(engine, client, AT + 366 * DAY)
