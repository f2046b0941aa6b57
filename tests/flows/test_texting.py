"""One SMS: several answers, past notes, with decimals, all or nothing; notes that cost no message; help; what is not open."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flows import gsm
from flows.catalogue import Catalogue
from flows.dialog import Person
from flows.events import Answered
from flows.poll import Poll
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


def said(*messages: str, poll: Poll = POLL) -> dict[str, object]:
    """What was answered after these messages, by question."""
    dialog, person, answers = None, Person(), {}
    for message in messages:
        told = answer(dialog, person, Catalogue("1", (poll,), (poll,)), Turn(message, 1.8e9, 7, page_septets=459, by_sms=True))
        dialog, person = told.dialog, told.person
        answers |= {event.question: event.value for event in told.events if isinstance(event, Answered)}
    return answers


@pytest.mark.parametrize(
    "messages",
    [
        ("PUITS", "1", "2 10,5 4"),
        ("PUITS 2 10,5 4", "1"),  # held until the consent
        ("PUITS 2", "1", "10,5", "4"),
        ("PUITS", "1", "2", "10,5", "4"),
    ],
)
def test_several_answers_go_past_notes_and_keep_their_decimals(messages: tuple[str, ...]) -> None:
    assert said(*messages) == {"eau": "non", "somme": 10.5, "parts": 4}


@pytest.mark.parametrize("batch", ["7 10,5 4", "2 10,5 4 4", "2 10,5 beaucoup"])
def test_a_batch_with_one_part_that_is_no_answer_counts_nothing(batch: str) -> None:
    assert said("PUITS", "1", batch) == {}


PANNES = polls.poll(
    [
        ["select_multiple mal", "mal", "Qu'est-ce qui ne va pas?", "What is wrong?", "yes"],
        ["integer", "gens", "Combien de personnes?", "How many people?"],
    ],
    [["mal", name, label, label] for name, label in (("panne", "Une panne"), ("sale", "Eau sale"), ("loin", "Trop loin"))],
    keyword="PANNES",
)


@pytest.mark.parametrize(
    ("message", "answers"),
    [
        ("1 3 2", {"mal": ("panne", "sale", "loin")}),  # a list before it is three answers
        ("1,3 2", {"mal": ("panne", "sale", "loin")}),
        ("1,3 7", {"mal": ("panne", "loin"), "gens": 7}),
        ("1 7", {}),  # a slip in the list, or two answers
        ("1,7", {}),
    ],
)
@pytest.mark.parametrize("held", [True, False])
def test_numbers_for_a_question_of_several_choices_are_its_choices_first(message: str, answers: object, held: bool) -> None:
    assert said(*([f"PANNES {message}", "1"] if held else ["PANNES", "1", message]), poll=PANNES) == answers


NOTES = [
    ["note", "mot", "Quelques questions.", "A few questions."],
    ["note", "anonyme", "Sans votre nom.", "Without your name."],
    ["select_one yn", "eau", "De l'eau?", "Water?", "yes"],
    ["note", "oui", "Tant mieux.", "Good.", "", "${eau} = 'oui'"],
    ["note", "fin", "C'est tout.", "That is all."],
]


def replies(poll: Poll, *messages: str, now: float = 1.8e9) -> list[str]:
    """What was answered to each of these messages."""
    dialog, person, texts = None, Person(), []
    for message in messages:
        told = answer(dialog, person, Catalogue("1", (poll,), (poll,)), Turn(message, now, 7, page_septets=459, by_sms=True))
        dialog, person = told.dialog, told.person
        texts.append(told.reply.text if told.reply else "")
    return texts[-2:]


EVERY = (polls.poll(NOTES, polls.YES_NO, keyword="MOT"), polls.every_type(), polls.coming())
SAID = st.sampled_from(
    ["MOT", "MOT 2", "PROJET", "1", "2", "33", "#", "00", "0", "9", "oui", "1 2", "2,5", "AIDE", "LANGUE", "EFFACER", "STOP"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(SAID | st.text(max_size=20), max_size=15))
def test_it_never_raises_and_no_answer_takes_more_than_three_parts(messages: list[str]) -> None:
    dialog, person = None, Person()
    for message in messages:
        told = answer(dialog, person, Catalogue("1", EVERY, EVERY), Turn(message, 1.8e9, 7, page_septets=459, by_sms=True))
        dialog, person = told.dialog, told.person
        assert told.reply is None or gsm.segments(told.reply.text).parts <= 3


def test_notes_stand_above_the_question_and_above_the_thanks() -> None:
    poll = polls.poll(NOTES, polls.YES_NO, keyword="MOT")
    asked, thanked = replies(poll, "MOT", "1", "1")
    assert asked == "Quelques questions.\nSans votre nom.\nDe l'eau?\n1. Oui\n2. Non"
    assert thanked.startswith("Tant mieux.\nC'est tout.\nMerci")


def test_a_note_is_not_said_again_with_what_was_wrong() -> None:
    poll = polls.poll(NOTES, polls.YES_NO, keyword="MOT")
    assert replies(poll, "MOT", "1", "peut-être")[1] == "Réponse non comprise.\nDe l'eau?\n1. Oui\n2. Non"


def test_a_note_too_long_for_one_message_with_its_question_waits() -> None:
    long = [
        ["note", "long", "Voici ce que dit la loi. " * 17, "Law"],
        NOTES[0],
        ["text", "loi", "Qu'en dites-vous? " * 2, "And you?"],
    ]
    told, asked = replies(polls.poll(long, [], keyword="LOI"), "LOI", "1", "1")
    assert told.endswith("la loi.\nQuelques questions.\n1. Continuer")
    assert asked.startswith("Qu'en dites-vous?")


@pytest.mark.parametrize(
    ("now", "reply"),
    [
        (1796083199, "Cette consultation ouvre le 1/12/2026."),
        (1796083200, "demande votre avis: Le puits."),  # the first second of 1 December 2026, UTC
        (1798761599, "demande votre avis: Le puits."),
        (1798761600, "aucune consultation n'est ouverte"),  # the first of 2027
    ],
)
def test_a_poll_answers_to_its_keyword_on_its_days(now: float, reply: str) -> None:
    poll = polls.dated("puits", "6", opens="2026-12-01", closes="2026-12-31")
    assert reply in replies(poll, "PUITS", now=now)[-1]


def test_a_poll_that_closes_under_a_dialog_leaves_it_as_one_that_was_closed() -> None:
    poll = polls.dated("puits", "6", closes="2026-12-31")
    catalogue = Catalogue("1", (poll,), (poll,))
    before, after = (Turn("1", now, 7, page_septets=459, by_sms=True) for now in (1798761599, 1798761600))
    asked = answer(answer(None, Person(), catalogue, replace(before, typed="PUITS")).dialog, Person(), catalogue, before)
    late = answer(asked.dialog, asked.person, catalogue, after)
    assert late == answer(asked.dialog, asked.person, Catalogue("2"), after)
    assert late.events == ()
