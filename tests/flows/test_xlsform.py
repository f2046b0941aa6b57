"""An XLSForm that somebody else wrote: whatever of it a phone can do is read, whatever it cannot is refused by its cell."""

from datetime import date, datetime
from typing import Any

import pytest

from flows import xlsform
from flows.poll import Poll
from flows.xlsform import aliases
from tests import forms

YES_NO = [["yn", "oui", "Oui"], ["yn", "non", "Non"]]
PLACES = [["c", "k", "Kayes"], ["v", "a", "Kayes 1", "k"], ["v", "a", "Kita 1", "i"]]


def poll(survey: forms.Rows, choices: forms.Rows = (), **settings: Any) -> Poll:
    reading = forms.read(survey, choices, settings)
    assert reading.poll is not None, forms.errors(reading)
    return reading.poll


def formula(name: str, source: str, relevant: str = "") -> list[str]:
    return ["calculate", name, "", relevant, "", "", source]


ERRORS: list[tuple[str, str, forms.Rows, forms.Rows, dict[str, Any]]] = [
    # where, part of the message, survey, choices, settings
    ("survey!A2", "'txt' is no type: the closest is text", [["txt", "a", "A"]], [], {}),
    ("survey!A2", "cannot do 'image': describe it", [["image", "a", "A"]], [], {}),
    ("survey!A2", "cannot do 'add photo prompt'", [["add photo prompt", "a", "A"]], [], {}),
    ("survey!A2", "cannot do 'barcode': ask for the number", [["barcode", "a", "A"]], [], {}),
    ("survey!A2", "cannot do 'geopoint': ask for the commune", [["geopoint", "a", "A"]], [], {}),
    ("survey!A2", "cannot do 'dateTime': ask with date", [["dateTime", "a", "A"]], [], {}),
    ("survey!A2", "cannot do 'select_one_from_file x.csv'", [["select_one_from_file x.csv", "a", "A"]], [], {}),
    ("survey!A2", "cannot do 'begin_repeat'", [["begin_repeat", "r"], ["text", "a", "A"], ["end_repeat"]], [], {}),
    ("survey!A2", "no type: say what is asked", [["", "a", "A"]], [], {}),
    ("survey!A2", "no list 'yns' on the sheet 'choices': the closest is 'yn'", [["select_one yns", "a", "A"]], YES_NO, {}),
    ("survey!A2", "the name of its list is missing", [["select_one", "a", "A"]], YES_NO, {}),
    ("survey!A2", "'or else' is not read here", [["select_one yn or else", "a", "A"]], YES_NO, {}),
    ("survey!A2", "is not ended: add a row 'end_group'", [["begin_group", "g"], ["text", "a", "A"]], [], {}),
    ("survey!A3", "there is no group to end", [["text", "a", "A"], ["end_group"]], [], {}),
    ("survey!A3", "ends a repeat, and what stands open is the group of row 2", [["begin group", "g"], ["end repeat"]], [], {}),
    ("survey!B2", "'1a' is not a name", [["text", "1a", "A"]], [], {}),
    ("survey!B2", "needs a name", [["text", "", "A"]], [], {}),
    ("survey!B2", "64 at most", [["text", "a" * 65, "A"]], [], {}),
    ("survey!B3", "stands twice: also in row 2", [["text", "a", "A"], ["integer", "a", "A"]], [], {}),
    ("survey!B3", "stands twice", [["select_one yn or_other", "a", "A"], ["text", "a_other", "A"]], YES_NO, {}),
    ("survey!C2", "there is no such question: the closest is ${ages}", [["integer", "ages", "${age}"]], [], {}),
    ("survey!C3", "which is a group", [["begin_group", "g"], ["text", "a", "${g}"], ["end_group"]], [], {}),
    ("survey!D2", "(character 8)", [["text", "a", "A", "1 = 1 + "]], [], {}),
    ("survey!D2", "refers to ${b}", [["text", "a", "A", "${b} = 1"]], [], {}),
    ("survey!D2", "asked only once it is answered", [["text", "a", "A", "${a} = 1"]], [], {}),
    ("survey!H2", "answered last time is not to be had on a phone", [["text", "a", "A", *[""] * 4, "${last-saved#a}"]], [], {}),
    ("survey!C2", "answered last time is not to be had on a phone", [["text", "a", "A ${last-saved#a}"]], [], {}),
    ("survey!D2", "'oui' is neither an answer", [["text", "a", "A", "oui = 1"]], [], {}),
    ("survey!E2", "indexed-repeat() cannot be used", [["text", "a", "A", "", "indexed-repeat(1)"]], [], {}),
    ("survey!E2", "cannot read this pattern", [["text", "a", "A", "", "regex(., '[')"]], [], {}),
    ("survey!F2", "'region' is neither", [["select_one yn", "a", "A", "", "", "region = 'k'"]], YES_NO, {}),
    ("survey!G2", "pulldata() cannot be used", [formula("a", "pulldata('x')"), ["text", "b", "B"]], [], {}),
    ("survey!G3", "in a circle: b → c → b", [["text", "a", "A"], formula("b", "${c}"), formula("c", "${b}")], [], {}),
    ("survey!G2", "in a circle: b → b", [formula("b", "${b} + 1"), ["text", "a", "A"]], [], {}),
    ("settings!C2", "means something to everybody who sends it", [["text", "a", "A"]], [], {"keyword": "Aide"}),
    ("settings!C2", "'Viol' is heard as a call for help", [["text", "a", "A"]], [], {"keyword": "Viol"}),
    ("settings!C2", "digits alone are answers", [["text", "a", "A"]], [], {"keyword": "12"}),
    ("settings!C2", "dial does not begin with 0", [["text", "a", "A"]], [], {"dial": "01"}),
    ("survey!C2", "holds a formula and not its value", [["text", "a", "=CONCATENATE(1,2)"]], [], {}),
    ("survey!A2", "there is no question", [formula("a", "1")], [], {}),
    ("choices!B2", "this choice has no name", [["select_one yn", "a", "A"]], [["yn", "", "Oui"]], {}),
    ("choices!B2", "is not one word", [["select_multiple yn", "a", "A"]], [["yn", "o u i", "Oui"]], {}),
    ("choices!B3", "in the list 'yn' and no choice_filter", [["select_one yn", "a", "A"]], [YES_NO[0], YES_NO[0]], {}),
    ("choices!B4", "stands twice", [["select_one v", "a", "A"]], PLACES, {"allow_choice_duplicates": "yes"}),
    ("choices!C2", "be said again in a choice", [["text", "b", "B"], ["select_one yn", "a", "A"]], [["yn", "o", "${b}"]], {}),
    ("settings!C2", "dial is digits", [["text", "a", "A"]], [], {"dial": "4x"}),
    ("settings!C2", "a radio poll begins with a select_one", [["text", "a", "A"]], [], {"radio": "yes"}),
    ("settings!C2", "'village' is no stratum", [["text", "a", "A"]], [], {"strata": "village"}),
    ("settings!C2", "at most 4 strata", [["text", "a", "A"]], [], {"strata": "sex country language channel cercle"}),
    ("settings!C2", "grain is one or two of the strata", [["text", "a", "A"]], [], {"grain": "sex"}),
    ("settings!C2", "'31/12/2026' is no date", [["text", "a", "A"]], [], {"closes": "31/12/2026"}),
    ("settings!D2", "closes before it opens (2026-12-02)", [["text", "a", "A"]], [], {"opens": "2026-12-02", "closes": "2026-12-01"}),
    ("settings!C2", "neither yes nor no", [["text", "a", "A"]], [], {"discreet": "perhaps"}),
]  # fmt: skip


@pytest.mark.parametrize(("place", "part", "survey", "choices", "settings"), ERRORS, ids=[one[1] for one in ERRORS])
def test_an_error_names_its_cell(
    place: str, part: str, survey: forms.Rows, choices: forms.Rows, settings: dict[str, Any]
) -> None:
    reading = forms.read(survey, choices, settings)
    assert reading.poll is None
    assert any(one.startswith(f"error: {place}: ") and part in one for one in forms.errors(reading)), forms.errors(reading)


def test_a_word_of_distress_in_a_language_of_the_settings_is_no_keyword_either() -> None:
    with forms.form([["text", "a", "A"]], settings={"keyword": "DEMEN"}) as path:
        assert xlsform.read(path).poll is not None
        (error,) = forms.errors(xlsform.read(path, distress=("démen",)))
    assert error.startswith("error: settings!C2: 'DEMEN' is heard as a call for help")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["0", "1", "2 ou plus"], "choices!C2:C4: is shown as '1. 0', and who types 0 goes back"),
        (
            ["Aucun", "1 à 2", "Plus"],
            "choices!C3: is shown as '2. 1 à 2', and who types 1 picks choice 1: ask it as an integer",
        ),
        (
            ["Aucun", "Un", "Deux", "Trois ou plus"],
            "choices!C3:C5: is shown as '2. Un', and who types 1 picks choice 1: ask it",
        ),
        (["None", "One", "Two or more"], "choices!C3:C4: is shown as '2. One'"),
        (["1 à 4", "5 à 9", "10 et plus"], "choices!C2:C3: is shown as '1. 1 à 4', and who types 2 picks choice 2"),
        (["Moins de 2", "De 2 à 4", "Plus de 4"], "choices!C3: is shown as '2. De 2 à 4', and who types 3 picks choice 3"),
        (["Jamais", "Une fois", "Oui, 3 fois"], "choices!C3: is shown as '2. Une fois'"),
        (["Moins de deux heures", "Plus"], ""),
        (["Un", "Deux", "Trois ou plus"], ""),
        (["Un puits", "Une école", "Les deux", "L'un ou l'autre"], ""),
        (["Zone 2", "Kayes 1", "1 000 F", "2 millions", "12/3/2024", "2,5 km", "CM2"], ""),
        (["1 an", "2 ans", "Moins de 25 ans", "25 à 34 ans"], ""),  # their places, and a number that is no key
        (["2024", "2025"], ""),
        ([*"12345678", "10"], ""),  # as phones number them
    ],
)
def test_a_label_that_says_the_number_of_another_choice_is_warned_of(labels: list[str], said: str) -> None:
    reading = forms.read([["select_one l", "a", "A"]], [["l", f"c{place}", label] for place, label in enumerate(labels)])
    found = [one for one in forms.warnings(reading) if "is shown as" in one]
    assert [one.startswith(f"warning: {said}") for one in found] == [True] * bool(said)


def test_a_list_without_labels_is_one_warning_with_its_cells_and_a_single_choice_one_of_its_own() -> None:
    choices = [
        ["list_name", "name", "label"],
        *(["l", f"c{place}", ""] for place in range(129)),
        ["m", "a", ""],
        ["m", "b", "B"],
    ]
    survey = [["type", "name", "label"], ["select_one l", "a", "A"], ["select_multiple m", "b", "B"]]
    found = [one for one in forms.warnings(forms.read_sheets({"survey": survey, "choices": choices})) if "no label" in one]
    assert found == [
        "warning: choices!B2:B130: 129 choices of the list 'l' have no label: their names stand for them",
        "warning: choices!B131: has no label: 'a' stands for it",
    ]


PROFILE = ["type", "name", "label", "profile"]
PROFILE_ERRORS = [
    ("survey!B2", "'taille' is no profile answer", ["select_one l", "taille", "Taille", "yes"]),
    ("survey!A2", "a profile question is a select_one", ["text", "sex", "Sexe", "yes"]),
    ("choices!B3", "'homme' is no canonical name of 'sex': must be among f, m, other", ["select_one l", "sex", "Sexe", "yes"]),
    ("survey!D2", "neither yes nor no", ["select_one l", "sex", "Sexe", "peut-être"]),
]


@pytest.mark.parametrize(("place", "part", "row"), PROFILE_ERRORS)
def test_a_profile_question_keeps_the_rules_of_profiles(place: str, part: str, row: list[str]) -> None:
    choices = [["list_name", "name", "label"], ["l", "f", "Femme"], ["l", "homme", "Homme"]]
    reading = forms.read_sheets({"survey": [PROFILE, row], "choices": choices})
    assert any(one.startswith(f"error: {place}: ") and part in one for one in forms.errors(reading)), forms.errors(reading)


def test_columns_of_old_and_in_any_case_are_read() -> None:
    headers = ["Command", "Tag", "Label : English (en)", "bind:Relevance", "Constraining Message", "Read_only", "note to self"]
    survey = [headers, ["add text prompt", "a", "Why?"], ["Q Int", "b", "How?", "${a} != ''", "no", "", "ask Awa: ${x}"]]
    reading = forms.read_sheets({" Survey ": survey, "Settings": [["id_string", "title"], ["old", "Old"]]})
    assert reading.poll is not None, forms.errors(reading)
    first, second = reading.poll.questions
    assert (first.type, first.label, second.type, second.constraint_message) == (
        "text",
        {"en": "Why?"},
        "integer",
        {"en": "no"},
    )
    assert second.relevant is not None
    assert (reading.poll.slug, reading.poll.default_language, reading.poll.languages) == ("old", "en", ("en",))


@pytest.mark.parametrize(
    ("written", "kind", "listed", "or_other"),
    [
        ("select_one yn", "select_one", "yn", False),
        ("select one from yn", "select_one", "yn", False),
        ("Select_One\xa0yn", "select_one", "yn", False),
        ("select1 yn or other", "select_one", "yn", True),
        ("add select multiple prompt using yn or specify other", "select_multiple", "yn", True),
        ("select all that apply from yn", "select_multiple", "yn", False),
        ("select_one_external yn", "select_one", "yn", False),
        ("trigger", "acknowledge", "", False),
        ("get start time", "", "", False),
        ("uri:deviceid", "", "", False),
        ("hidden", "calculate", "", False),
        ("end  Group", "end_group", "", False),
        ("begin looped group", "begin_repeat", "", False),
    ],
)
def test_a_type_has_many_names(written: str, kind: str, listed: str, or_other: bool) -> None:
    assert aliases.read_type(written)[:3] == (kind, listed, or_other)


@pytest.mark.parametrize(
    ("survey", "settings", "default", "spoken", "label"),
    [
        ([["label"], ["Pourquoi?"]], {}, "fr", ("fr",), {"fr": "Pourquoi?"}),
        ([["label"], ["Why?"]], {"default_language": "English (en)"}, "en", ("en",), {"en": "Why?"}),
        (
            [["label::English", "label::French"], ["Why?", "Pourquoi?"]],
            {},
            "fr",
            ("en", "fr"),
            {"en": "Why?", "fr": "Pourquoi?"},
        ),
        (
            [["label::English (en)", "label::Igbo (ig)"], ["Why?", "Gini?"]],
            {},
            "en",
            ("en", "ig"),
            {"en": "Why?", "ig": "Gini?"},
        ),
        ([["label", "label::French (fr)"], ["Why?", "Pourquoi?"]], {}, "en", ("en", "fr"), {"en": "Why?", "fr": "Pourquoi?"}),
        ([["label::fr", "label::en"], ["", "Why?"]], {}, "en", ("en",), {"en": "Why?"}),  # an empty column is no language
        ([["label::fr"], ["Pourquoi?"]], {"default_language": "Wolof"}, "fr", ("fr",), {"fr": "Pourquoi?"}),
        ([["hint"], ["Dites tout"]], {}, "fr", ("fr",), {"fr": "Dites tout"}),
        ([["hint"], [""]], {}, "fr", ("fr",), {"fr": "le nom"}),  # its name stands for it
    ],
)
def test_the_default_language_is_found_and_always_has_a_sentence(
    survey: list[list[str]], settings: dict[str, str], default: str, spoken: tuple[str, ...], label: dict[str, str]
) -> None:
    sheet = [["type", "name", *survey[0]], ["text", "le_nom", *survey[1]]]
    reading = forms.read_sheets({"survey": sheet, "settings": [[*settings, "x"], [*settings.values(), "x"]]})
    assert reading.poll is not None, forms.errors(reading)
    assert (reading.poll.default_language, reading.poll.languages) == (default, spoken)
    assert reading.poll.questions[0].label == label


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("## Votre **avis** <span style='color:red'>ici</span>&nbsp;?", "Votre avis ici ?"),
        ("Va-t-il _bien_? *(une réponse)*", "Va-t-il bien? (une réponse)"),
        ("***Très* bien** et _*mal*_, __aussi__", "Très bien et mal, aussi"),
        ("Voir [le site](https://emdk.org/a_b) ![logo](x.png)", "Voir le site logo"),
        (r"Un \*, deux \_, 1\. Oui", "Un *, deux _, 1. Oui"),
        ("Faites *384*36# ou *384*37#, *100* aussi", "Faites *384*36# ou *384*37#, *100* aussi"),
        (
            "snake_case, un__deux, 5*6, 5 * 6 * 7, [1] (bis), * exigé",
            "snake_case, un__deux, 5*6, 5 * 6 * 7, [1] (bis), * exigé",
        ),
    ],
)
def test_the_markup_of_other_tools_is_taken_out_and_codes_and_names_stay(written: str, shown: str) -> None:
    assert poll([["text", "a", written]]).questions[0].label == {"fr": shown}


def test_a_name_with_underscores_is_said_again_whatever_stands_around_it() -> None:
    rows = [["text", "_nom_", "Nom?"], ["text", "__x__", "X?"], ["note", "a", "_${_nom_}_ *${__x__}*"]]
    assert poll(rows).questions[2].label == {"fr": "${_nom_} ${__x__}"}


def test_what_the_default_language_lacks_is_shown_in_another_and_it_is_no_longer_whole() -> None:
    survey = [["type", "name", "label::fr", "label::en"], ["text", "a", "Quoi?", "What?"], ["text", "b", "", "Why?"]]
    reading = forms.read_sheets({"survey": survey, "settings": [["form_title::fr", "form_title::en"], ["Un", "One"]]})
    assert reading.poll is not None
    assert reading.poll.text(reading.poll.questions[1].label, "fr") == "Why?"
    assert reading.poll.whole_languages == ("en",)
    assert any("survey!B3: has no label in the default language (fr)" in one for one in forms.warnings(reading))


def test_a_choice_without_label_shows_its_name_in_every_language() -> None:
    found = poll([["select_one yn or_other", "a", "A"]], [["yn", "je_ne_sais_pas", ""]])
    assert [found.text(choice.label, "fr") for choice in found.questions[0].choices] == ["je ne sais pas", "Autre"]
    assert found.questions[1].label["fr"]


@pytest.mark.parametrize(
    ("kind", "default", "source"),
    [
        ("integer", 3.0, "3"),
        ("decimal", 1.5, "1.5"),
        ("integer", "trois", "'trois'"),
        ("date", datetime(2026, 1, 31), "'2026-01-31'"),
        ("date", date(2026, 1, 31), "'2026-01-31'"),
        ("date", "today()", "today()"),
        ("text", "Bamako (Mali)", "'Bamako (Mali)'"),
        ("text", "l'eau", '"l\'eau"'),
        ("text", 'l\'"eau"', "concat('l', \"'\", '\"eau\"')"),
        ("text", "12", "'12'"),
    ],
)
def test_a_default_is_compiled_as_what_it_is(kind: str, default: object, source: str) -> None:
    (question,) = poll([[kind, "a", "A", "", "", "", "", default]]).questions
    assert question.default is not None
    assert question.default.source == source


@pytest.mark.parametrize(
    ("written", "required"),
    [
        *((yes, True) for yes in (True, "TRUE", "true()", "VRAI", "vrai", "oui", "'yes'", "« Oui »")),
        *((no, False) for no in ("non", "", "FAUX", "'no'")),
    ],
)
def test_required_is_yes_or_no_in_any_spelling(written: object, required: bool) -> None:
    (question,) = poll([["text", "a", "A", "", "", "", "", "", written]]).questions
    assert question.required is required


def test_a_condition_in_required_lets_the_question_be_skipped_with_a_warning() -> None:
    reading = forms.read([["integer", "a", "A"], ["text", "b", "B", "", "", "", "", "", "${a} > 3"]])
    assert reading.poll is not None
    assert not reading.poll.questions[1].required
    assert any("survey!I3: a condition here is not followed" in one for one in forms.warnings(reading))


def test_a_formula_is_computed_before_what_needs_it_and_only_where_it_is_relevant() -> None:
    found = poll(
        [
            formula("double", "${plus} * 2", "${plus} != ''"),
            ["integer", "a", "A"],
            formula("plus", "${a} + 1"),
        ]
    )
    assert [question.name for question in found.questions] == ["plus", "double", "a"]
    assert found.by_name["double"].calculation.source == "if(${plus} != '', ${plus} * 2, '')"  # type: ignore[union-attr]


def test_groups_lend_their_conditions_and_a_later_question_in_one_is_a_warning() -> None:
    reading = forms.read(
        [
            ["begin group", "g", "", "${z} = 1"],
            ["begin group", "h", "", "yes"],
            ["text", "a", "A", "${b} = 2"],
            ["end group"],
            ["end group"],
            ["integer", "b", "B"],
            ["integer", "z", "Z"],
        ]
    )
    assert reading.poll is not None, forms.errors(reading)
    assert reading.poll.by_name["a"].relevant.source == "(${z} = 1) and (true()) and (${b} = 2)"  # type: ignore[union-attr]
    assert sum("survey!D4: depends on" in one for one in forms.warnings(reading)) == 2


def test_a_constraint_may_say_its_own_name_for_the_answer_given() -> None:
    (question,) = poll([["integer", "age", "Age?", "", "${age} > 0 and . < 120"]]).questions
    assert question.constraint is not None
    assert question.constraint.source == ". > 0 and . < 120"


def test_what_is_disabled_or_the_head_of_a_table_is_passed_over() -> None:
    headers = ["type", "name", "label", "appearance", "disabled"]
    rows = [
        ["image", "p", "P", "", "yes"],
        ["select_one yn", "t", "T", "w1 label"],
        ["select_one yn", "a", "A", "w1 list-nolabel", "no"],
    ]
    choices = [["list name", "value", "caption"], *YES_NO]
    reading = forms.read_sheets({"survey": [headers, *rows], "choices": choices})
    assert reading.poll is not None, forms.errors(reading)
    assert [question.name for question in reading.poll.questions] == ["a"]


def test_a_range_is_a_number_and_an_acknowledgement_one_choice() -> None:
    headers = ["type", "name", "label", "parameters"]
    rows = [
        ["range", "r", "R", "start=0; end=5 step=1"],
        ["range", "d", "D", "start=0.5 end=2"],
        ["acknowledge", "ok", "D'accord?"],
    ]
    reading = forms.read_sheets({"survey": [headers, *rows]})
    assert reading.poll is not None, forms.errors(reading)
    whole, broken, ok = reading.poll.questions
    assert (whole.type, whole.constraint.source, whole.hint) == ("integer", ". >= 0 and . <= 5", {"fr": "(0 - 5)"})  # type: ignore[union-attr]
    assert (broken.type, ok.type, [choice.name for choice in ok.choices]) == ("decimal", "select_one", ["OK"])


def test_what_a_form_gathers_by_itself_is_known_only_where_it_is_the_day() -> None:
    reading = forms.read([["start", "start"], ["username", "who"], ["deviceid", "d"], ["note", "n", "${start} ${who}"]])
    assert reading.poll is not None, forms.errors(reading)
    computed = {question.name: question.calculation.source for question in reading.poll.computed if question.calculation}
    assert computed == {"start": "today()", "who": "''"}
    assert any("survey!A3: 'who' is not known" in one for one in forms.warnings(reading))


def test_two_choices_alike_are_told_apart_by_a_choice_filter() -> None:
    survey = [["select_one c", "lieu", "Où?"], ["select_one v", "village", "Quel village?", "", "", "cercle = ${lieu}"]]
    assert len(poll(survey, PLACES).by_name["village"].choices) == 2


def test_a_choice_filter_finds_its_column_in_the_case_in_which_it_is_written() -> None:
    survey = [["type", "name", "label", "choice_filter"], ["select_one v", "a", "A", "Region = 'k'"]]
    choices = [["list_name", "name", "label", "Region"], ["v", "a", "A", "k"]]
    reading = forms.read_sheets({"survey": survey, "choices": choices})
    assert reading.poll is not None, forms.errors(reading)
    assert reading.poll.questions[0].choices[0].columns == {"Region": "k"}


def test_of_two_columns_with_one_name_the_filled_one_counts_and_they_may_not_differ() -> None:
    headers = ["type", "name", "label", "label"]
    same = forms.read_sheets({"survey": [headers, ["text", "a", "", "A"], ["text", "b", "B", "B"]]})
    assert same.poll is not None
    assert [question.label["fr"] for question in same.poll.questions] == ["A", "B"]
    assert "error: survey!D2: the column 'label' stands twice, also as C, and here they differ" in forms.errors(
        forms.read_sheets({"survey": [headers, ["text", "a", "A", "B"]]})
    )


def test_a_form_id_that_cannot_stand_in_an_address_is_written_otherwise() -> None:
    reading = forms.read([["text", "a", "A"]], settings={"form_id": "Enquête 2.0 / juin"})
    assert reading.poll is not None
    assert reading.poll.slug == "Enqu-te-2-0-juin"
    assert any("settings!A2: form_id" in one for one in forms.warnings(reading))


@pytest.mark.parametrize(
    ("titles", "shown", "whole", "warned"),
    [
        ({"form_title": "L'eau"}, {"fr": "L'eau", "en": "L'eau"}, ("fr", "en"), True),  # KoboToolbox translates no title
        ({"form_title": "L'eau", "form_title::en": "Water"}, {"fr": "L'eau", "en": "Water"}, ("fr", "en"), False),
        ({"form_title": "Eau", "form_title::fr": "Eau"}, {"fr": "Eau", "en": "Eau"}, ("fr", "en"), True),
        ({"form_title::fr": "L'eau"}, {"fr": "L'eau"}, ("fr",), False),
    ],
)
def test_the_plain_title_stands_for_those_that_are_missing(
    titles: dict[str, str], shown: dict[str, str], whole: tuple[str, ...], warned: bool
) -> None:
    survey = [["type", "name", "label::fr", "label::en"], ["text", "a", "Quoi?", "What?"]]
    reading = forms.read_sheets({"survey": survey, "settings": [["form_id", *titles], ["eau", *titles.values()]]})
    assert reading.poll is not None, forms.errors(reading)
    assert (reading.poll.title, reading.poll.whole_languages) == (shown, whole)
    told = "warning: settings!B2: is the title in 'en' too: to translate it, add a column form_title::... (en)"
    assert forms.warnings(reading) == ([told] if warned else [])


def test_the_topic_and_the_days_are_kept_with_the_poll() -> None:
    found = poll([["text", "a", "A"]], topic="T2", opens=date(2026, 12, 1), closes=datetime(2026, 12, 31, 18))
    assert (found.topic, found.opens, found.closes) == ("T2", "2026-12-01", "2026-12-31T18:00:00")


@pytest.mark.parametrize(("slip", "meant"), [("discret", "discreet"), ("closess", "closes"), ("strate", "strata")])
def test_a_setting_with_a_letter_wrong_is_said_and_not_passed_over(slip: str, meant: str) -> None:
    said = forms.warnings(forms.read([["text", "a", "A"]], [], {slip: "yes"}))
    assert any(f"settings!C1: the column '{slip}' is not read: is it '{meant}'?" in one for one in said), said


def test_a_number_without_limits_is_a_hint_and_a_day_is_none() -> None:
    rows = [["integer", "age", "Quel âge?"], ["integer", "parts", "Combien?", "", ". > 0"], ["date", "quand", "Depuis quand?"]]
    (hint,) = forms.read(rows).findings
    assert str(hint).startswith("hint: survey!A2: 'age' takes any number")


def test_a_word_that_is_nearly_a_profile_answer_is_asked_about() -> None:
    survey = [["type", "name", "label", "profile"], ["select_one s", "sexe", "Sexe?", "yes"]]
    reading = forms.read_sheets({"survey": survey, "choices": [["list_name", "name", "label"], ["s", "f", "Femme"]]})
    assert any("'sexe' is no profile answer: is it 'sex'? There are age_band, cercle" in one for one in forms.errors(reading))


def test_a_poll_on_the_radio_is_warned_where_one_phone_may_vote_again_or_none_can() -> None:
    radio = {"radio": "yes", "dial": "5"}
    alone, together, silent = (
        forms.warnings(forms.read([["select_one yn", "a", "A"]], YES_NO, asked))
        for asked in (radio, {**radio, "discreet": "yes"}, {"radio": "yes"})
    )
    assert alone == []
    assert "behind the poll's dial, and it has none" in silent[0]
    assert [one.partition(": in a")[0] for one in together] == ["warning: settings!C2"]
    assert "up to 4 times" in together[0]
