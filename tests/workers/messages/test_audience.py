"""Whom a campaign goes to, on both databases; and that nobody gets it twice, whatever is killed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from flows.events import Agreed, Answered, Consented, Erased, Event, Finished, Inferred, OptedOut
from flows.phrases import BUILT_IN
from tests.records import EAU, Act, as_records, feed, in_lanes, publish_all
from workers.channels.base import Channel
from workers.database.models import Contact, Message
from workers.database.session import reading, writing
from workers.messages import audience, campaigns, holding, outbox, starting
from workers.messages.audience import Audience
from workers.messages.campaigns import Plan, Refused
from workers.privacy import phone_key

CHANNELS = (
    Channel(name="kayes", provider="africastalking", token="one", service_codes=("*384*36#",)),
    Channel(name="paris", provider="africastalking", token="two", short_code="36036"),
)
NAMES = [channel.name for channel in CHANNELS]


def people() -> Iterator[tuple[int, list[Event], list[Event]]]:
    """(number, what the person says, what acts on the number), forty of them."""
    for one in range(40):
        said: list[Event] = [Consented("eau", "1", "fr"), Inferred("cercle", ("kayes", "kita", "nioro", "kita")[one % 4])]
        said += [Answered("eau", "1", "residence", ("village", "diaspora")[one % 2], profile=True)]
        said += [Answered("eau", "1", "priorite", "terre")] if one < 20 else []
        said += [Finished("eau", "1", "ACDE")] if one < 5 else []
        number: list[Event] = [Agreed("en" if one == 7 else "fr", b"sealed")] if one != 1 else []
        number += [OptedOut("STOP", b"sealed")] if one == 2 else [Erased()] if one == 3 else []
        yield one, said, number


@pytest.fixture
def crowd(engine: Engine) -> Engine:
    """Forty phones: 1 never said yes to messages, 2 said STOP, 3 erased itself, nothing reaches 4; 0 is shared by two."""
    publish_all(engine)
    acts = []
    for one, said, number in people():
        phone, channel = phone_key(f"+22370{one:06d}", b"a key of the tests"), "paris" if one % 10 == 9 else "kayes"
        acts += [Act((phone, 1), event, channel) for event in said] + [Act((phone, 0), event, channel) for event in number]
        acts += [Act((phone, 2), Inferred("cercle", "diema"), channel)] if one == 0 else []
    feed(engine, in_lanes(as_records(acts)))
    with writing(engine) as session:
        unreached = select(Contact.id).order_by(Contact.id).limit(1)
        session.execute(update(Contact).where(Contact.id.in_(unreached)).values(failures=outbox.SET_ASIDE))
    return engine


def size(engine: Engine, **whom: Any) -> int:
    with reading(engine) as session:
        return sum(audience.people(session, Audience(**whom), NAMES, "", at_most=1000).values())


def test_an_audience_is_whoever_agreed_and_fits(crowd: Engine) -> None:
    everybody = size(crowd)
    assert everybody == 40 - 4
    with reading(crowd) as session:
        assert audience.set_aside(session) == 1
        by = audience.broken_down(session, Audience(), NAMES, "", "cercle")
    assert sum(by.values()) == everybody
    assert by == {value: size(crowd, strata={"cercle": (value,)}) for value in ("kayes", "kita", "nioro")}
    assert size(crowd, strata={"cercle": ("kayes", "nioro")}) == by["kayes"] + by["nioro"]
    assert size(crowd, strata={"cercle": ("kayes",), "residence": ("diaspora",)}) == 0, "the same person"
    assert size(crowd, strata={"cercle": ("diema",)}) <= 1, "the second person of a phone"
    assert size(crowd, channels=("paris",)) + size(crowd, channels=("kayes",)) == everybody
    begun = {state: size(crowd, poll="eau", state=state) for state in ("unbegun", "halfway", "answered")}
    assert sum(begun.values()) == everybody
    assert begun["answered"] <= 2
    assert begun["unbegun"] in (19, 20)
    assert size(crowd, poll="eau", state="halfway", idle_hours=24) == begun["halfway"]
    with reading(crowd) as session:
        assert sum(audience.people(session, Audience(), ["elsewhere"], "", at_most=1000).values()) == 0
        assert sum(audience.people(session, Audience(), NAMES, "", at_most=7).values()) == 7


def test_a_sample_is_the_same_for_the_same_seed_and_keeps_its_quotas(crowd: Engine) -> None:
    def drawn(**whom: Any) -> list[str]:
        with reading(crowd) as session:
            return sorted(one.contact for one in audience.members(session, Audience(**whom), NAMES, "", {}))

    assert len(drawn(sample=10, seed=1)) == 10
    assert drawn(sample=10, seed=1) == drawn(sample=10, seed=1) != drawn(sample=10, seed=2)
    with reading(crowd) as session:
        whom = Audience(by="cercle", quotas={"kayes": 3, "nioro": 2})
        assert audience.broken_down(session, whom, NAMES, "", "cercle") == {"kayes": 3, "nioro": 2}


class Killed(Exception):
    pass


def plan(**whom: Any) -> Plan:
    """To all of these, at once."""
    return Plan("L'eau", {"fr": "Votre avis?", "en": "Your view?"}, Audience(**whom), datetime.now(UTC), 336, "")


def started(engine: Engine, made: Plan) -> int:
    with writing(engine) as session:
        number = campaigns.write(session, made, "awa", CHANNELS, BUILT_IN)
        digest = campaigns.digest_of(campaigns.plan_of(campaigns.get(session, number)))
        campaigns.approve(session, number, digest, "moussa", CHANNELS)
    return number


def count(engine: Engine, *where: Any) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(Message).where(*where)) or 0


@pytest.mark.parametrize("whom", [{}, {"sample": 20}, {"by": "cercle", "quotas": {"kita": 9, "kayes": 3}}])
def test_who_queues_may_be_killed_and_nobody_gets_it_twice(
    crowd: Engine, whom: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "BATCH", 5)
    number, wanted = started(crowd, plan(**whom)), size(crowd, **whom)
    assert starting._due(crowd) == [number]

    def dies() -> None:
        raise Killed

    for _ in range(3):
        with pytest.raises(Killed):
            starting.queue_up(crowd, number, CHANNELS, dies)
        with writing(crowd) as session:  # whoever was drawn and queued leaves the audience meanwhile
            session.execute(update(Contact).where(Contact.id.in_(select(Message.contact))).values(failures=outbox.SET_ASIDE))
    starting.queue_up(crowd, number, CHANNELS)
    assert count(crowd) == wanted
    assert starting._due(crowd) == []


def test_whoever_was_reminded_of_a_poll_is_not_reminded_again(crowd: Engine) -> None:
    wanted = size(crowd, poll="eau", state="halfway")
    for _ in range(2):
        number = started(crowd, plan(poll="eau", state="halfway"))
        assert number in starting._due(crowd)
        starting.queue_up(crowd, number, CHANNELS)
        assert count(crowd) == wanted > 10
    with writing(crowd) as session:
        holding.cancel(session, 1)
    third = started(crowd, plan(poll="eau", state="halfway"))
    starting._due(crowd)
    starting.queue_up(crowd, third, CHANNELS)
    assert count(crowd, Message.state == "queued") == wanted, "what was cancelled unsent reminded nobody"


def test_what_is_queued_after_a_pause_waits_too(crowd: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "BATCH", 5)
    number = started(crowd, plan())
    starting._due(crowd)

    def pauses() -> None:
        with writing(crowd) as session:
            holding.pause(session, number, CHANNELS, "kita")

    starting.queue_up(crowd, number, CHANNELS, pauses)
    assert count(crowd, Message.held) == count(crowd, Message.place == "kita") > 0
    with writing(crowd) as session:
        holding.cancel(session, number)
    with reading(crowd) as session:
        row = campaigns.get(session, number)
        assert (row.state, row.queued_at is not None) == ("cancelled", True)


def test_a_channel_on_which_nobody_could_answer_is_refused_by_its_name(crowd: Engine) -> None:
    with writing(crowd) as session, pytest.raises(Refused) as why:
        there = Plan("L'eau", {"fr": "Votre avis: {code}"}, Audience(), datetime.now(UTC), 1, EAU.slug)
        campaigns.write(session, there, "awa", CHANNELS, BUILT_IN)
    assert (why.value.why, why.value.what) == ("no_way", "paris")
