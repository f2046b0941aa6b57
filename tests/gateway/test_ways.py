"""The codes that are printed for posters and the radio, and that each leads where it says."""

import pytest

from flows.catalogue import Catalogue
from flows.dialog import Person
from flows.engine import advance
from flows.phrases import BUILT_IN
from flows.scene import Turn
from gateway import ways
from tests import polls
from workers.channels.base import Channel

KAYES = Channel("kayes", "africastalking", "t", service_codes=("*384*36#",), short_code="36036")
RADIO = [
    "  channel kayes: dial *384*36*3#",
    "    in Français: *384*36*01*3#",
    "    in English: *384*36*02*3#",
    "    to vote for D'accord: *384*36*3*1#",
    "    to vote for Pas d'accord: *384*36*3*2#",
    "    to vote for Je ne sais pas: *384*36*3*3#",
]


def test_each_language_and_each_choice_of_a_radio_poll_has_its_code() -> None:
    assert ways.ways_to(polls.radio(), [KAYES], BUILT_IN) == RADIO


def test_a_poll_that_the_radio_does_not_read_has_no_code_for_a_choice_but_a_word_where_it_has_a_keyword() -> None:
    told = ways.ways_to(polls.every_type(), [KAYES], BUILT_IN)
    assert not any("to vote" in line for line in told)
    assert told[-1] == "  channel kayes: text PROJET to 36036"


@pytest.mark.parametrize(
    ("line", "page"),
    [
        *((1, "EMDK demande"), (2, "EMDK asks"), (3, "EMDK: vous votez 1: D'accord")),
        *((4, "EMDK: vous votez 2: Pas d'accord"), (5, "EMDK: vous votez 3: Je ne sais pas")),
    ],
)
def test_a_printed_code_leads_where_it_says(line: int, page: str) -> None:
    dialled = RADIO[line].rpartition("*384*36*")[2].removesuffix("#").split("*")
    catalogue = Catalogue("1", (polls.radio(),), (polls.radio(),), "EMDK")
    assert advance(None, Person(), catalogue, Turn(None, 1.8e9, 7, tuple(dialled))).page.text.startswith(page)
