"""A translator's workbook, out and back: what is whole is offered, what would not fit or lose a word is refused at its cell."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine

from flows.phrases import BUILT_IN, DEFAULT_LANGUAGE, Phrases, placeholders
from flows.phrases.room import misfit, room
from flows.screen import Screen, pages
from tests import forms
from workers import translations
from workers.database.session import reading, writing

TEXT, STATE = "text::Bamanankan (bm)", "state::Bamanankan (bm)"
NKO = "ߒߞߏ"
FRENCH = BUILT_IN.catalogues[DEFAULT_LANGUAGE].items()

Import = Callable[..., list[str]]


@pytest.fixture
def imported(engine: Engine, tmp_path: Path) -> Import:
    """Brings rows of (phrase, text, state) in Bamanankan in; what was found wrong."""

    def bring(*rows: tuple[str, str, str], text: str = TEXT, ucs2: tuple[str, ...] = ()) -> list[str]:
        sheet = [["phrase", text, STATE], *rows]
        path = forms.write(tmp_path / "phrases.xlsx", {"phrases": sheet})
        with writing(engine) as session:
            now = translations.read_phrases(session).with_ucs2(ucs2)
            return [str(finding) for finding in translations.take_in(session, path, now)]

    return bring


def sentences(engine: Engine) -> Phrases:
    with reading(engine) as session:
        return translations.read_phrases(session)


def test_what_comes_with_palabre_fits_where_it_is_shown() -> None:
    said = [(phrase, one.text) for there in BUILT_IN.catalogues.values() for phrase, one in there.items()]
    assert [(phrase, why) for phrase, text in said if (why := misfit(phrase, text, is_ucs2=False))] == []


def test_the_longest_hint_with_its_offer_still_stands_above_a_page() -> None:
    hint, offer = room("number"), room("skip_offer")
    asked = Screen("q", "Combien de membres de votre famille vivent ailleurs?", keys=("0 Retour",))
    shown = pages(asked, 160, f"{'x' * hint.septets} {'x' * offer.septets}")
    assert all(page.startswith("x") for page in shown)


def test_a_language_is_whole_once_every_sentence_came_back_reviewed(engine: Engine, imported: Import) -> None:
    french = BUILT_IN.catalogues[DEFAULT_LANGUAGE]
    *most, last = [(phrase, one.text, "reviewed") for phrase, one in french.items()]
    assert imported(*most, (last[0], last[1], "draft")) == []
    assert sentences(engine).missing("bm") == [last[0]]
    assert imported(last) == []
    assert "bm" in sentences(engine).languages


def test_a_workbook_that_was_only_written_out_changes_nothing(engine: Engine, imported: Import, tmp_path: Path) -> None:
    imported(("next", "Nata", "reviewed"))
    before = sentences(engine)
    translations.export(before, tmp_path / "out.xlsx")
    with writing(engine) as session:
        assert translations.take_in(session, tmp_path / "out.xlsx", before) == []
    assert sentences(engine) == before


def test_a_sentence_that_was_changed_can_be_as_it_came_again(engine: Engine, imported: Import, tmp_path: Path) -> None:
    with writing(engine) as session:
        path = forms.write(tmp_path / "a.xlsx", {"phrases": [["phrase", "text::Français (fr)"], ["next", "Après"]]})
        translations.take_in(session, path, BUILT_IN)
    translations.export(BUILT_IN, tmp_path / "out.xlsx")
    now = sentences(engine)
    assert now != BUILT_IN
    with writing(engine) as session:
        translations.take_in(session, tmp_path / "out.xlsx", now)
    assert sentences(engine) == BUILT_IN


REFUSED = [
    ("phrases!B2: 'next' takes 13 septets, and 12 fit: it is the name of a key", "next", "x" * 13),
    ("'answer' takes 26 septets", "answer", "€" * 13),  # of the extension table: two septets each
    ("'number' takes 65 septets", "number", "x" * 65),
    ("'welcome' takes 85 septets without its {names}, and 84 fit", "welcome", "{organisation}{title}" + "x" * 85),
    ("'erased' takes 131 septets", "erased", "x" * 131),
    ("'help_text' takes 241 septets", "help_text", "{organisation}" + "x" * 241),
    ("'next' has letters that a phone shows as '?'", "next", NKO),
    ("must hold {organisation}, {title}, and holds {title}", "welcome", "{title}?"),
    ("must hold no {name}, and holds {title}", "next", "{title}"),
    ("and holds {organisation}, {title:>200}", "welcome", "{organisation}{title:>200}"),  # a title as wide as a wall
    ("and holds {organisation}, {title!r}", "welcome", "{organisation}{title!r}"),
    ("has a brace that is not closed", "welcome", "{organisation} {title"),
    ("there is no sentence 'nxt'", "nxt", "Nata"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "phrase", "text"), REFUSED)
def test_what_phones_could_not_show_is_refused_at_its_cell_and_nothing_is_taken(
    said: str, phrase: str, text: str, engine: Engine, imported: Import
) -> None:
    (finding,) = imported(("back", "Segin", "reviewed"), (phrase, text, "reviewed"))[-1:]
    assert finding.startswith("error: phrases!")
    assert said in finding.replace("B3", "B2")
    assert sentences(engine) == BUILT_IN


def test_a_language_of_its_own_letters_is_measured_in_letters(imported: Import) -> None:
    assert imported(("number", NKO * 9, "draft"), ucs2=("bm",)) == []
    (finding,) = imported(("number", NKO * 10, "draft"), ucs2=("bm",))
    assert "'number' takes 30 letters, and 28 fit" in finding


@pytest.mark.parametrize(("first", "then", "text"), [((), ("bm",), "x" * 60), (("bm",), (), NKO * 9)])
def test_a_language_is_whole_only_while_its_sentences_fit_in_the_letters_in_force(
    first: tuple[str, ...], then: tuple[str, ...], text: str, engine: Engine, imported: Import, tmp_path: Path
) -> None:
    rest = [(phrase, "".join(f"{{{name}}}" for name in placeholders(one.text)) or "x", "reviewed") for phrase, one in FRENCH]
    assert imported(*rest, ("number", text, "reviewed"), ucs2=first) == []
    now = sentences(engine)
    assert "bm" in now.with_ucs2(first).languages
    unfit = now.with_ucs2(then)
    assert (unfit.missing("bm"), unfit.say("bm", "number")) == (["number"], BUILT_IN.say("fr", "number"))
    assert unfit.complaint("bm").startswith("1 of Palabre's own sentences do not fit: 'number' ")
    translations.export(unfit, tmp_path / "out.xlsx")
    with writing(engine) as session:
        assert translations.take_in(session, tmp_path / "out.xlsx", now.with_ucs2(first)) == [], "it was and is reviewed"
    assert "bm" in sentences(engine).with_ucs2(first).languages


@pytest.mark.parametrize("header", ["text::Bamanankan", "text::", "text::Bamanankan (bambara)", "text::(bm) Bamanankan"])
def test_a_column_that_names_no_language_is_refused_at_its_head(header: str, imported: Import) -> None:
    (finding,) = imported(("next", "Nata", ""), text=header)
    assert finding.startswith("error: phrases!B1: ")
    assert "names no language" in finding


def test_a_state_that_there_is_not_is_refused_at_its_cell(imported: Import) -> None:
    assert imported(("next", "Nata", "ok")) == ["error: phrases!C2: 'ok' is neither draft nor reviewed"]


def test_the_workbook_has_a_column_for_each_language_and_its_state(tmp_path: Path) -> None:
    translations.export(BUILT_IN, tmp_path / "out.xlsx")
    rows = openpyxl.load_workbook(tmp_path / "out.xlsx")["phrases"]
    assert [cell.value for cell in rows[1]][:3] == ["phrase", "text::Français (fr)", "state::Français (fr)"]
    assert rows.max_row == len(BUILT_IN.all) + 1
