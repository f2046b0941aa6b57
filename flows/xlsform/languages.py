"""The languages of a form, and its sentences in them: labels, hints, messages.

A sentence is never empty: what the default language lacks is shown in another one, else as the name of its row.
"""

import html
import re
from typing import NamedTuple

from flows.phrases import BUILT_IN, Phrases
from flows.poll import Labels
from flows.workbook import Cell, Row
from flows.xlsform.findings import Findings

DEFAULT = "fr"
"""What a column without a language is taken for, where nothing says otherwise."""

_CODE = re.compile(r"\(\s*([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*\s*\)\s*$")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|(?<!\\)\*\*|(?<![\w{\\])__|__(?![\w}])|^#+\s+", re.MULTILINE)
_LINK = re.compile(r"(?<!\\)!?\[([^\[\]\\]+)\]\([^()\s]+(?: \"[^\"]*\")?\)")
_EMPHASIS = re.compile(  # not snake_case, ${_name_}, 5*6, nor *100* and *384*36#, which are dialled
    r"(?<![\w{\\])_(?=\S)((?:\$\{[^{}\n]*\}|\$(?!\{)|[^$_\n]|(?<=\w)_(?=\w))+)(?<![\s\\])_(?![\w}])"
    r"|(?<![\w\\*])\*(?=\S)(?![\d#]+\*)([^*\n]+)(?<![\s\\])\*(?![\w*])"
)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!<>-])")
_NAMED = {name.lower(): code for code, name in BUILT_IN.names.items()} | {
    **{"french": "fr", "english": "en", "spanish": "es", "español": "es", "portuguese": "pt", "português": "pt"},
    **{"arabic": "ar", "german": "de", "deutsch": "de", "swahili": "sw", "kiswahili": "sw", "hausa": "ha", "wolof": "wo"},
    **{"bambara": "bm", "soninke": "snk", "pulaar": "ff", "fula": "ff", "khassonke": "kao", "malinke": "mwk"},
}


class Lack(NamedTuple):
    """A row without a label of its own: what is said of it, and of several like it."""

    cell: Cell
    said: str
    of_all: str


class Languages:
    """Which languages there are, which one stands for what has none, and each sentence by its code."""

    def __init__(self, findings: Findings, settings: Row, rows: list[Row], phrases: Phrases) -> None:
        self._findings, self._phrases = findings, phrases
        self._codes: dict[str, str] = {}
        self._lacks_default = False
        labels = {header: row for row in rows for header, cell in row.cells.items() if cell.text and _base(header) == "label"}
        codes = dict.fromkeys(code for header, row in labels.items() if (code := self._code(row, header)))
        self.default = self._default(settings["default_language"], labels.get("label"), list(codes))
        self._all = tuple(codes) if codes and "label" not in labels else tuple(dict.fromkeys((self.default, *codes)))

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages of the labels; without the default one where others stood in for it."""
        return tuple(code for code in self._all if code != self.default or not self._lacks_default)

    def sentence(self, row: Row, base: str) -> Labels:
        """The column `base` and its translations (`label::Français (fr)`), those that are filled in, without markup."""
        sentences: Labels = {}
        for header, cell in row.cells.items():
            if cell.text and _base(header) == base:
                sentences.setdefault(self._code(row, header) or self.default, _bare(cell.text))
        return sentences

    def label(self, row: Row, *bases: str) -> Labels:
        """What is shown for a row: the first of its columns `bases` that is filled in, else the row's name."""
        label, lack = self._label(row, bases)
        if lack:
            self._findings.warn(lack.cell, lack.said)
        return label

    def labels(self, rows: list[Row], listed: str) -> list[Labels]:
        """The labels of the choices of a list; what several lack alike is said once, with where they stand."""
        found = [self._label(row, ("label",)) for row in rows]
        alike: dict[str, list[Lack]] = {}
        for _, lack in found:
            if lack:
                alike.setdefault(lack.of_all, []).append(lack)
        for of_all, lacks in alike.items():
            cells = [(lack.cell, lack.said) for lack in lacks]
            self._findings.warn_of_all(cells, f"{len(lacks)} choices of the list '{listed}' {of_all}")
        return [label for label, _ in found]

    def _label(self, row: Row, bases: tuple[str, ...]) -> tuple[Labels, Lack | None]:
        sentences = next((found for base in bases if (found := self.sentence(row, base))), {})
        if self.default in sentences:
            return sentences, None
        place, name = row[bases[0]] if row.text(bases[0]) else row["name"], row.text("name")
        if not sentences:
            lack = Lack(place, f"has no label: '{name}' stands for it", "have no label: their names stand for them")
            return self.everywhere(name.replace("_", " ").strip() or name or "?"), lack
        other, sentence = next(iter(sentences.items()))
        self._lacks_default = True
        lacking = f"no label in the default language ({self.default}): the one in {other} is shown"
        return {**sentences, self.default: sentence}, Lack(place, f"has {lacking}", f"have {lacking}")

    def title(self, row: Row) -> Labels:
        """`form_title` and its translations. The plain one, which KoboToolbox can't translate, stands for those it lacks."""
        titles, plain = self.sentence(row, "form_title"), row["form_title"]
        if not plain.text:
            return titles
        for code in self.spoken:
            if code not in titles:
                self._findings.warn(
                    plain, f"is the title in '{code}' too: to translate it, add a column form_title::... ({code})"
                )
        return self.everywhere(_bare(plain.text)) | titles

    def phrase(self, phrase: str) -> Labels:
        """A sentence of Palabre's own in every language of the form; in French where it has no other."""
        ours = self._phrases
        return ours.everywhere(phrase) | {code: ours.say(code, phrase) for code in (self.default, *self._all)}

    def everywhere(self, words: str) -> Labels:
        """The same words in every language: digits, names."""
        return dict.fromkeys((self.default, *self._all), words)

    def _default(self, named: Cell, plain: Row | None, codes: list[str]) -> str:
        """The language that the settings name; else that of the plain column `label`; else French; else the first there is."""
        code = _code_of(named.text)
        if code and (code in codes or plain or not codes):
            return code
        if code:
            self._findings.warn(named, f"no column 'label' is in '{named.text}': the default language is another")
        if plain is None:
            return DEFAULT if DEFAULT in codes or not codes else codes[0]
        if DEFAULT not in codes:
            return DEFAULT
        message = "is taken for English, as there is a column in French: write label::English (en)"
        self._findings.warn(_head(plain, "label"), message)
        return "en"

    def _code(self, row: Row, header: str) -> str:
        """The code of the header's language; its name itself, with a warning, where there is none; empty for the default."""
        written = header.partition("::")[2]
        if header not in self._codes:
            self._codes[header] = _code_of(written)
            if self._codes[header] == written.lower() and len(written) > 3:
                message = f"write the language's code behind its name, as in 'Français (fr)', not '{written}'"
                self._findings.warn(_head(row, header), message)
        return self._codes[header]


def _head(row: Row, header: str) -> Cell:
    """The cell in which the header itself stands."""
    return Cell(row.sheet, row.headers, row[header].column, header)


def _base(header: str) -> str:
    return header.partition("::")[0]


def _code_of(written: str) -> str:
    """`Français (fr)` → fr; `English` → en; `default` and nothing → nothing."""
    folded = " ".join(written.lower().split())
    if code := _CODE.search(folded):
        return code[1]
    return "" if folded == "default" else _NAMED.get(folded, folded)


def _bare(text: str) -> str:
    """Without the markup that KoboToolbox and ODK allow; the text itself where it is all markup."""
    words = _LINK.sub(r"\1", _MARKUP.sub("", text))
    for _ in range(2):  # one emphasis may stand in another
        words = _EMPHASIS.sub(lambda match: match[1] or match[2], words)
    return " ".join(html.unescape(_ESCAPED.sub(r"\1", words)).split()) or text
