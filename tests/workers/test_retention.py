"""What has an end comes to it, on its day and not before; answers and figures stay."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from msgspec.structs import replace
from sqlalchemy import Engine, func, insert, select, update

from flows.dialog import Member, Person, Progress
from flows.events import Answered, Consented, Skipped
from tests import records
from tests.records import CANARY, PEOPLE, Act, as_records, drain, lay
from workers import chain, housekeeping, retention
from workers.database.models import (
    Answer,
    Base,
    Contact,
    DeadLetter,
    EarlyReport,
    InboxRow,
    Message,
    OptOut,
    Payload,
    Phone,
    ProfileFact,
    Spending,
)
from workers.database.session import reading, writing
from workers.dialogs import Dialogs, Loaded, keys, lane_key, person_to_bytes
from workers.figures import tallies

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
    lay(client, said)
    drain(engine, client)
    with writing(engine) as session:
        who = session.scalar(select(Phone.participant)) or ""
        session.execute(insert(Contact).values(id=who, sealed=b"sealed", last_at=AT))
        moments = {"due_at": AT, "moved_at": AT}
        session.execute(insert(Message).values(key="a", contact=who, channel="c", text="words", state="delivered", **moments))
        session.execute(insert(Message).values(key="b", contact=who, channel="c", text="waits", state="queued", **moments))
        settled = {
            "event_key": "i",
            "contact": who,
            "channel": "c",
            "distress": False,
            "at": AT,
            "done_by": "awa",
            "done_at": AT,
        }
        session.execute(insert(InboxRow).values(words="words", **settled))
        session.execute(insert(EarlyReport).values(provider_id="p", state="delivered", at=AT))
        known_as = {"event_key": "e", "contact": who, "channel": "c", "at": AT}
        session.execute(insert(OptOut).values(stopped=True, said="STOP", **known_as))
        session.execute(insert(Spending).values(channel="c", day=AT.date().isoformat(), kind="reply", parts=3))
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
        assert session.scalars(select(InboxRow.words)).all() == [""]
    assert (rows(engine, DeadLetter), rows(engine, EarlyReport), texts(engine)) == (0, 0, ["", "waits"])
    assert sum(client.xlen(lane_key(lane)) for lane in range(16)) == 0
    assert [rows(engine, model) for model in (Contact, Phone, OptOut, InboxRow, Spending)] == [1] * 5


def test_after_a_year_of_silence_nobody_can_be_found_and_what_they_said_counts(engine: Engine, client: Any) -> None:
    with reading(engine) as session:
        before = tallies.stored(session)
    retention.end(engine, client, AT + 366 * DAY)
    assert [rows(engine, model) for model in (Contact, Phone, Message, OptOut, InboxRow, Spending)] == [0] * 6
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


def test_whoever_is_silent_for_a_year_is_gone_from_redis_too(engine: Engine, client: Any, redis_url: str) -> None:
    person = Person(members=(Member(1, polls={"retour": Progress("1", touched=int(AT.timestamp()))}),))
    dialogs, places = Dialogs(redis_url), keys(PEOPLE[0][0], "session")
    dialogs.commit(places, Loaded(b"", b"", 0), b"-", person_to_bytes(person), [])
    retention.end(engine, client, AT + 364 * DAY)
    assert dialogs.load(places).person
    retention.end(engine, client, AT + 366 * DAY)
    assert not dialogs.load(places).person


def say_at(engine: Engine, client: Any, *moments: datetime, who: tuple[str, int] = PEOPLE[-1], tag: str = "later") -> None:
    """Somebody's words, noted one after the other at moments of whatever clock."""
    said = as_records([Act(who, Skipped("retour", "1", "absents"))] * len(moments), tag)
    lay(client, [replace(record, at=moment.timestamp()) for record, moment in zip(said, moments, strict=True)])
    drain(engine, client)


BEHIND, AHEAD = datetime(1970, 1, 2, tzinfo=UTC), AT + 3650 * DAY


@pytest.mark.parametrize(
    ("moments", "days", "stays"),
    [
        ([AT + 20 * DAY], 40, True),  # it is young itself
        ([AT + 20 * DAY, BEHIND], 40, True),  # noted after something young
        ([AT + 1 * DAY, BEHIND, AT + 40 * DAY], 45, True),  # noted between something old and something young
        ([AT + 1 * DAY, BEHIND, AT + 2 * DAY, AT + 40 * DAY], 45, False),  # something old came after it
        ([AHEAD, AT + 1 * DAY, AT + 40 * DAY], 45, False),  # no word lasts for ten years because its clock was ahead
        ([AT + 20 * DAY, AHEAD], 40, True),
        ([AHEAD], 40, True),  # nothing says how old it is, until something else comes
    ],
)
def test_what_was_noted_under_a_wrong_clock_is_as_old_as_what_came_before_and_after(
    engine: Engine, client: Any, moments: list[datetime], days: int, stays: bool
) -> None:
    say_at(engine, client, *moments)
    retention.end(engine, client, AT + days * DAY)
    with reading(engine) as session:
        wrong = [number for number, moment in enumerate(moments) if moment in (BEHIND, AHEAD)] or [0]
        keys_left = set(session.scalars(select(Payload.event_key)))
    assert (f"later.{wrong[0]}.0" in keys_left) == stays


def test_a_phone_that_was_heard_under_a_clock_behind_stays(engine: Engine, client: Any) -> None:
    say_at(engine, client, AT + 300 * DAY)
    say_at(engine, client, BEHIND, who=PEOPLE[0], tag="behind")
    retention.end(engine, client, AT + 400 * DAY)
    assert (rows(engine, Phone), rows(engine, Contact)) == (2, 1)
    say_at(engine, client, AT + 320 * DAY, tag="last")
    retention.end(engine, client, AT + 700 * DAY)
    assert (rows(engine, Phone), rows(engine, Contact)) == (0, 0)


def test_a_number_that_was_written_to_under_a_clock_behind_stays_while_its_phone_is_heard(engine: Engine, client: Any) -> None:
    with writing(engine) as session:
        session.execute(update(Contact).values(last_at=BEHIND))
    retention.end(engine, client, AT + 365 * DAY)
    assert (rows(engine, Contact), texts(engine)) == (1, ["", "waits"])


def noted(client: Any, *days: int) -> None:
    for day in days:
        retention.note_night(client, AT + day * DAY)


@pytest.mark.parametrize(
    ("days", "now", "trusted"),
    [
        ([0], 0, False),  # a fresh installation
        (range(7), 6, True),
        ([*range(6), 5, 5], 5, False),  # one night noted three times
        (range(0, 14, 2), 13, True),  # every other night, as where the power is cut
        (range(7), 19, False),  # was off for a fortnight
        ([*range(7), 3650], 3650, False),  # jumped ahead
        ([*range(7), *range(3650, 3656)], 3655, False),  # and stayed there for six nights
        ([*range(7), *range(3650, 3657)], 3656, True),  # for seven: it is the time, or nobody looks after this server
        ([*range(7), 3650, 7], 7, True),  # and was put right
        ([*range(7), -20000], -20000, False),  # jumped back to 1970
        ([*range(7), *range(3650, 3656), 7, 3650], 3650, False),  # ahead again: what it noted there first is forgotten
    ],
)
def test_a_clock_is_trusted_once_it_noted_seven_of_fourteen_nights(client: Any, days: Any, now: int, trusted: bool) -> None:
    noted(client, *days)
    assert retention.is_clock_trusted(client, AT + now * DAY) == trusted


def test_the_nights_that_are_kept_are_few(client: Any) -> None:
    noted(client, *range(40))
    assert client.zcard(retention.NIGHTS) == 14


def test_the_nightly_job_ends_nothing_before_it_noted_a_week_of_nights(
    engine: Engine, client: Any, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALABRE_REDIS_URL", redis_url)
    monkeypatch.setenv("PALABRE_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    housekeeping.end_terms()
    assert (client.zcard(retention.NIGHTS), rows(engine, Payload)) == (1, 3)
    tonight = datetime.now(UTC)
    client.zadd(retention.NIGHTS, {f"night {n}": (tonight - n * DAY).date().toordinal() for n in range(1, 7)})
    housekeeping.end_terms()
    assert rows(engine, Payload) == 1
