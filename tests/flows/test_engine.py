"""advance(): it never raises, it is deterministic, every page fits, and what it keeps survives being stored."""

import copy
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import gsm, xlsform
from flows.catalogue import Catalogue
from flows.dialog import Dialog, Member, Person, Progress
from flows.engine import MENUS, Step, advance
from flows.scene import Turn
from tests import polls

POLL = xlsform.read(Path(__file__).parent.parent.parent / "flows" / "polls" / "demo.xlsx").poll
assert POLL is not None
CATALOGUE = Catalogue("1", (POLL,), (POLL,))
NOW = 1_800_000_000.0

KEYS = st.sampled_from(["0", "00", "9", "1", "2", "3", "4", "5", "6", "7", "8", "10", "12", "#", "1 3", "oui", ""])
TYPED = KEYS | st.text(max_size=40) | st.from_regex(r"[0-9*# .,]{0,12}")
QUESTIONS = st.sampled_from([*POLL.by_name, "", "nowhere"])
VALUES = st.none() | st.text(max_size=5) | st.integers() | st.lists(st.text(max_size=3)).map(tuple)
ANSWERS = st.dictionaries(QUESTIONS, VALUES, max_size=4)
PROGRESS = st.builds(
    Progress,
    version=st.sampled_from(["1", "2", ""]),
    answers=ANSWERS,
    stale=ANSWERS,
    question=QUESTIONS,
    touched=st.integers(0, int(NOW)),
    done=st.booleans(),
)
MEMBERS = st.builds(
    Member,
    ordinal=st.integers(0, 5),
    profile=ANSWERS,
    polls=st.dictionaries(st.sampled_from(["demo", "other"]), PROGRESS, max_size=2),
)
PEOPLE = st.builds(
    Person,
    language=st.sampled_from(["", "fr", "en", "xx"]),
    country=st.sampled_from(["", "ml", "fr"]),
    members=st.lists(MEMBERS, max_size=5).map(tuple),
)
DIALOGS = st.none() | st.builds(
    Dialog,
    menu=st.sampled_from([*MENUS, "nowhere"]),
    language=st.sampled_from(["fr", "en", "xx", ""]),
    poll=st.sampled_from(["demo", "puits", "other", ""]),
    version=st.sampled_from(["1", "2", ""]),
    ordinal=st.integers(0, 5),
    question=QUESTIONS,
    page=st.integers(0, 9),
    tries=st.integers(0, 9),
    hint=st.text(max_size=30),
    asked=st.integers(0, 3),
    ended=st.booleans(),
)
TURNS = st.builds(
    Turn,
    typed=st.none() | TYPED,
    now=st.just(NOW),
    seed=st.integers(0, 2**64 - 1),
    dialled=st.lists(st.sampled_from(["1", "6", "02"]) | st.text(max_size=5), max_size=3).map(tuple),
    page_septets=st.integers(60, 182),
    country=st.sampled_from(["", "ml", "fr"]),
    by_sms=st.booleans(),
    zero_rated=st.booleans(),
    cost_line=st.sampled_from(["", "Cet appel coûte 10 F CFA."]),
)
COMING = polls.coming()
CATALOGUES = st.sampled_from(
    [
        CATALOGUE,
        Catalogue(),
        Catalogue("2", (POLL,), ()),
        Catalogue("3", (POLL, COMING), (COMING, POLL)),
        Catalogue("4", (), (COMING,)),
    ]
)


@settings(max_examples=1500, deadline=None)
@given(DIALOGS, PEOPLE, CATALOGUES, TURNS)
def test_it_never_raises_and_every_page_fits(dialog: Dialog | None, person: Person, catalogue: Catalogue, turn: Turn) -> None:
    step = advance(dialog, person, catalogue, turn)
    assert step.page.text
    assert gsm.is_gsm(step.page.text)
    assert gsm.septets(step.page.text) <= turn.page_septets


@settings(max_examples=300, deadline=None)
@given(st.lists(TYPED, max_size=25), st.integers(0, 2**64 - 1))
def test_a_walk_is_deterministic_and_survives_being_stored_between_any_two_turns(walk: list[str], seed: int) -> None:
    assert _walk(walk, seed, stored=False) == _walk(walk, seed, stored=True)


@settings(max_examples=300, deadline=None)
@given(st.lists(TYPED, max_size=25))
def test_what_it_was_given_is_not_changed(walk: list[str]) -> None:
    dialog, person = None, Person()
    for typed in [None, *walk]:
        before = copy.deepcopy((dialog, person))
        step = advance(dialog, person, CATALOGUE, Turn(typed, NOW, 1))
        assert (dialog, person) == before
        dialog, person = step.dialog, step.person


@settings(max_examples=300, deadline=None)
@given(st.lists(KEYS, max_size=12))
def test_whoever_takes_the_first_choice_again_and_again_gets_out(walk: list[str]) -> None:
    """Nobody is trapped: from wherever a walk led, `1`, or `#` where that is no answer, leads to an END."""
    steps = _walk(walk, 7, stored=False)
    dialog, person = steps[-1].dialog, steps[-1].person
    for hop in range(60):
        if dialog.ended:
            return
        leaves = dialog.menu in ("home", "settings", "reference")  # from there `0` is the way out, and says so
        step = advance(dialog, person, CATALOGUE, Turn("0" if leaves else "#" if hop % 4 == 3 else "1", NOW, 7))
        dialog, person = step.dialog, step.person
    raise AssertionError(f"still in {dialog}")


def _walk(walk: list[str], seed: int, stored: bool) -> list[Step]:
    dialog: Dialog | None = None
    person, steps = Person(), []
    for typed in [None, *walk]:
        step = advance(dialog, person, CATALOGUE, Turn(typed, NOW, seed))
        steps.append(step)
        dialog, person = step.dialog, step.person
        if stored:
            dialog = msgspec.msgpack.decode(msgspec.msgpack.encode(dialog), type=Dialog)
            person = msgspec.msgpack.decode(msgspec.msgpack.encode(person), type=Person)
    return steps


def test_what_was_touched_under_a_clock_that_was_ahead_is_not_what_was_touched_last() -> None:
    def left(touched: float) -> Progress:
        return Progress("1", question="priorite", touched=int(touched))

    member = Member(1, polls={"guichet": left(NOW + 10 * 365 * 86400), "demo": left(NOW - 60)})
    catalogue = Catalogue("1", (polls.radio(), POLL), (polls.radio(), POLL))
    welcome = advance(None, Person(members=(member,)), catalogue, Turn(typed=None, now=NOW, seed=1))
    assert welcome.dialog.poll == "demo"
