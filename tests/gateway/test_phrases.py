"""Translators' sentences as the commands take them in, and as `poll check` and `poll publish` then know them."""

from pathlib import Path

import openpyxl
import pytest

from flows.phrases import BUILT_IN, DEFAULT_LANGUAGE
from gateway.commands.servers import warn_of_languages
from gateway.runtime import Runtime, Settings
from tests import forms
from tests.installation import Installation

SURVEY = [
    ["type", "name", "label::Français (fr)", "label::Bamanankan (bm)"],
    ["select_one c or_other", "eau", "De l'eau?", "Ji?"],
]
CHOICES = [["list_name", "name", "label::Français (fr)", "label::Bamanankan (bm)"], ["c", "oui", "Oui", "Owo"]]
SETTINGS = [["form_id", "form_title"], ["ji", "Ji"]]
OTHER = "Wɛrɛ"


@pytest.fixture
def site(tmp_path: Path, sqlite_url: str) -> Installation:
    """An installation with a migrated database that does not run."""
    return Installation(tmp_path, PALABRE_DATABASE_URL=sqlite_url)


@pytest.fixture
def form(tmp_path: Path) -> str:
    """A poll in French and Bamanankan."""
    return str(forms.write(tmp_path / "ji.xlsx", {"survey": SURVEY, "choices": CHOICES, "settings": SETTINGS}))


@pytest.fixture
def translated(tmp_path: Path) -> str:
    """A workbook in which every sentence is reviewed in Bamanankan: as in French, but for one."""
    rows = [[phrase, one.text, "reviewed"] for phrase, one in BUILT_IN.catalogues[DEFAULT_LANGUAGE].items()]
    rows = [[phrase, OTHER if phrase == "other" else text, state] for phrase, text, state in rows]
    sheet = [["phrase", "text::Bamanankan (bm)", "state::Bamanankan (bm)"], *rows]
    return str(forms.write(tmp_path / "phrases.xlsx", {"phrases": sheet}))


def test_a_language_that_was_brought_in_is_missing_neither_to_check_nor_to_publish(
    site: Installation, form: str, translated: str
) -> None:
    for words in (("check", form), ("publish", form)):
        assert "bm lacks" in site.palabre("poll", *words).stderr
    assert "Bamanankan: whole" in site.palabre("phrases", "import", translated).stdout
    checked = site.palabre("poll", "check", form)
    assert "lacks" not in checked.stderr
    assert f"are those of the installation in {site.home}" in checked.stdout
    assert "Bamanankan (bm): offered" in checked.stdout
    assert "2. Wèrè" in checked.stdout, "the words of or_other too"
    assert "lacks" not in site.palabre("poll", "publish", form).stderr


def test_check_says_that_it_knows_no_installation_and_makes_none(form: str, tmp_path: Path) -> None:
    nowhere = Installation(tmp_path / "nowhere")
    checked = nowhere.palabre("poll", "check", form)
    assert (checked.returncode, "Palabre's own sentences come with Palabre" in checked.stdout) == (0, True)
    assert not nowhere.home.exists()


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:9/none", "sqlite:///{home}/empty.db"])
def test_check_goes_on_where_the_installation_cannot_be_asked(url: str, form: str, tmp_path: Path) -> None:
    (tmp_path / "empty.db").write_bytes(b"")
    checked = Installation(tmp_path, PALABRE_DATABASE_URL=url.format(home=tmp_path)).palabre("poll", "check", form)
    assert (checked.returncode, "come with Palabre" in checked.stdout) == (0, True)


def test_a_sentence_that_does_not_fit_exits_1_and_nothing_is_taken(site: Installation, form: str, translated: str) -> None:
    book = openpyxl.load_workbook(translated)
    book["phrases"]["B2"] = "{organisation} {title} " + "x" * 90
    book.save(translated)
    done = site.palabre("phrases", "import", translated)
    assert (done.returncode, done.stdout) == (1, "")
    assert "error: phrases!B2: 'welcome' takes" in done.stderr
    assert "shorten it" in done.stderr
    assert f"{len(BUILT_IN.all)} of Palabre's own" in site.palabre("poll", "check", form).stderr


def test_a_language_that_no_longer_fits_is_said_by_check_import_and_up(
    site: Installation, form: str, translated: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert site.palabre("phrases", "import", translated).returncode == 0
    said = "is not offered: 5 of Palabre's own sentences do not fit: 'several' takes 32 letters, and 28 fit"
    settings = tmp_path / "palabre.toml"
    settings.write_text('ucs2_languages = ["bm"]')
    now = Installation(site.home, **site.environment, PALABRE_CONFIG=str(settings))
    assert f"bm {said}" in now.palabre("poll", "check", form).stderr
    next_in_english = forms.write(tmp_path / "en.xlsx", {"phrases": [["phrase", "text::English (en)"], ["next", "More"]]})
    imported = now.palabre("phrases", "import", str(next_in_english))
    assert f"warning: Bamanankan {said}" in imported.stderr
    assert "Bamanankan: 5 sentences are missing, are drafts or do not fit" in imported.stdout
    warn_of_languages(Runtime(Settings(database_url=site.environment["PALABRE_DATABASE_URL"], ucs2_languages=("bm",))))
    assert f"warning: Bamanankan {said}" in capsys.readouterr().err
