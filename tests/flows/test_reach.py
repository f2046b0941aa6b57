"""What can be reached, against somebody who tries every key on every page."""

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows import reach
from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.engine import advance
from flows.poll import Poll
from flows.scene import Turn
from tests import forms

CHOICES = [["yn", "oui", "Oui"], ["yn", "non", "Non"], ["v", "a", "A", "oui"], ["v", "b", "B", "non"], ["w", "c", "C", "oui"]]


def poll(survey: forms.Rows) -> Poll:
    reading = forms.read(survey, CHOICES)
    assert reading.poll is not None, forms.errors(reading)
    return reading.poll


def walks(poll: Poll) -> Iterator[list[str]]:
    """The questions of every forward walk, each choice and a skip tried at each."""
    catalogue = Catalogue("1", (poll,), (poll,))
    first = advance(None, Person(), catalogue, Turn(None, 0.0, 1))
    begun = advance(first.dialog, first.person, catalogue, Turn("1", 0.0, 1))
    waiting: list[tuple[Dialog, Person, list[str]]] = [(begun.dialog, begun.person, [])]
    while waiting:
        dialog, person, asked = waiting.pop()
        if dialog.ended:
            yield asked
            continue
        asked = [*asked, dialog.question]
        for typed in ("1", "2", "#"):
            step = advance(dialog, person, catalogue, Turn(typed, 0.0, 1))
            if (step.dialog.question, step.dialog.menu) != (dialog.question, dialog.menu):
                waiting.append((step.dialog, step.person, asked))


CONDITIONS = [
    *("", "${q0} = 'oui'", "${q0} != 'non'", "${q1} = 'oui' and ${q0} = 'oui'", "${q2} = ''", "selected(${q1}, 'non')"),
    *(
        "${q0} = 'oui' and ${q0} = 'non'",
        "${both} = 2",
        "${q2} = 'oui' or ${q1} = 'non'",
        "not(${q0} = 'oui')",
        "${q3} = 'oui'",
    ),
]
FORMS = st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=4)
BOTH = "if(${q0} = 'oui', 1, 0) + if(${q1} = 'oui', 1, 0)"


def small(conditions: list[str]) -> list[list[str]]:
    """Questions q0, q1... each under its condition, a formula over the first two, and two that leave choices to some."""
    rows = [["select_one yn", f"q{place}", f"Q{place}", condition] for place, condition in enumerate(conditions)]
    missing = [["select_one yn", f"q{place}", f"Q{place}"] for place in range(len(rows), 4)]
    filtered = [["select_one w", f"f{name}", "F", "", "", f"cercle = ${{{name}}}", "", "", "yes"] for name in ("q0", "q1")]
    return [*rows, *missing, *filtered, ["calculate", "both", "", "", "", "", BOTH]]


@settings(max_examples=60, deadline=None)
@given(FORMS)
@example(["", "${q2} = ''", "${q1} = 'oui' and ${q0} = 'oui'", "${q2} = 'oui' or ${q1} = 'non'"])  # q2 undoes q1, and itself
def test_the_longest_path_and_what_is_out_of_reach_are_what_trying_everything_finds(conditions: list[str]) -> None:
    reading = forms.read(small(conditions), CHOICES)
    if reading.poll is None:  # a condition on its own question
        return
    every = list(walks(reading.poll))
    assert reach.longest_path(reading.poll) == (reach.HOPS_BEFORE + max(map(len, every)), True)
    reached = {name for walk in every for name in walk}
    proved, unproved = reach.out_of_reach(reading.poll)
    assert [question.name for question in proved] == [one.name for one in reading.poll.own if one.name not in reached]
    assert unproved == []


def test_an_answer_that_is_not_shown_or_not_allowed_leads_nowhere() -> None:
    found = poll(
        [
            ["select_one yn", "q", "Q", "", ". != 'non'"],
            ["select_one v", "r", "R", "", "", "cercle = ${q}"],
            ["text", "s", "S", "${r} = 'b'"],
            ["text", "t", "T", "${r} = 'a'"],
        ]
    )
    assert [question.name for question in reach.out_of_reach(found)[0]] == ["s"]
    assert reach.longest_path(found) == (5, True)


@pytest.mark.parametrize("condition", ["${n} > 3", "today() > '2026-01-01'", "${tomorrow} > 3", "${several} = 'oui'"])
def test_nothing_is_claimed_of_what_depends_on_more_than_single_choices(condition: str) -> None:
    found = poll(
        [
            ["integer", "n", "N"],
            ["select_multiple yn", "several", "S"],
            ["calculate", "tomorrow", "", "", "", "", "today() + 1"],
            ["text", "a", "A", condition],
        ]
    )
    assert [[question.name for question in part] for part in reach.out_of_reach(found)] == [[], ["a"]]
    assert reach.longest_path(found) == (5, False)


def test_answers_that_leave_a_cascade_without_choices_are_named_and_only_those() -> None:
    found = poll(
        [
            ["select_one yn", "p", "P"],
            ["select_one yn", "q", "Q"],
            ["calculate", "k", "", "", "", "", "concat(${q}, '')"],
            ["select_one w", "after_q", "R", "", "", "cercle = ${q}"],
            ["select_one w", "after_k", "R", "${p} = 'oui'", "", "cercle = ${k} and ${p} = 'oui'"],
            ["select_one w", "of_some", "R", "${q} = 'oui'", "", "cercle = ${q}"],
            ["select_one v", "of_all", "R", "", "", "cercle = ${q}"],
        ]
    )
    left = {question.name: empty for question, empty in reach.without_choices(found)}
    assert left["after_q"] == [{"q": "non"}]
    assert {"p": "oui", "q": "non"} in left["after_k"]
    assert left.keys() == {"after_q", "after_k"}


def test_a_default_stands_for_an_answer_that_is_not_given() -> None:
    found = poll([["select_one yn", "q", "Q", "", "", "", "", "oui"], ["text", "a", "A", "${q} = ''"]])
    assert [question.name for question in reach.out_of_reach(found)[0]] == ["a"]


def test_a_profile_answer_may_be_known_from_before_and_at_most_two_are_asked() -> None:
    survey = [["type", "name", "label", "relevant", "profile"], ["text", "a", "A", "${sex} = 'f'"]]
    survey += [["select_one l", name, name, "", "yes"] for name in ("sex", "age_band", "college")]
    choices = [["list_name", "name", "label"], ["l", "f", "F"], ["l", "m", "M"]]
    found = forms.read_sheets({"survey": survey, "choices": choices}).poll
    assert found is not None
    assert reach.out_of_reach(found) == ([], [])
    assert reach.longest_path(found) == (5, True)


def test_more_combinations_than_can_be_tried_are_not_tried() -> None:
    rows = [["select_one yn", f"q{place}", "Q"] for place in range(12)]
    found = poll([*rows, ["text", "a", "A", " or ".join(f"${{q{place}}} = 'oui'" for place in range(12))]])
    assert reach.longest_path(found) == (15, False)
