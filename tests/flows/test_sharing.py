"""Who a phone's next caller is: nobody's answers are overwritten by somebody else's."""

import pytest

from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.engine import Step, advance
from flows.events import Answered, Crowded, Withdrawn
from flows.scene import Turn
from tests import polls

POLL = polls.poll(
    [
        ["select_one yn", "eau", "De l'eau?", "Water?", "yes"],
        ["integer", "puits", "Combien de puits?", "How many wells?", "", "${eau} = 'oui'"],
        ["text", "mot", "Un mot?", "A word?"],
    ],
    polls.YES_NO,
    form_id="eau",
)
OTHER = polls.radio()
DAY = 86_400


class Caller:
    """A phone that dials and types; `events` are all of its last session."""

    def __init__(self, *open_polls: object) -> None:
        self.catalogue = Catalogue("1", open_polls or (POLL,), open_polls or (POLL,))  # type: ignore[arg-type]
        self.step = Step(Dialog(), Person(), None, ())  # type: ignore[arg-type]
        self.now = 1.8e9

    def dials(self, *keys: str) -> "Caller":
        self.step = self._advance(None, None)
        self.events = self.step.events
        return self.types(*keys)

    def votes(self, choice: str, *keys: str) -> "Caller":
        """Dials as the radio says, for the poll whose `dial` is 3."""
        turn = Turn(None, self.now, 7, dialled=("3", choice))
        self.step = advance(None, self.step.person, self.catalogue, turn)
        self.events = self.step.events
        return self.types(*keys)

    @property
    def said(self) -> list[tuple[int, object]]:
        """Each person's ordinal, and what they voted."""
        return [(one.ordinal, one.polls["guichet"].answers["voix"]) for one in self.step.person.members]

    def types(self, *keys: str) -> "Caller":
        for key in keys:
            self.step = self._advance(self.step.dialog, key)
            self.events += self.step.events
        return self

    @property
    def page(self) -> str:
        return self.step.page.text

    def _advance(self, dialog: Dialog | None, typed: str | None) -> Step:
        return advance(dialog, self.step.person, self.catalogue, Turn(typed, self.now, 7))


def test_who_agreed_and_answered_nothing_leaves_no_trace_for_the_next() -> None:
    assert Caller().dials("1").dials("1").page.startswith("De l'eau?")


def test_a_phone_whose_first_caller_was_cut_off_asks_who_calls() -> None:
    caller = Caller().dials("1", "1").dials("1")
    assert caller.page == "Ce téléphone a déjà répondu.\n1. Une autre personne\n2. Reprendre\n0 Retour"
    caller.types("1", "2")
    assert [(member.ordinal, member.polls["eau"].answers) for member in caller.step.person.members] == [
        (1, {"eau": "oui"}),
        (2, {"eau": "non"}),
    ]


def _two_cut_off() -> Caller:
    """The first left off at the wells, the second a minute later at the word."""
    caller = Caller().dials("1", "1")
    caller.now += 60
    return caller.dials("1", "1", "2")


WHO = "Qui répond?\n1. Première personne\n2. Deuxième personne\n0 Retour"


@pytest.mark.parametrize("keys", [("2",), ("1", "2")])
@pytest.mark.parametrize(("person", "question"), [("1", "Combien de puits?"), ("deuxieme", "Un mot?")])
def test_each_of_two_who_were_cut_off_goes_on_where_they_were(keys: tuple[str, ...], person: str, question: str) -> None:
    caller = _two_cut_off().dials(*keys)
    assert caller.page == WHO
    assert caller.types(person).page.startswith(question)
    assert caller.step.dialog.ordinal == (1 if person == "1" else 2)


def test_whoever_is_back_keeps_their_number_and_the_last_one_is_not_asked() -> None:
    caller = _two_cut_off().dials("1", "1", "2", "#").dials("1", "1", "1")
    assert caller.dials("2").page == "Qui répond?\n1. Première personne\n2. Deuxième personne\n4. Quatrième personne\n0 Retour"
    assert caller.types("3").page.startswith("Réponse non comprise.")
    caller.types("1", "2", "#").dials("2", "2", "#").dials("2")
    assert (caller.page.split("\n")[0], caller.step.dialog.ordinal) == ("Combien de puits?", 4)


def test_after_fifteen_days_the_same_person_begins_anew_and_what_no_longer_holds_leaves_the_count() -> None:
    caller = Caller().dials("1", "1", "3")
    caller.now += 15 * DAY + 1
    caller.dials("1")
    assert caller.page == "Ce téléphone a déjà répondu.\n1. Une autre personne\n2. Recommencer\n0 Retour"
    caller.types("2", "2", "le puits")
    assert Withdrawn("eau", "1", "puits") in caller.events
    assert [member.ordinal for member in caller.step.person.members] == [1]


def test_each_of_two_may_begin_anew_after_fifteen_days() -> None:
    caller = _two_cut_off()
    caller.now += 15 * DAY + 1
    assert caller.dials("1", "2").page == WHO
    caller.types("1", "2", "#")
    assert Withdrawn("eau", "1", "puits") not in caller.events
    assert [(one.ordinal, one.polls["eau"].done) for one in caller.step.person.members] == [(1, True), (2, False)]
    assert caller.dials("1", "2").step.dialog.ordinal == 2


def test_one_may_go_on_while_another_can_only_begin_anew() -> None:
    caller = Caller().dials("1", "1")
    caller.now += 15 * DAY + 1
    caller.dials("1", "1", "2").dials("1")
    assert caller.page.split("\n")[1:4] == ["1. Une autre personne", "2. Reprendre", "3. Recommencer"]
    assert caller.types("3").step.dialog.ordinal == 1


def test_who_answered_another_poll_alone_is_taken_for_the_same_person() -> None:
    caller = Caller(POLL, OTHER).dials("1", "2", "#").dials("1")
    assert [(event.poll, caller.step.dialog.ordinal) for event in caller.events] == [("guichet", 1)]


def test_the_bare_code_leads_to_what_was_cut_off_before_anything_newer() -> None:
    caller = Caller(POLL).dials("1", "1")
    caller.catalogue = Catalogue("2", (OTHER, POLL), (OTHER, POLL))
    assert caller.dials("2").page.startswith("Combien de puits?")


def test_an_erased_phone_is_asked_nothing() -> None:
    caller = Caller().dials("1", "1").dials("00", "3")
    assert "effacer" in caller.page
    assert caller.types("1", "1").dials("1").page.startswith("De l'eau?")
    assert not any(isinstance(event, Answered) for event in caller.events)


def test_a_second_person_votes_by_radio_and_the_first_vote_stands() -> None:
    caller = Caller(OTHER).votes("1", "1").votes("2")
    assert caller.page.split("\n")[1:] == ["1. Changer mon vote", "2. Une autre personne", "0. Non"]
    assert caller.types("2").said == [(1, "oui"), (2, "non")]
    assert caller.votes("3", "1").page == WHO
    assert caller.types("2").said == [(1, "oui"), (2, "nsp")]


def test_whoever_answered_by_the_menu_is_not_taken_for_the_one_who_votes_by_radio() -> None:
    caller = Caller(OTHER).dials("1", "1", "34").votes("2", "oui")
    assert caller.events == ()
    assert caller.types("2").step.dialog.ordinal == 2
    assert caller.votes("3", "1", "1").said == [(1, "nsp"), (2, "non")]


def test_a_fifth_person_is_not_offered_a_vote() -> None:
    caller = Caller(OTHER).votes("1", "1").votes("1", "2").votes("1", "2").votes("1", "2").votes("2")
    assert caller.page.split("\n")[1:] == ["1. Changer mon vote", "0. Non"]
    assert caller.types("2").events == (Crowded("guichet"),)


def test_where_four_have_begun_no_other_person_is_offered_and_each_goes_on() -> None:
    caller = Caller().dials("1", "1")
    for _ in range(3):
        caller.dials("1", "1", "1")
    crowded = "Quatre personnes répondent déjà avec ce téléphone. Merci."
    assert caller.dials("1").page == f"{crowded}\n2. Reprendre\n0 Retour"
    assert caller.types("1").events == (Crowded("eau"),)
    assert caller.page == crowded
    assert caller.dials("1", "2", "4").step.dialog.ordinal == 4


def test_where_four_are_done_the_fifth_is_told_at_once() -> None:
    caller = Caller().dials("1", "2", "#")
    for _ in range(3):
        caller.dials("1", "1", "2", "#")
    assert caller.dials("1").events == (Crowded("eau"),)
    assert not caller.step.page.expects
