"""An XLSForm workbook → Poll, or findings that name sheet, row and column and say what to do.

Source: https://xlsform.org/en/ref-table/ and ../docs; what a basic phone cannot do is an error here, never later.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import openpyxl
from msgspec import Struct
from openpyxl.utils import get_column_letter

from flows.expressions import Expression, compile_expression
from flows.poll import MAX_STRATA, PROFILE_NAMES, STRATUM_NAMES, Choice, Labels, Poll, Question
from flows.xpath.values import ExpressionError

MAX_FILE_BYTES = 5_000_000
MAX_UNPACKED_BYTES = 50_000_000
MAX_ROWS = 5_000
MAX_GRAIN = 2

CANONICAL = {
    "residence": {"village", "diaspora", "returned", "other"},
    "cercle": {"kayes", "bafoulabe", "diema", "kenieba", "kita", "nioro", "yelimane", "other"},
    "sex": {"f", "m", "other"},
}
"""Names under which profile choices are counted together over all polls (rule 22)."""

_TYPES = {"select_one", "select_multiple", "integer", "text", "note"}
_METADATA = {
    "start",
    "end",
    "today",
    "deviceid",
    "phonenumber",
    "username",
    "audit",
    "simserial",
    "subscriberid",
    "email",
}
_LATER = {"decimal", "date", "calculate", "begin_group", "end_group", "begin group", "end group"}
_ALIASES = {"int": "integer", "string": "text", "select one": "select_one", "select multiple": "select_multiple"}
_LATER_COLUMNS = {"choice_filter", "default", "calculation"}
_LATER_SETTINGS = {"discreet", "radio"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LANGUAGE = re.compile(r"\(\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)?)\s*\)\s*$")
_YES = {"yes", "true", "true()", "1", "oui"}
_NO = {"", "no", "false", "false()", "0", "non"}


class Finding(Struct, frozen=True):
    """What is wrong with one cell, or with the workbook where `row` is 0."""

    severity: Literal["error", "warning"]
    sheet: str
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        place = f"{self.sheet}!{self.column}{self.row}" if self.row else self.sheet
        return f"{self.severity}: {place}: {self.message}"


class Workbook(Struct, frozen=True):
    """What came of reading one: a poll, unless a finding is an error."""

    poll: Poll | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")


def read(path: Path) -> Workbook:
    """The poll in the workbook at `path`. Never raises on a bad workbook: what is wrong is a finding.

    Raises:
        OSError: when the file cannot be read.
    """
    reader = _Reader()
    if not (sheets := _sheets(path.read_bytes(), reader)):
        return Workbook(None, tuple(reader.findings))
    poll = reader.poll(sheets)
    findings = tuple(reader.findings)
    return Workbook(None if any(finding.severity == "error" for finding in findings) else poll, findings)


class _Cell(Struct, frozen=True):
    """A cell as text, with its place."""

    sheet: str
    row: int
    column: str
    text: str


class _Row(Struct, frozen=True):
    """The cells of one row by the header of their column, lower case."""

    sheet: str
    number: int
    cells: dict[str, _Cell]

    def __getitem__(self, header: str) -> _Cell:
        return self.cells.get(header) or _Cell(self.sheet, self.number, "A", "")

    def text(self, header: str) -> str:
        return self[header].text


def _sheets(content: bytes, reader: "_Reader") -> dict[str, list[_Row]]:
    """The rows of the three sheets; nothing of a file that is too large, not a workbook, or hostile."""
    try:
        if len(content) > MAX_FILE_BYTES:
            raise ValueError(f"larger than {MAX_FILE_BYTES // 1_000_000} MB")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise ValueError("unpacks to too much")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = {name.strip().lower(): list(_rows(name.strip().lower(), book[name])) for name in book.sheetnames}
    except Exception as why:  # the edge of what others wrote: openpyxl raises whatever its XML parser does
        reader.error(_Cell("workbook", 0, "", ""), f"not a readable .xlsx workbook ({why})")
        return {}
    for needed in ("survey",):
        if needed not in sheets:
            reader.error(_Cell("workbook", 0, "", ""), f"has no sheet '{needed}'")
            return {}
    return sheets


def _rows(sheet: str, worksheet: Any) -> Iterator[_Row]:
    headers: list[str] = []
    for number, values in enumerate(worksheet.iter_rows(values_only=True, max_row=MAX_ROWS), start=1):
        texts = [_text(value) for value in values]
        if not headers:
            headers = [text.lower() if "::" not in text else text for text in texts] if any(texts) else []
        elif any(texts):
            cells = {
                header: _Cell(sheet, number, get_column_letter(place), text)
                for place, (header, text) in enumerate(zip(headers, texts, strict=False), start=1)
                if header
            }
            yield _Row(sheet, number, cells)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


class _Reader:
    """Reads one workbook, gathering findings as it goes."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.default_language = "fr"
        self.languages: dict[str, None] = {}

    def error(self, cell: _Cell, message: str) -> None:
        self.findings.append(Finding("error", cell.sheet, cell.row, cell.column, message))

    def warn(self, cell: _Cell, message: str) -> None:
        self.findings.append(Finding("warning", cell.sheet, cell.row, cell.column, message))

    def poll(self, sheets: dict[str, list[_Row]]) -> Poll | None:
        settings = next(iter(sheets.get("settings", [])), _Row("settings", 2, {}))
        self.default_language = self._language(settings["default_language"]) or "fr"
        lists = self._lists(sheets.get("choices", []))
        questions = self._questions(sheets["survey"], lists)
        slug = settings.text("form_id")
        if not _SLUG.fullmatch(slug):
            self.error(settings["form_id"], "form_id is the poll's slug: letters, digits, - and _, and must be there")
        title = self._labels(settings, "form_title") or {self.default_language: slug}
        for later in _LATER_SETTINGS:
            self._refuse_later(settings[later], later)
        strata = self._strata(settings, questions)
        if not questions:
            self.error(_Cell("survey", 2, "A", ""), "there is no question")
        return Poll(
            slug=slug,
            title=title,
            questions=tuple(questions),
            languages=tuple(self.languages),
            default_language=self.default_language,
            keyword=settings.text("keyword").upper(),
            dial=self._dial(settings["dial"]),
            topic=settings.text("topic"),
            opens=settings.text("opens"),
            closes=settings.text("closes"),
            strata=strata,
            grain=self._grain(settings["grain"], strata),
        )

    # choices

    def _lists(self, rows: list[_Row]) -> dict[str, list[Choice]]:
        lists: dict[str, list[Choice]] = {}
        for row in rows:
            listed, name = row["list_name"] if row.text("list_name") else row["list name"], row["name"]
            if not listed.text and not name.text:
                continue
            if not name.text:
                self.error(name, "a choice needs a name")
            elif any(choice.name == name.text for choice in lists.get(listed.text, [])):
                self.error(name, f"the choice '{name.text}' stands twice in the list '{listed.text}'")
            else:
                lists.setdefault(listed.text, []).append(self._choice(row))
        return lists

    def _choice(self, row: _Row) -> Choice:
        synonyms = {
            language: tuple(word.strip() for word in text.split(",") if word.strip())
            for language, text in self._labels(row, "synonyms").items()
        }
        return Choice(name=row.text("name"), label=self._required_labels(row), synonyms=synonyms)

    # questions

    def _questions(self, rows: list[_Row], lists: dict[str, list[Choice]]) -> list[Question]:
        questions: list[Question] = []
        for row in rows:
            question = self._question(row, lists)
            if question is None:
                continue
            if any(question.name == other.name for other in questions):
                self.error(row["name"], f"the name '{question.name}' stands twice")
            questions.append(question)
        self._check_references(rows, {question.name for question in questions})
        return questions

    def _question(self, row: _Row, lists: dict[str, list[Choice]]) -> Question | None:
        kind, _, rest = self._type(row)
        if not kind:
            return None
        name = row.text("name")
        if not _NAME.fullmatch(name):
            self.error(row["name"], f"'{name}' is not a name: begin with a letter, then letters, digits, _ - .")
        choices: list[Choice] = []
        if kind.startswith("select"):
            choices = self._list_of(row, rest, lists)
        for later in _LATER_COLUMNS:
            self._refuse_later(row[later], later)
        profile = self._flag(row["profile"])
        if profile:
            self._check_profile(row, name, choices)
        return Question(
            name=name,
            type=kind,  # type: ignore[arg-type]
            label=self._required_labels(row),
            hint=self._labels(row, "hint"),
            choices=tuple(choices),
            relevant=self._expression(row["relevant"]),
            constraint=self._expression(row["constraint"]),
            constraint_message=self._labels(row, "constraint_message"),
            required=self._flag(row["required"]),
            profile=profile,
        )

    def _type(self, row: _Row) -> tuple[str, str, str]:
        """The type of the row, empty for one to pass over, with the rest of its cell."""
        cell = row["type"]
        text = " ".join(cell.text.split())
        for alias, name in _ALIASES.items():
            if text == alias or text.startswith(f"{alias} "):
                text = name + text[len(alias) :]
        kind, space, rest = text.partition(" ")
        if not text or text.lower() in _METADATA:
            return "", "", ""
        if text in _LATER or kind in _LATER:
            self.error(cell, f"'{text}' is not supported yet; use select_one, select_multiple, integer, text or note")
        elif kind not in _TYPES:
            self.error(cell, f"a basic phone cannot do '{text}'; use select_one, select_multiple, integer, text or note")
        else:
            return kind, space, rest
        return "", "", ""

    def _list_of(self, row: _Row, rest: str, lists: dict[str, list[Choice]]) -> list[Choice]:
        listed, _, more = rest.partition(" ")
        if more:
            self.error(row["type"], f"'{more}' is not supported yet: add a choice and a text question instead")
        if not lists.get(listed):
            self.error(row["type"], f"there is no list '{listed}' on the sheet 'choices'")
        return lists.get(listed, [])

    def _check_profile(self, row: _Row, name: str, choices: list[Choice]) -> None:
        if name not in PROFILE_NAMES:
            self.error(row["name"], f"'{name}' is no profile answer; they are {', '.join(sorted(PROFILE_NAMES))}")
        elif not row.text("type").startswith("select"):
            self.error(row["type"], "a profile question is a select_one: results are broken down by its choices")
        unknown = [choice.name for choice in choices if choice.name not in CANONICAL.get(name, {choice.name})]
        if unknown:
            known = ", ".join(sorted(CANONICAL[name]))
            self.error(row["type"], f"the choices of '{name}' must be among {known}; not: {', '.join(unknown)}")

    def _check_references(self, rows: list[_Row], names: set[str]) -> None:
        for row in rows:
            for header in ("relevant", "constraint"):
                cell = row[header]
                for unknown in sorted(_references(cell.text) - names):
                    self.error(cell, f"refers to ${{{unknown}}}, and there is no such question")

    # settings

    def _dial(self, cell: _Cell) -> str:
        if cell.text and not (cell.text.isascii() and cell.text.isdigit()):
            self.error(cell, "dial is digits: what is dialled after the service code")
        return cell.text

    def _strata(self, settings: _Row, questions: list[Question]) -> tuple[str, ...]:
        cell = settings["strata"]
        strata = tuple(cell.text.replace(",", " ").split())
        asked = {question.name for question in questions if question.profile} | {"country", "language", "channel"}
        for name in strata:
            if name not in STRATUM_NAMES:
                self.error(cell, f"'{name}' is no stratum; they are {', '.join(sorted(STRATUM_NAMES))}")
            elif name not in asked:
                self.warn(cell, f"no profile question of this poll asks '{name}'")
        if len(strata) > MAX_STRATA:
            self.error(cell, f"at most {MAX_STRATA} strata a poll")
        return strata

    def _grain(self, cell: _Cell, strata: tuple[str, ...]) -> tuple[str, ...]:
        grain = tuple(cell.text.replace(",", " ").split())
        if len(grain) > MAX_GRAIN or not set(grain) <= set(strata):
            self.error(cell, f"grain is one or two of the strata: {', '.join(strata) or 'there are none'}")
        return grain

    # cells

    def _labels(self, row: _Row, header: str) -> Labels:
        """The column `header` and its translations (`label::Français (fr)`), those that are filled in."""
        labels: Labels = {}
        for name, cell in row.cells.items():
            base, _, language = name.partition("::")
            if base.strip().lower() == header and cell.text:
                code = self._language(_Cell(cell.sheet, 1, cell.column, language.strip(": "))) or self.default_language
                labels[code] = cell.text
        self.languages.update(dict.fromkeys(labels) if header == "label" else {})
        return labels

    def _required_labels(self, row: _Row) -> Labels:
        labels = self._labels(row, "label")
        if self.default_language not in labels:
            self.error(row["name"], f"has no label in the default language ({self.default_language})")
        return labels

    def _language(self, cell: _Cell) -> str:
        """The code of `Français (fr)`."""
        if not cell.text:
            return ""
        code = _LANGUAGE.search(cell.text)
        if code:
            return code[1].lower()
        if re.fullmatch(r"[A-Za-z]{2,3}", cell.text):
            return cell.text.lower()
        self.warn(cell, f"write the language's code behind its name, as in 'Français (fr)', not '{cell.text}'")
        return cell.text.lower()

    def _flag(self, cell: _Cell) -> bool:
        if cell.text.lower() not in _YES | _NO:
            self.error(cell, f"'{cell.text}' is neither yes nor no")
        return cell.text.lower() in _YES

    def _expression(self, cell: _Cell) -> Expression | None:
        if not cell.text:
            return None
        try:
            return compile_expression(cell.text)
        except ExpressionError as why:
            self.error(cell, str(why))
            return None

    def _refuse_later(self, cell: _Cell, what: str) -> None:
        if cell.text.lower() not in _NO:
            self.error(cell, f"'{what}' is not supported yet: leave the cell empty")


def _references(source: str) -> set[str]:
    return set(re.findall(r"\$\{\s*([^}\s]+)\s*\}", source))
