"""What staff are told before a poll opens: what does not fit, what few will read, and what nobody can come to."""

import pytest

from flows import lint
from flows.phrases import BUILT_IN
from flows.poll import Poll
from tests import forms

LONG = "Quelle est, selon vous, la première chose à faire pour que les jeunes restent? " * 3


def poll(survey: forms.Rows, choices: forms.Rows = (), title: str = "Un essai") -> Poll:
    reading = forms.read(survey, choices, {"form_title": title})
    assert reading.poll is not None, forms.errors(reading)
    return reading.poll


SAID: list[tuple[str, forms.Rows, int]] = [
    ("'a' takes 2 pages in fr: 9 turns them", [["text", "a", LONG]], 0),
    ("'a' takes 5 pages in fr; few will read them", [["note", "a", LONG * 3]], 0),
    ("'a' has 8 choices; over 7 are hard to hear", [["select_one c", "a", "A"]], 8),
    ("'b' can never be reached", [["select_one c", "a", "A"], ["note", "b", "B", "${a} = 'x'"]], 2),
    ("not proved within reach", [["integer", "a", "A"], ["note", "b", "B", "${a} > 1"]], 0),
    ("7 hops on the longest path", [["note", f"n{place}", "N"] for place in range(5)], 0),
    ("up to 7 hops on the longest path", [["note", f"n{place}", "N", "today() = ''"] for place in range(5)], 0),
    ("survey!A3: 'b' is left without choices by its choice_filter, and passed over, where a = 'c0'; a = 'c1'",
     [["select_one c", "a", "A"], ["select_one c", "b", "B", "", "", "cercle = ${a}"]], 2),
    ("'b' can never be reached: no answers leave it a choice", [["select_one c", "b", "B", "", "", "cercle = 'x'"]], 2),
    ("survey!A2: 'a' takes no answer: nothing fits its 'constraint'", [["integer", "a", "A", "", ". > 5 and . < 3"]], 0),
    ("'a' takes no answer", [["integer", "a", "A", "", ". > 5 and . < 6"]], 0),
    ("'a' takes no answer", [["select_one c", "a", "A", "", ". = 'oui'"]], 2),
    ("'a' asks everybody for words", [["text", "a", "A", "", "", "", "", "", "yes"]], 0),
]  # fmt: skip


@pytest.mark.parametrize(("part", "survey", "choices"), SAID, ids=[one[0] for one in SAID])
def test_a_warning_says_what_to_think_about(part: str, survey: forms.Rows, choices: int) -> None:
    reading = forms.read(survey, [["c", f"c{place}", f"Choix {place}"] for place in range(choices)])
    assert reading.poll is not None, forms.errors(reading)
    found = lint.check(reading.poll, "EMDK", places=reading.places)
    assert any(part in str(one) for one in found), [str(one) for one in found]


@pytest.mark.parametrize(
    ("kind", "constraint"),
    [
        ("integer", ". > 5 and . <= 6"),
        ("decimal", ". > 5.1 and . < 5.3"),
        ("integer", ". >= 70000000 and . <= 99999999"),
        ("integer", ". < -5000"),
        ("integer", "regex(., '^[0-9]{8}$')"),  # of what is more than comparing nothing is claimed
        ("integer", ". mod 7919 = 5000"),
        ("integer", ". > ${b}"),
        ("text", ". = 'oui'"),
        ("select_one c", ". != 'c0'"),
    ],
)
def test_a_constraint_that_some_answer_fits_is_not_warned_of(kind: str, constraint: str) -> None:
    survey = [["integer", "b", "B"], [kind, "a", "A", "", constraint]]
    assert not [
        one for one in lint.check(poll(survey, [["c", "c0", "X"], ["c", "c1", "Y"]]), "EMDK") if "no answer:" in str(one)
    ]


def test_advice_on_a_question_names_its_cell() -> None:
    reading = forms.read([["note", "n", "N"], ["text", "a", "A", "", "", "", "", "", "yes"]])
    assert reading.poll is not None
    (found,) = lint.check(reading.poll, "EMDK", places=reading.places)
    assert str(found).startswith("warning: survey!A3: 'a' asks everybody for words")


def test_a_short_poll_has_nothing_to_think_about() -> None:
    assert lint.check(poll([["select_one c", "a", "A"]], [["c", "x", "X"], ["c", "y", "Y"]]), "EMDK") == ()


def test_a_first_page_that_is_too_long_says_what_of_it_and_by_how_much() -> None:
    (found,) = lint.check(poll([["note", "a", "A"]], title=LONG[:100]), "EMDK")
    assert str(found).endswith(
        "the first page is too long in fr: 211 septets, and 160 fit"
        " (form_title 100, the sentence 'welcome' 80, the keys and names of languages 31): shorten form_title by 51"
    )
    assert lint.check(poll([["note", "a", "A"]], title=LONG[:49]), "EMDK") == ()


def test_where_no_title_is_short_enough_another_advice_is_given() -> None:
    found = lint.check(poll([["note", "a", "A"]], title="Eau"), "EMDK", BUILT_IN.with_ucs2(["fr"]))
    assert any("too long in fr: 114 letters, and 70 fit" in str(one) for one in found)
    assert any("no form_title is short enough: shorten 'welcome'" in str(one) for one in found)


def test_a_language_whose_sentences_do_not_fit_in_its_letters_is_told_with_why() -> None:
    (said,) = [
        str(one) for one in lint.check(poll([["note", "a", "A"]]), "EMDK", BUILT_IN.with_ucs2(["fr"])) if "offered" in str(one)
    ]
    assert "fr is not offered: 5 of Palabre's own sentences do not fit: 'several' takes 32 letters, and 28 fit" in said
    assert said.endswith("; the others: not_allowed, resume_code, plain_number, by_number")


def test_a_language_that_lacks_sentences_is_told_with_what_it_lacks() -> None:
    survey = [["type", "name", "label::fr", "label::en"], ["text", "a", "Quoi?", "What?"], ["text", "b", "Quand?", ""]]
    found = forms.read_sheets({"survey": survey}).poll
    assert found is not None
    assert any("en lacks 2 sentences and is not offered: title, b" in str(one) for one in lint.check(found, "EMDK"))


def test_the_questions_of_a_default_language_that_is_not_ours_are_shown_with_our_sentences_in_french() -> None:
    found = forms.read_sheets({"survey": [["type", "name", "label::de"], ["text", "a", "Was?"]]}).poll
    assert found is not None
    (said,) = [str(one) for one in lint.check(found, "EMDK") if "own sentences" in str(one)]
    assert "sentences, its questions are shown with those in French: welcome, " in said
    assert "not offered" not in said


def test_the_report_shows_every_screen_also_of_a_default_language_that_is_not_whole() -> None:
    survey = [["type", "name", "label::fr", "label::en"], ["text", "a", "Quoi?", "What?"], ["text", "b", "", "When?"]]
    found = forms.read_sheets({"survey": survey}).poll
    assert found is not None
    report = lint.report(found, "EMDK")
    assert "essai: 4 hops on the longest path" in report
    assert all(part in report for part in ("== Français (fr)", "-- essai/1/a page 1/1", "Quoi?", "When?"))


@pytest.mark.parametrize(
    ("survey", "segments"),
    [
        ([["text", "a", "A"]], 3),  # the welcome, the question, the thanks
        ([["note", "n", "N"], ["note", "m", "M"], ["text", "a", "A"]], 3),
        ([["text", "a", "A"], ["note", "n", "N"]], 3),
        ([["note", "n", LONG[:150]], ["text", "a", "A demi" * 5]], 4),
    ],
)
def test_a_note_costs_no_message_of_its_own(survey: forms.Rows, segments: int) -> None:
    assert f"{segments} SMS segments to ask everything and say thanks" in lint.report(poll(survey), "EMDK")
