"""A question whose choices depend on an answer: passed over where none is left, asked again where what was chosen is not shown."""

from flows.catalogue import Catalogue
from flows.dialog import Member, Person
from flows.engine import Step, advance
from flows.events import Answered, Event, Skipped, Withdrawn
from flows.scene import Turn
from tests import polls

CHOICES = [
    *(["cercles", name.lower(), name, name] for name in ("Kayes", "Kita", "Nioro")),
    *(["communes", "ambidedi", "Ambidédi", "Ambidédi", "kayes"], ["communes", "benkadi", "Benkadi", "Benkadi", "kita"]),
]
SURVEY = [
    ["select_one cercles", "cercle", "Quel cercle?", "Which cercle?"],
    ["select_one communes", "commune", "Quelle commune?", "Which commune?", "yes", "", "", "cercle = ${cercle}"],
    ["select_one yn", "eau", "De l'eau?", "Water?"],
]
POLL = polls.poll(SURVEY, [*CHOICES, *polls.YES_NO], form_id="cascade")
CATALOGUE = Catalogue("1", (POLL,), (POLL,))


def typed(*keys: str) -> tuple[str, list[Event]]:
    """What came of dialling, agreeing and these keys: the page, and what happened to answers."""
    step: Step = advance(None, Person(), CATALOGUE, Turn(None, 1.8e9, 7))
    happened: list[Event] = []
    for key in ("1", *keys):
        step = advance(step.dialog, step.person, CATALOGUE, Turn(key, 1.8e9, 7))
        happened += [event for event in step.events if isinstance(event, Answered | Skipped | Withdrawn)]
    return step.page.text, happened


def test_a_question_that_is_left_without_choices_is_passed_over_and_nothing_of_it_is_counted() -> None:
    page, happened = typed("3")
    assert page.startswith("De l'eau?")
    assert [event.question for event in happened] == ["cercle"]


def test_a_commune_known_from_another_poll_stays_where_this_one_has_no_choice_for_it() -> None:
    survey = [
        ["select_one sex", "sex", "Votre sexe?", "Your sex?", "", "", "", "", "", "yes"],
        ["select_one communes", "commune", "Quelle commune?", "Which?", "", "", "", "cercle = ${eau}", "", "yes"],
        ["select_one yn", "eau", "De l'eau?", "Water?"],
    ]
    choices = [["sex", "f", "Femme", "Woman"], ["communes", "kayes", "Kayes", "Kayes", "kayes"], *polls.YES_NO]
    catalogue = Catalogue("1", (asked := polls.poll(survey, choices, form_id="autre"),), (asked,))
    step = advance(None, Person(members=(Member(1, profile={"commune": "kayes"}),)), catalogue, Turn(None, 1.8e9, 7))
    for key in ("1", "1", "1"):
        step = advance(step.dialog, step.person, catalogue, Turn(key, 1.8e9, 7))
    assert step.person.members[0].profile == {"commune": "kayes", "sex": "f"}


def test_the_way_back_passes_it_over_too() -> None:
    assert typed("3", "0")[0].startswith("Quel cercle?")


def test_a_commune_of_another_cercle_than_the_one_now_given_is_withdrawn_and_asked_again() -> None:
    page, happened = typed("1", "1", "0", "0", "2")
    assert page.startswith("Quelle commune?\n1. Benkadi")
    assert happened[-1] == Withdrawn("cascade", "1", "commune")


def test_the_same_cercle_given_again_leaves_the_commune_as_it_was() -> None:
    page, happened = typed("1", "1", "0", "0", "1")
    assert page.startswith("De l'eau?")
    assert not any(isinstance(event, Withdrawn) for event in happened)
