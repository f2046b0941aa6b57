"""Whatever form checks clean can be answered to its end on a phone, and pyxform reads the same questions in it.

Forms are generated; the walks are those of somebody who answers, skips, and sometimes types nonsense.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pyxform.xls2xform import convert

from flows import asking, gsm, lint, xlsform
from flows import poll as polls
from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.engine import Step, advance
from flows.poll import Poll, Question
from flows.scene import Scene, Turn
from tests import forms

NOW = 1_800_000_000.0
MOST_REPLIES = 30
"""Replies that one question may take at worst: its pages, and some nonsense."""
HEADERS = (*forms.SURVEY, "label::English (en)", "hint::Français (fr)")
LETTERS = st.text(st.sampled_from("aàbcçdeéêëhiïolmnŋɲɔsu'’«» ?.-—œ€[]~🙂\n"), min_size=1)
WORDS = st.lists(LETTERS.filter(str.strip), min_size=1, max_size=60).map(" ".join)
SHORT = WORDS.map(lambda words: words[:70].strip() or "x")
KINDS = [
    "select_one l",
    "select_one l or_other",
    "select_multiple m",
    "integer",
    "decimal",
    "text",
    "date",
    "note",
    "select_one f",
]
CONDITIONS = ["", "${{{0}}} != ''", "${{{0}}} = 'c0'", "selected(${{{0}}}, 'c1')", "not(${{{0}}} > 3)", "${{{0}}} = ${{{0}}}"]
CONSTRAINTS = ["", ". != 'c0'", ". > 10", "false()", "string-length(.) < 9", "regex(., '([a-z]+[0-9]*)+')"]


@st.composite
def surveys(draw: st.DrawFn) -> list[list[str]]:
    """Rows of the survey sheet, each of which may depend on those before it; groups open and close between them."""
    rows: list[list[str]] = []
    names: list[str] = []
    opened = 0
    for place in range(draw(st.integers(1, 7))):
        earlier = draw(st.sampled_from(names)) if names else ""
        condition = draw(st.sampled_from(CONDITIONS if earlier else [""])).format(earlier)
        if draw(st.integers(0, 4)) == 0:
            rows.append(["begin group", f"g{place}", "G", condition])
            opened += 1
        rows.append(draw(_row(f"q{place}", earlier, condition)))
        names.append(f"q{place}")
        if earlier and draw(st.booleans()):
            rows.append(["calculate", f"k{place}", "", condition, "", "", f"coalesce(${{{earlier}}}, 'c1')"])
            names.append(f"k{place}")
        if opened and draw(st.booleans()):
            rows.append(["end group"])
            opened -= 1
    return [*rows, *([["end group"]] * opened)]


@st.composite
def _row(draw: st.DrawFn, name: str, earlier: str, condition: str) -> list[str]:
    kind = draw(st.sampled_from(KINDS))
    label = draw(WORDS) + (f" ${{{earlier}}}?" if earlier and draw(st.booleans()) else "")
    choice_filter = f"cercle = ${{{earlier}}} or cercle = 'c0'" if kind == "select_one f" and earlier else ""
    constraint = draw(st.sampled_from(CONSTRAINTS))
    required = draw(st.sampled_from(["yes", ""]))
    default = "c0" if kind.startswith("select") and draw(st.booleans()) else ""
    hint = draw(st.sampled_from(["", "Un mot de plus."]))
    return [kind, name, label, condition, constraint, choice_filter, "", default, required, draw(SHORT), hint]


@st.composite
def choices(draw: st.DrawFn) -> list[list[str]]:
    rows = [[listed, f"c{place}", draw(SHORT)] for listed in "lm" for place in range(draw(st.integers(1, 11)))]
    return [*rows, *(["f", f"c{place}", draw(SHORT), f"c{place % 3}"] for place in range(5))]


def typed(rnd: random.Random, poll: Poll, scene: Scene) -> str:
    """What somebody might answer on the page that stands there."""
    dialog = scene.dialog
    if dialog.menu not in ("poll", "profile"):
        return "1"
    question = poll.by_name[dialog.question]
    if dialog.tries >= 3 or rnd.random() < 0.1:
        return "#"
    if rnd.random() < 0.1:
        return rnd.choice(["9", "", "x?", "99999999999", "-1", "🙂"])
    return _ANSWERS.get(question.type, _picked)(rnd, question, scene)


def _picked(rnd: random.Random, question: Question, scene: Scene) -> str:
    numbers = [str(option.number) for option in asking.options(scene, question)]
    several = rnd.randint(1, len(numbers) or 1) if question.type == "select_multiple" else 1
    return " ".join(rnd.sample(numbers, several)) if numbers else "#"


_ANSWERS: dict[str, Callable[[random.Random, Question, Scene], str]] = {
    "note": lambda rnd, question, scene: "1",
    "integer": lambda rnd, question, scene: str(rnd.choice([0, 1, 5, 9, 18, 2020])),
    "decimal": lambda rnd, question, scene: rnd.choice(["1,5", "20", "0.3"]),
    "date": lambda rnd, question, scene: rnd.choice(["12/03/2024", "01/01/1990"]),
    "text": lambda rnd, question, scene: rnd.choice(["Awa", "0612345678", "un mot un peu plus long que les autres"]),
}


def walk(poll: Poll, seed: int, septets: int, language: str) -> int:
    """The replies of one walk to its END; every page on the way is one that a phone can show."""
    rnd, catalogue = random.Random(seed), Catalogue("1", (poll,), (poll,))
    dialled = ("1", "02") if language == "en" else ("1",)
    step = _looked(advance(None, Person(language=language), catalogue, Turn(None, NOW, seed, dialled, septets)), septets)
    for replies in range(MOST_REPLIES * (len(poll.own) + 2)):
        if step.dialog.ended and not step.page.expects:
            return replies
        scene = Scene(step.dialog, step.person, catalogue, Turn("", NOW, seed, (), septets))
        reply = "9" if step.dialog.ended else typed(rnd, poll, scene)
        step = _looked(advance(step.dialog, step.person, catalogue, Turn(reply, NOW, seed + replies, (), septets)), septets)
    raise AssertionError(f"no end in sight: {step.dialog}\n{step.page.text}")


def _looked(step: Step, septets: int) -> Step:
    text = step.page.text
    assert text.strip()
    assert gsm.is_gsm(text), text
    assert gsm.septets(text) <= septets, text
    assert isinstance(step.dialog, Dialog)
    return step


def asked_by_pyxform(path: Any) -> list[str]:
    """The names that pyxform would ask, in its order."""
    found = convert(str(path), validate=False)._survey.iter_descendants()
    passed_over = {"survey", "group", "calculate", "start", "end", "today", "deviceid", "instanceID"}
    return [one.name for one in found if one.type not in passed_over and one.name not in ("meta", "instanceID", "instanceName")]


@settings(max_examples=2500, deadline=None)
@given(surveys(), choices(), st.integers(0, 2**32), st.integers(60, 182))
def test_a_form_that_checks_clean_is_answered_to_its_end(
    survey: list[list[str]], listed: list[list[str]], seed: int, septets: int
) -> None:
    with forms.form(survey, listed, {"dial": "1"}, headers=HEADERS) as path:
        reading = xlsform.read(path)
        assert reading.poll is not None, forms.errors(reading)
        poll = polls.from_json(polls.to_json(reading.poll))
        assert poll == reading.poll
        lint.check(poll, "EMDK")
        assert lint.report(poll, "EMDK")
        assert [question.name for question in poll.own] == asked_by_pyxform(path)
    for language in (poll.default_language, "en"):
        walk(replace(poll, title={"fr": "Un essai", "en": "A trial"}), seed, septets, language)


HAND_MADE: list[tuple[forms.Rows, list[str]]] = [
    ([["select_one l or specify other", "a", "A"], ["q int", "b", "B"]], ["a", "a_other", "b"]),
    ([["begin group", "g", "G"], ["add text prompt", "a", "A"], ["end_group"], ["select1 l", "b", "B"]], ["a", "b"]),
    ([["start", "start"], ["today", "today"], ["note", "n", "N"], ["calculate", "k", "", "", "", "", "1 + 1"]], ["n"]),
    ([["acknowledge", "ok", "OK?"], ["range", "r", "R"], ["decimal", "d", "", "", "", "", "2 * 3"]], ["ok", "r"]),
]


@pytest.mark.parametrize(("survey", "names"), HAND_MADE)
def test_pyxform_reads_the_same_questions(survey: forms.Rows, names: list[str]) -> None:
    with forms.form(survey, [["l", "c0", "C"]]) as path:
        reading = xlsform.read(path)
        assert reading.poll is not None, forms.errors(reading)
        assert [question.name for question in reading.poll.own] == names
        assert [name for name in asked_by_pyxform(path) if name != "d"] == names
