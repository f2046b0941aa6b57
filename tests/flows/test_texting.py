"""Several answers in one SMS: past notes, with decimals, all or nothing."""

import pytest

from flows.catalogue import Catalogue
from flows.dialog import Person
from flows.events import Answered
from flows.scene import Turn
from flows.texting import answer
from tests import polls

POLL = polls.poll(
    [
        ["note", "mot", "Quelques questions.", "A few questions."],
        ["select_one yn", "eau", "De l'eau?", "Water?", "yes"],
        ["decimal", "somme", "Combien?", "How much?", "yes"],
        ["note", "merci", "Encore une.", "One more."],
        ["integer", "parts", "Combien de personnes?", "How many people?", "yes"],
    ],
    polls.YES_NO,
    form_id="puits",
    form_title="Le puits",
    keyword="PUITS",
)
CATALOGUE = Catalogue("1", (POLL,), (POLL,))


def said(*messages: str) -> dict[str, object]:
    """What was answered after these messages, by question."""
    dialog, person, answers = None, Person(), {}
    for message in messages:
        told = answer(dialog, person, CATALOGUE, Turn(message, 1.8e9, 7, page_septets=459, by_sms=True))
        dialog, person = told.dialog, told.person
        answers |= {event.question: event.value for event in told.events if isinstance(event, Answered)}
    return answers


@pytest.mark.parametrize(
    "messages",
    [
        ("PUITS", "1", "2 10,5 4"),  # on the note itself
        ("PUITS", "1", "1", "2 10,5 4"),
        ("PUITS 2 10,5 4", "1"),  # held until the consent
        ("PUITS", "1", "1", "2", "10,5", "1", "4"),
    ],
)
def test_several_answers_go_past_notes_and_keep_their_decimals(messages: tuple[str, ...]) -> None:
    assert said(*messages) == {"eau": "non", "somme": 10.5, "parts": 4}


@pytest.mark.parametrize("batch", ["7 10,5 4", "2 10,5 4 4", "2 10,5 beaucoup"])
def test_a_batch_with_one_part_that_is_no_answer_counts_nothing(batch: str) -> None:
    assert said("PUITS", "1", "1", batch) == {}
