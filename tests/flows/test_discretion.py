"""Resuming a discreet poll: five guesses at the code in all, and what is no guess is not counted as one."""

import pytest

from flows.catalogue import Catalogue
from flows.dialog import Dialog, Member, Person, Progress
from flows.engine import Step, advance
from flows.scene import Turn
from tests import polls

POLL = polls.discreet()
CATALOGUE = Catalogue("1", (POLL,), (POLL,))
LEFT = Progress(POLL.version, {"route": "oui"}, question="peur", touched=1_799_999_000, resume_code="320")


def asked(typed: str, person: Person | None = None) -> Step:
    """What came of one reply to the question for the code."""
    person = person or Person(members=(Member(1, polls={"discret": LEFT}),))
    return advance(Dialog("discretion", "fr", "discret", POLL.version), person, CATALOGUE, Turn(typed, 1.8e9, 7))


@pytest.mark.parametrize("typed", ["320", "3 20", " 3-2-0 ", "code 320", "CODE: 320.", "٣٢٠"])
def test_the_code_is_read_as_people_write_it(typed: str) -> None:
    assert asked(typed).page.text.startswith("Avez-vous peur")


@pytest.mark.parametrize("typed", ["", "#", "9", "20", "3201", "320 ou 321", "je ne sais plus"])
def test_what_is_no_code_is_no_guess(typed: str) -> None:
    step = asked(typed)
    assert (step.dialog.menu, step.person.wrong_codes, step.dialog.tries) == ("discretion", 0, 0)


def test_zero_goes_back_and_is_no_guess() -> None:
    assert (asked("0").dialog.menu, asked("0").person.wrong_codes) == ("welcome", 0)


def test_five_wrong_codes_end_resuming_even_with_the_right_one() -> None:
    person = asked("321").person
    for _ in range(4):
        person = asked("321", person).person
    assert person.wrong_codes == 5
    assert asked("320", person).page.text.startswith("Code inconnu.")
