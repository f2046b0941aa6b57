"""Who a phone's next caller is: nobody's answers are overwritten by somebody else's."""

from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.engine import Step, advance
from flows.events import Answered, Withdrawn
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


def test_two_who_were_cut_off_go_on_from_the_last() -> None:
    caller = Caller().dials("1", "1")
    caller.now += 60
    caller.dials("1", "1", "2").dials("1", "2")
    assert (caller.page.split("\n")[0], caller.step.dialog.ordinal) == ("Un mot?", 2)


def test_after_fifteen_days_the_same_person_begins_anew_and_what_no_longer_holds_leaves_the_count() -> None:
    caller = Caller().dials("1", "1", "3")
    caller.now += 15 * DAY + 1
    caller.dials("1")
    assert caller.page == "Ce téléphone a déjà répondu.\n1. Une autre personne\n2. Recommencer\n0 Retour"
    caller.types("2", "2", "le puits")
    assert Withdrawn("eau", "1", "puits") in caller.events
    assert [member.ordinal for member in caller.step.person.members] == [1]


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
