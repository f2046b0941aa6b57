"""The staff's pages as a browser asks for them."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from flows.events import Answered, Inferred
from flows.poll import Choice, Poll, Question
from gateway.app import create_app
from gateway.runtime import Runtime
from tests.desk import signed_in
from tests.records import Act, as_records, feed, in_lanes
from workers import publication
from workers.database.session import writing
from workers.privacy import phone_key

CERCLE = Question("cercle", "select_one", {"fr": "Où?"}, choices=(Choice("kayes", {"fr": "Kayes-ville"}),), profile=True)
WATER = Question("eau", "select_one", {"fr": "De l'eau?"}, choices=(Choice("oui", {"fr": "Oui"}),))
POLL = Poll("puits", {"fr": "Puits"}, (WATER, CERCLE), ("fr",), strata=("cercle", "country"))


@pytest.fixture
def page(runtime: Runtime) -> Callable[[str], str]:
    """A page as staff see it; two people answered: one of Kayes, one whose number is of Mauritania."""
    with writing(runtime.engine) as session:
        publication.publish(session, POLL)
    people = [(phone_key(f"+2227000000{n}", b"a key of the tests"), 1) for n in range(2)]
    said = [(person, Answered("puits", "1", "eau", "oui")) for person in people]
    facts = [(people[0], Answered("puits", "1", "cercle", "kayes", profile=True)), (people[1], Inferred("country", "mr"))]
    feed(runtime.engine, in_lanes(as_records([Act(person, event) for person, event in [*said, *facts]])), batch=100)

    def get(address: str) -> str:
        return signed_in(runtime).get(address).get_data(as_text=True)

    return get


def test_a_country_that_the_form_does_not_list_is_named_in_french(page: Callable[[str], str]) -> None:
    assert "Mauritanie" in page("/staff/polls/puits?by=country")


def test_a_cercle_is_called_as_the_form_says_and_marked_outside_the_perimeter(
    page: Callable[[str], str], runtime: Runtime
) -> None:
    shown = page("/staff/polls/puits?by=cercle")
    assert "Kayes-ville" in shown
    assert "hors périmètre" not in shown
    runtime.settings = replace(runtime.settings, perimeter=("kita",))
    assert "Kayes-ville (hors périmètre)" in page("/staff/polls/puits?by=cercle")


def test_a_name_that_was_guessed_at_under_a_clock_ahead_waits_a_quarter_of_an_hour_and_no_longer(runtime: Runtime) -> None:
    runtime.redis.set("palabre:sign-in:awa", 10, ex=10 * 365 * 24 * 3600)
    answer = create_app(runtime).test_client().post("/staff/sign-in", data={"name": "awa", "password": "x"})
    assert answer.status_code == 429
    assert 0 < runtime.redis.ttl("palabre:sign-in:awa") <= 900
