"""The system's own sentences, one catalogue a language, with a state for each: missing, draft, reviewed, or unfit.

Only a reviewed sentence is ever shown; what a language lacks, or what is unfit for the letters in which it is sent, falls back
to French. No translation is invented here.
"""

import string
import tomllib
from collections.abc import Iterable
from importlib.resources import files
from typing import Literal

from msgspec import Struct, field

from flows.phrases.room import misfit

DEFAULT_LANGUAGE = "fr"
State = Literal["draft", "reviewed", "unfit"]
"""`unfit` was reviewed, and does not fit where it is shown in the letters in which its language is sent now."""

# Languages of Kayes that a translator may fill in (facts/kayes.md), each by its name in itself.
NAMES = {
    "fr": "Français",
    "en": "English",
    "bm": "Bamanankan",
    "snk": "Sooninkanxanne",
    "kao": "Xaasongaxanno",
    "ff": "Pulaar",
    "mwk": "Maninkakan",
}


class Sentence(Struct, frozen=True):
    """One sentence in one language."""

    text: str
    state: State


class Phrases(Struct, frozen=True):
    """All catalogues: language → phrase → sentence. `ucs2` names the languages whose letters a phone shows as UCS-2."""

    catalogues: dict[str, dict[str, Sentence]]
    names: dict[str, str] = field(default_factory=lambda: dict(NAMES))
    ucs2: frozenset[str] = frozenset()

    def say(self, language: str, phrase: str, **values: str) -> str:
        """The reviewed sentence `phrase` in `language`, else in French, with its `{names}` filled in.

        Raises:
            KeyError: for a phrase that French lacks: a fault of the code, held by a test.
        """
        sentence = self.catalogues.get(language, {}).get(phrase)
        if sentence is None or sentence.state != "reviewed":
            sentence = self.catalogues[DEFAULT_LANGUAGE][phrase]
        return sentence.text.format_map(values) if values else sentence.text

    def name_of(self, language: str) -> str:
        """The language's name in itself, else its code."""
        return self.names.get(language, language)

    def missing(self, language: str) -> list[str]:
        """The sentences that have no reviewed translation in `language` that fits, in French's order."""
        there = self.catalogues.get(language, {})
        return [phrase for phrase in self.all if phrase not in there or there[phrase].state != "reviewed"]

    @property
    def all(self) -> tuple[str, ...]:
        """The name of every sentence."""
        return tuple(self.catalogues[DEFAULT_LANGUAGE])

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages whose every sentence is reviewed and fits: only these may be offered. French first, then as declared."""
        return tuple(language for language in self.catalogues if not self.missing(language))

    def everywhere(self, phrase: str) -> dict[str, str]:
        """The sentence in every language that has it reviewed."""
        there = {language: catalogue.get(phrase) for language, catalogue in self.catalogues.items()}
        return {language: sentence.text for language, sentence in there.items() if sentence and sentence.state == "reviewed"}

    def with_more(self, catalogues: dict[str, dict[str, Sentence]]) -> "Phrases":
        """These phrases, with sentences of a translator's above them."""
        merged = {language: dict(catalogue) for language, catalogue in self.catalogues.items()}
        for language, catalogue in catalogues.items():
            merged.setdefault(language, {}).update(catalogue)
        return Phrases(_fitting(merged, self.ucs2), self.names, self.ucs2)

    def with_ucs2(self, languages: Iterable[str]) -> "Phrases":
        """These phrases, with languages whose letters a phone is to show as they are."""
        ucs2 = frozenset(languages)
        return Phrases(_fitting(self.catalogues, ucs2), self.names, ucs2)

    def complaint(self, language: str) -> str:
        """Why reviewed sentences of a language cannot be shown now, and what to do; empty where all can."""
        there = self.catalogues.get(language, {})
        unfit = [phrase for phrase in self.missing(language) if phrase in there and there[phrase].state == "unfit"]
        whys = {phrase: misfit(phrase, there[phrase].text, language in self.ucs2) for phrase in unfit}
        if not whys:
            return ""
        first, *others = whys
        more = f"; the others: {', '.join(others)}" if others else ""
        return f"{len(whys)} of Palabre's own sentences do not fit: '{first}' {whys[first]}{more}"


def _fitting(catalogues: dict[str, dict[str, Sentence]], ucs2: frozenset[str]) -> dict[str, dict[str, Sentence]]:
    """The catalogues, with what was reviewed and does not fit now marked so. What is `unfit` is looked at anew."""
    return {
        language: {phrase: _marked(phrase, one, language in ucs2) for phrase, one in there.items()}
        for language, there in catalogues.items()
    }


def _marked(phrase: str, sentence: Sentence, is_ucs2: bool) -> Sentence:
    if sentence.state == "draft":
        return sentence
    return Sentence(sentence.text, "unfit" if misfit(phrase, sentence.text, is_ucs2) else "reviewed")


def placeholders(text: str) -> frozenset[str]:
    """The `{names}` of a sentence, as they are written; a translation must keep them.

    Raises:
        ValueError: for a brace that is not closed.
    """
    fields = (field for field in string.Formatter().parse(text) if field[1] is not None)
    return frozenset(f"{name}{'!' + how if how else ''}{':' + width if width else ''}" for _, name, width, how in fields)


def _read() -> Phrases:
    catalogues: dict[str, dict[str, Sentence]] = {DEFAULT_LANGUAGE: {}}
    for path in sorted(files(__name__).iterdir(), key=lambda path: path.name):
        language, _, kind = path.name.rpartition(".")
        if kind == "toml":
            content = tomllib.loads(path.read_text(encoding="utf-8"))
            catalogues[language] = {phrase: Sentence(text, "reviewed") for phrase, text in content["reviewed"].items()}
            catalogues[language] |= {phrase: Sentence(text, "draft") for phrase, text in content.get("draft", {}).items()}
    return Phrases(catalogues)


BUILT_IN = _read()
"""What comes with Palabre: French and English, complete."""
