"""Whom the database does not know is let go of at night, and nobody else, whatever comes in between."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from flows.dialog import Member, Person, Progress
from flows.events import Answered, OptedOut
from tests import records
from tests.records import PEOPLE, PHONES, Act, as_records, drain, lay
from workers import strangers
from workers.dialogs import Dialogs, Keys, Loaded, keys, person_from_bytes, person_to_bytes
from workers.lanes import epoch_of
from workers.privacy import lane_of

NOW = datetime(2027, 6, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
LONG_AGO, LATELY, IN_THE_FUTURE = (int((NOW + one).timestamp()) for one in (-2 * YEAR, -YEAR / 2, YEAR))
KNOWN, UNKNOWN = PHONES[0], PHONES[0][0] + "f" * 31
"""Two phones of one lane; the database knows the first."""


@pytest.fixture
def engine(engine: Engine, client: Any) -> Engine:
    """One phone said something long ago, and it was taken in."""
    records.publish_all(engine)
    lay(client, as_records([Act(PEOPLE[0], Answered("retour", "1", "priorite", "emploi"))]))
    drain(engine, client)
    return engine


@pytest.fixture
def dialogs(redis_url: str) -> Dialogs:
    return Dialogs(redis_url)


def somebody(touched: int, stopped: bool = False) -> Person:
    return Person(language="fr", members=(Member(1, polls={"retour": Progress("1", touched=touched)}),), stopped=stopped)


def write(dialogs: Dialogs, phone: str, person: Person, *events: bytes) -> Keys:
    places = keys(phone, "session")
    assert dialogs.commit(places, dialogs.load(places), b"-", person_to_bytes(person), list(events))
    return places


def kept(dialogs: Dialogs, places: Keys) -> Person | None:
    found = dialogs.load(places).person
    return person_from_bytes(found) if found else None


def night(engine: Engine, client: Any) -> int:
    return strangers.let_go(engine, client, NOW - YEAR, NOW)


@pytest.mark.parametrize(
    ("phone", "person", "stays"),
    [
        (KNOWN, somebody(LONG_AGO), somebody(LONG_AGO)),  # the database says when they were silent for long enough
        (UNKNOWN, somebody(LONG_AGO), None),
        (UNKNOWN, somebody(LATELY), somebody(LATELY)),  # a phone of ours, or a database that is not theirs
        (UNKNOWN, somebody(IN_THE_FUTURE), None),  # under a clock that was ahead: it says nothing
        (UNKNOWN, Person(language="en"), None),  # chose a language, agreed to nothing
        (UNKNOWN, somebody(LONG_AGO, stopped=True), Person(stopped=True)),  # only START takes a STOP back
        (UNKNOWN, Person(stopped=True), Person(stopped=True)),
    ],
)
def test_only_a_stranger_who_did_nothing_lately_goes_and_their_stop_stays(
    engine: Engine, client: Any, dialogs: Dialogs, phone: str, person: Person, stays: Person | None
) -> None:
    places = write(dialogs, phone, person)
    assert night(engine, client) == int(stays != person)
    assert kept(dialogs, places) == stays
    assert night(engine, client) == 0
    assert client.ttl(places.person) in (-1, -2)


def test_what_cannot_be_read_is_left_alone(engine: Engine, client: Any) -> None:
    client.set(keys(UNKNOWN, "").person, b"of a newer Palabre")
    assert night(engine, client) == 0


def test_nobody_goes_while_something_in_their_lane_was_not_taken_in(engine: Engine, client: Any, dialogs: Dialogs) -> None:
    places = write(dialogs, UNKNOWN, somebody(LONG_AGO), b"an event on its way")
    assert night(engine, client) == 0
    drain(engine, client)
    assert night(engine, client) == 1
    assert kept(dialogs, places) is None


def test_nobody_goes_while_their_lane_was_not_read_since_redis_started(engine: Engine, client: Any, dialogs: Dialogs) -> None:
    write(dialogs, UNKNOWN, somebody(LONG_AGO))
    client.delete("palabre:epoch")
    epoch_of(client)
    assert night(engine, client) == 0


def test_nobody_goes_from_a_lane_that_lost_its_counter(engine: Engine, client: Any, dialogs: Dialogs) -> None:
    client.delete(write(dialogs, UNKNOWN, somebody(LONG_AGO)).seq)
    assert night(engine, client) == 0


def test_who_stopped_and_is_known_keeps_everything(engine: Engine, client: Any, dialogs: Dialogs) -> None:
    lay(client, as_records([Act((UNKNOWN, 0), OptedOut("STOP"))], "stop"))
    drain(engine, client)
    places = write(dialogs, UNKNOWN, somebody(LONG_AGO, stopped=True))
    assert night(engine, client) == 0
    assert kept(dialogs, places) == somebody(LONG_AGO, stopped=True)


@pytest.mark.parametrize(
    ("phone", "says"),
    [
        (UNKNOWN, somebody(LATELY)),
        (UNKNOWN, somebody(LONG_AGO)),  # says something and is what they were: their lane tells
        (KNOWN, somebody(LATELY)),  # a neighbour: too careful, and only until another night
    ],
)
def test_who_speaks_between_the_look_and_the_deletion_stays(
    engine: Engine, client: Any, dialogs: Dialogs, phone: str, says: Person
) -> None:
    places = write(dialogs, UNKNOWN, somebody(LONG_AGO))
    event.listen(engine, "before_cursor_execute", lambda *_: write(dialogs, phone, says, b"said meanwhile"), once=True)
    assert night(engine, client) == 0
    assert kept(dialogs, places) is not None


def test_a_thousand_strangers_go_and_a_thousand_known_people_stay(engine: Engine, client: Any, dialogs: Dialogs) -> None:
    known = [f"{n % 16:x}{n:029x}aa" for n in range(1000)]
    lay(client, as_records([Act((phone, 1), Answered("retour", "1", "priorite", "terre")) for phone in known], "many"))
    drain(engine, client)
    assert {lane_of(phone) for phone in known} == set(range(16))
    for phone in (*known, *(f"{phone[:30]}bb" for phone in known)):
        write(dialogs, phone, somebody(LONG_AGO))
    assert night(engine, client) == 1000
    assert all(dialogs.load(keys(phone, "session")) != Loaded(b"-", b"", 0) for phone in known)
