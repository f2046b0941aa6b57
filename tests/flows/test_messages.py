"""Whether messages may come: asked once, where it means something, and never where it would give somebody away."""

import pytest
from msgspec import msgpack

from flows.catalogue import Catalogue
from flows.dialog import Person
from flows.engine import Step, advance
from flows.events import Agreed, Declined, Event, Finished
from flows.poll import Poll
from flows.scene import Turn
from tests import polls

ASKS = "Voulez-vous des SMS de EMDK"
POLL = polls.radio()
NOBODY = Person()


def calls(*keys: str, poll: Poll = POLL, person: Person = NOBODY, can_text: bool = True, septets: int = 160) -> list[Step]:
    """Every turn of one call."""
    catalogue, dialog = Catalogue("1", (poll,), (poll,)), None
    steps: list[Step] = []
    for typed in (None, *keys):
        steps.append(advance(dialog, person, catalogue, Turn(typed, 1.8e9, 7, page_septets=septets, can_text=can_text)))
        dialog, person = steps[-1].dialog, steps[-1].person
    return steps


def agreed(steps: list[Step]) -> list[Event]:
    return [event for step in steps for event in step.events if isinstance(event, Agreed | Declined)]


@pytest.mark.parametrize(
    ("typed", "events", "kept"),
    [
        ("1", [Agreed("fr")], "yes"),
        ("Oui", [Agreed("fr")], "yes"),
        ("0", [], "no"),
        ("non", [], "no"),
        ("#", [], "no"),
        ("passer", [], "no"),
    ],
)
def test_it_is_asked_after_the_last_question_and_the_code_follows(typed: str, events: list[Event], kept: str) -> None:
    *_, last, asked, end = calls("1", "1", "#", typed)[1:]
    code = next(event.code for event in asked.events if isinstance(event, Finished))
    assert ASKS in asked.page.text
    assert f"code: {code}" in asked.page.text
    assert (end.page.expects, code in end.page.text) == (False, True)
    assert (agreed([last, asked, end]), end.person.messages) == (events, kept)


def test_whoever_answered_is_not_asked_again_and_whoever_was_cut_off_is() -> None:
    for typed, again in (("1", False), ("0", False), ("hm", True)):
        known = calls("1", "1", "#", typed)[-1].person
        assert (ASKS in calls("1", "1", "1", "#", person=known)[-1].page.text) is again


@pytest.mark.parametrize(
    ("person", "poll", "can_text"),
    [
        (Person(stopped=True), POLL, True),  # START alone brings them back
        (NOBODY, polls.discreet(), True),  # a message could tell who took part
        (NOBODY, POLL, False),  # nothing could be sent
    ],
)
def test_it_is_not_asked(person: Person, poll: Poll, can_text: bool) -> None:
    end = calls("1", "1", "1", "#", poll=poll, person=person, can_text=can_text)[-1]
    assert (end.dialog.menu, end.person.messages) == ("farewell", "")


def test_who_consents_by_sms_agreed_and_is_not_asked_by_ussd() -> None:
    catalogue = Catalogue("1", (POLL,), (POLL,))
    asked = advance(None, Person(), catalogue, Turn(None, 1.8e9, 7, by_sms=True))
    known = advance(asked.dialog, asked.person, catalogue, Turn("1", 1.8e9, 7, by_sms=True)).person
    assert calls("1", "1", "#", person=known)[-1].dialog.menu == "farewell"


def test_a_no_is_a_no_on_a_second_page_too() -> None:
    *_, asked, turned, end = calls("1", "1", "#", "9", "0", septets=80)
    assert (asked.dialog.page, turned.dialog.page, turned.page.text[-6:]) == (0, 1, "0. Non")
    assert (end.dialog.ended, end.person.messages) == (True, "no")


@pytest.mark.parametrize(("dialled", "menu"), [((), "welcome"), (("3", "1"), "radio")])
def test_so_it_is_on_the_first_page_of_a_poll_and_of_a_vote(dialled: tuple[str, ...], menu: str) -> None:
    catalogue, dialog, steps = Catalogue("1", (POLL,), (POLL,)), None, []
    for typed in (None, "9", "0"):
        steps.append(advance(dialog, NOBODY, catalogue, Turn(typed, 1.8e9, 7, dialled=dialled, page_septets=70)))
        dialog = steps[-1].dialog
    _, turned, end = steps
    assert (turned.dialog.menu, turned.dialog.page) == (menu, 1)
    assert end.page.text.startswith("D'accord. Rien n'est gardé.")


@pytest.mark.parametrize(
    ("before", "typed", "events"),
    [
        ("yes", "0", [Declined()]),
        ("no", "0", []),
        ("", "0", []),
        ("no", "1", [Agreed("fr")]),
    ],
)
def test_the_settings_say_yes_and_take_it_back(before: str, typed: str, events: list[Event]) -> None:
    steps = calls("00", "3", "2", typed, person=Person(messages=before))  # type: ignore[arg-type]
    assert (agreed(steps), steps[-1].dialog.menu, steps[-1].dialog.question) == (events, "settings", "")
    assert ASKS in steps[-2].page.text


def test_the_settings_offer_it_to_nobody_who_said_stop() -> None:
    assert "Recevoir des SMS" not in calls("00", "3", person=Person(stopped=True))[-1].page.text


def test_a_person_who_was_stored_before_was_not_asked() -> None:
    kept = msgpack.encode(["fr", "ml", [], 0, False])
    assert msgpack.decode(kept, type=Person).messages == ""
