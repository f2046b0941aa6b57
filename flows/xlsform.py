"""An XLSForm workbook → Poll, or findings that name sheet, row and column and say what to do.

Source: https://xlsform.org/en/ref-table/; what a basic phone cannot do is an error here, never later.
"""

import re
from pathlib import Path

from msgspec import Struct

from flows.expressions import Expression, compile_expression
from flows.phrases import BUILT_IN
from flows.poll import MAX_STRATA, PROFILE_NAMES, STRATUM_NAMES, Choice, Labels, Poll, Question
from flows.workbook import Cell, Finding, Row, Sheets, UnreadableError, read_sheets
from flows.xpath.values import ExpressionError

MAX_GRAIN = 2

CANONICAL = {
    "residence": {"village", "diaspora", "returned", "other"},
    "cercle": {"kayes", "bafoulabe", "diema", "kenieba", "kita", "nioro", "yelimane", "other"},
    "sex": {"f", "m", "other"},
}
"""Names under which profile choices are counted together over all polls (rule 22)."""

TYPES = {"select_one", "select_multiple", "integer", "decimal", "text", "date", "note", "calculate"}

ALIASES = {
    "add select one prompt using": "select_one",
    "select one from": "select_one",
    "select one using": "select_one",
    "select one": "select_one",
    "select1": "select_one",
    "add select multiple prompt using": "select_multiple",
    "select all that apply from": "select_multiple",
    "select all that apply": "select_multiple",
    "select multiple from": "select_multiple",
    "select multiple using": "select_multiple",
    "select multiple": "select_multiple",
    "int": "integer",
    "add integer prompt": "integer",
    "string": "text",
    "add text prompt": "text",
    "add note prompt": "note",
    "begin group": "begin_group",
    "end group": "end_group",
    "begin repeat": "begin_repeat",
    "end repeat": "end_repeat",
}
"""What pyxform takes for the same, longest first."""

METADATA = {
    *("start", "end", "today", "deviceid", "device id", "phonenumber", "phone number", "get phone number", "username"),
    *("email", "simserial", "sim id", "subscriberid", "get subscriber id", "audit", "start-geopoint", "imei", "hidden"),
}
"""What a form gathers by itself and nobody is asked: passed over."""

INSTEAD = {
    "geopoint": "ask for the commune with select_one",
    "geotrace": "ask for the commune with select_one",
    "geoshape": "ask for the commune with select_one",
    "begin_repeat": "ask one question for each, under its own name",
    "end_repeat": "ask one question for each, under its own name",
    "image": "describe it in a text question, or leave it out",
    "audio": "describe it in a text question, or leave it out",
    "video": "describe it in a text question, or leave it out",
    "file": "describe it in a text question, or leave it out",
    "barcode": "ask for the number with integer or text",
    "range": "ask with integer, and a constraint for its limits",
    "rank": "ask for the first with select_one",
    "time": "ask with text, or with the choices of select_one",
    "datetime": "ask with date",
    "acknowledge": "ask with select_one, or say it in a note",
    "trigger": "ask with select_one, or say it in a note",
    "select_one_from_file": "put the choices on the sheet 'choices'",
    "select_multiple_from_file": "put the choices on the sheet 'choices'",
    "select_one_external": "put the choices on the sheet 'choices'",
    "csv-external": "put the choices on the sheet 'choices'",
    "xml-external": "put the choices on the sheet 'choices'",
}

_CHOICE_COLUMNS = {"list_name", "list name", "name", "label", "synonyms", "image", "audio", "video", "media", "order"}
_NAME = re.compile(r"[^\W\d][\w.-]{0,63}")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LANGUAGE = re.compile(r"\(\s*([A-Za-z]{2,3})(?:-[A-Za-z0-9]+)?\s*\)\s*$")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|\*\*|__|^#+\s+", re.MULTILINE)
_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
_YES = {"yes", "true", "true()", "1", "oui"}
_NO = {"", "no", "false", "false()", "0", "non"}
OTHER = "other"


class Reading(Struct, frozen=True):
    """What came of reading a workbook: a poll, unless a finding is an error."""

    poll: Poll | None
    findings: tuple[Finding, ...]


def read(path: Path) -> Reading:
    """The poll in the workbook at `path`. Never raises on a bad workbook: what is wrong is a finding.

    Raises:
        OSError: when the file cannot be read.
    """
    reader = _Reader(path.stem)
    try:
        sheets = read_sheets(path)
    except UnreadableError as why:
        return Reading(None, (Finding("error", "workbook", 0, "", str(why)),))
    if "survey" not in sheets:
        return Reading(None, (Finding("error", "workbook", 0, "", "has no sheet 'survey'"),))
    poll = reader.poll(sheets)
    findings = tuple(dict.fromkeys(reader.findings))
    return Reading(None if any(finding.severity == "error" for finding in findings) else poll, findings)


class _Reader:
    """Reads one workbook, gathering findings as it goes."""

    def __init__(self, stem: str) -> None:
        self.findings: list[Finding] = []
        self.default_language = "fr"
        self.languages: dict[str, None] = {}
        self._stem = stem
        self._groups: list[tuple[Cell, str]] = []

    def error(self, cell: Cell, message: str) -> None:
        self.findings.append(Finding("error", cell.sheet, cell.row, cell.column, message))

    def warn(self, cell: Cell, message: str) -> None:
        self.findings.append(Finding("warning", cell.sheet, cell.row, cell.column, message))

    def poll(self, sheets: Sheets) -> Poll:
        settings = next(iter(sheets.get("settings", [])), Row("settings", 2, {}))
        self.default_language = self._default_language(settings, sheets["survey"])
        questions = self._questions(sheets["survey"], _Lists(self, sheets.get("choices", [])))
        slug = self._slug(settings["form_id"])
        strata = self._strata(settings["strata"], questions)
        if not any(question.type != "calculate" for question in questions):
            self.error(Cell("survey", 2, "A", ""), "there is no question")
        return Poll(
            slug=slug,
            title=self._labels(settings, "form_title") or self._labels(settings, "title") or {self.default_language: slug},
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
            discreet=self._flag(settings["discreet"]),
            radio=self._radio(settings["radio"], questions),
        )

    # the survey sheet

    def _questions(self, rows: list[Row], lists: "_Lists") -> list[Question]:
        questions: list[Question] = []
        for row in rows:
            kind, rest = self._type(row)
            if kind == "begin_group":
                self._groups.append((row["type"], row.text("relevant")))
            elif kind == "end_group":
                self._end_group(row["type"])
            elif kind:
                questions += self._question(row, kind, rest, lists)
        for cell, _ in self._groups:
            self.error(cell, "this group is not ended: add a row 'end_group'")
        self._check_names(rows, questions)
        return questions

    def _type(self, row: Row) -> tuple[str, str]:
        """(type, rest of its cell); the type is empty for a row to pass over."""
        cell = row["type"]
        text = " ".join(cell.text.split())
        for alias, name in ALIASES.items():
            if text.lower() == alias or text.lower().startswith(f"{alias} "):
                text = name + text[len(alias) :]
                break
        kind, _, rest = text.partition(" ")
        kind = kind.lower()
        if not text or text.lower() in METADATA or (kind.startswith("select") and row.text("appearance").startswith("label")):
            return "", ""
        if kind in TYPES or kind in ("begin_group", "end_group"):
            return kind, rest
        self.error(cell, f"a basic phone cannot do '{text}': {INSTEAD.get(kind, 'use ' + ', '.join(sorted(TYPES)))}")
        return "", ""

    def _end_group(self, cell: Cell) -> None:
        if self._groups:
            self._groups.pop()
        else:
            self.error(cell, "there is no group to end")

    def _question(self, row: Row, kind: str, rest: str, lists: "_Lists") -> list[Question]:
        """The question of one row; with `or_other`, a second one that asks for the words."""
        name = row.text("name")
        if not _NAME.fullmatch(name):
            self.error(row["name"], f"'{name}' is not a name: begin with a letter, then letters, digits, _ - .")
        listed, _, more = rest.partition(" ")
        choices = lists.choices(row["type"], listed) if kind.startswith("select") else ()
        if more.replace(" ", "_") == "or_other":
            choices = (*choices, Choice(OTHER, BUILT_IN.everywhere(OTHER)))
        elif more:
            self.error(row["type"], f"'{more}' is not read here: only or_other may stand behind the list")
        question = Question(
            name=name,
            type="note" if kind in ("text", "integer", "decimal", "date") and self._flag(row["readonly"]) else kind,  # type: ignore[arg-type]
            label={} if kind == "calculate" else self._required_labels(row),
            hint=self._labels(row, "hint") if row.text("label") or self._labels(row, "label") else {},
            choices=choices,
            relevant=self._relevant(row["relevant"]),
            constraint=self._expression(row["constraint"]),
            constraint_message=self._labels(row, "constraint_message"),
            choice_filter=self._expression(row["choice_filter"], columns=lists.columns(listed)),
            default=self._default(row["default"]),
            calculation=self._calculation(row, kind),
            required=self._flag(row["required"]),
            profile=self._flag(row["profile"]),
        )
        if question.profile:
            self._check_profile(row, question)
        if more.replace(" ", "_") != "or_other":
            return [question]
        condition = f"selected(${{{name}}}, '{OTHER}')"
        asked = Question(f"{name}_{OTHER}", "text", BUILT_IN.everywhere("specify"), relevant=compile_expression(condition))
        return [question, asked]

    def _relevant(self, cell: Cell) -> Expression | None:
        """The row's own condition and those of the groups that it stands in."""
        conditions = [source for _, source in self._groups if source] + ([cell.text] if cell.text else [])
        if len(conditions) > 1:
            return self._expression(Cell(cell.sheet, cell.row, cell.column, " and ".join(f"({one})" for one in conditions)))
        return self._expression(Cell(cell.sheet, cell.row, cell.column, "".join(conditions)))

    def _default(self, cell: Cell) -> Expression | None:
        """A formula where it looks like one, else the words themselves."""
        if not cell.text or "${" in cell.text or cell.text.endswith(")"):
            return self._expression(cell)
        quote = '"' if "'" in cell.text else "'"
        return self._expression(Cell(cell.sheet, cell.row, cell.column, f"{quote}{cell.text}{quote}"))

    def _calculation(self, row: Row, kind: str) -> Expression | None:
        cell = row["calculation"]
        if kind != "calculate":
            if cell.text:
                self.error(cell, "a formula stands in a row of its own, of type calculate")
            return None
        if not cell.text:
            self.error(row["type"], "a row of type calculate needs a formula in the column 'calculation'")
        return self._expression(cell)

    def _check_profile(self, row: Row, question: Question) -> None:
        name = question.name
        if name not in PROFILE_NAMES:
            self.error(row["name"], f"'{name}' is no profile answer; they are {', '.join(sorted(PROFILE_NAMES))}")
        elif question.type != "select_one":
            self.error(row["type"], "a profile question is a select_one: results are broken down by its choices")
        known = CANONICAL.get(name)
        unknown = [choice.name for choice in question.choices if known and choice.name not in known]
        if known and unknown:
            among = ", ".join(sorted(known))
            self.error(row["type"], f"the choices of '{name}' must be among {among}; not: {', '.join(unknown)}")

    def _check_names(self, rows: list[Row], questions: list[Question]) -> None:
        """A name stands once, and what is referred to is there."""
        names = {question.name for question in questions}
        first: set[str] = set()
        for row in rows:
            name = row.text("name")
            if name in names and name in first:
                self.error(row["name"], f"the name '{name}' stands twice")
            first.add(name)
            for cell in row.cells.values():
                for unknown in sorted(set(_REFERENCE.findall(cell.text)) - names):
                    self.error(cell, f"refers to ${{{unknown}}}, and there is no such question")

    # the settings sheet

    def _default_language(self, settings: Row, survey: list[Row]) -> str:
        """The one that the form names; else French where there may be French; else the first that has a column."""
        named = self._language(settings["default_language"])
        if named and named != "default":
            return named
        columns = [header.partition("::")[2] for row in survey[:1] for header in row.cells if header.startswith("label")]
        codes = [self._language(Cell("survey", 1, "", column)) if column else "fr" for column in columns]
        return "fr" if "fr" in codes or not codes else codes[0]

    def _slug(self, cell: Cell) -> str:
        if _SLUG.fullmatch(cell.text):
            return cell.text
        if cell.text:
            self.error(cell, "form_id is the poll's slug: letters, digits, - and _")
        slug = re.sub(r"[^A-Za-z0-9_-]+", "-", self._stem).strip("-_")[:64] or "poll"
        self.warn(cell, f"there is no form_id: the poll will be called '{slug}', after its file")
        return slug

    def _dial(self, cell: Cell) -> str:
        if cell.text and not (cell.text.isascii() and cell.text.isdigit()):
            self.error(cell, "dial is digits: what is dialled after the service code")
        return cell.text

    def _radio(self, cell: Cell, questions: list[Question]) -> bool:
        radio = self._flag(cell)
        first = next((question for question in questions if question.type != "calculate"), None)
        if radio and (first is None or first.type != "select_one" or first.relevant or first.choice_filter):
            self.error(cell, "a radio poll begins with a select_one that is asked of everybody, all its choices shown")
        return radio

    def _strata(self, cell: Cell, questions: list[Question]) -> tuple[str, ...]:
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

    def _grain(self, cell: Cell, strata: tuple[str, ...]) -> tuple[str, ...]:
        grain = tuple(cell.text.replace(",", " ").split())
        if len(grain) > MAX_GRAIN or not set(grain) <= set(strata):
            self.error(cell, f"grain is one or two of the strata: {', '.join(strata) or 'there are none'}")
        return grain

    # cells

    def _labels(self, row: Row, header: str) -> Labels:
        """The column `header` and its translations (`label::Français (fr)`), those that are filled in, without markup."""
        labels: Labels = {}
        for name, cell in row.cells.items():
            base, _, language = name.partition("::")
            if base == header and cell.text:
                code = self._language(Cell(cell.sheet, 1, cell.column, language.strip(": "))) or self.default_language
                labels[code] = " ".join(_MARKUP.sub("", cell.text).split()) or cell.text
        self.languages.update(dict.fromkeys(labels) if header == "label" else {})
        return labels

    def _required_labels(self, row: Row) -> Labels:
        labels = self._labels(row, "label") or self._labels(row, "hint")
        if self.default_language not in labels:
            self.error(row["name"], f"has no label in the default language ({self.default_language})")
        return labels

    def _language(self, cell: Cell) -> str:
        """The code of `Français (fr)`; the name itself, with a warning, where there is none."""
        if not cell.text or cell.text.lower() == "default":
            return ""
        code = _LANGUAGE.search(cell.text)
        if code:
            return code[1].lower()
        named = {name.lower(): code for code, name in BUILT_IN.names.items()} | _NAMED
        if cell.text.lower() in named:
            return named[cell.text.lower()]
        if re.fullmatch(r"[A-Za-z]{2,3}", cell.text):
            return cell.text.lower()
        self.warn(cell, f"write the language's code behind its name, as in 'Français (fr)', not '{cell.text}'")
        return cell.text.lower()

    def _flag(self, cell: Cell) -> bool:
        if cell.text.lower() not in _YES | _NO:
            self.error(cell, f"'{cell.text}' is neither yes nor no")
        return cell.text.lower() in _YES

    def _expression(self, cell: Cell, columns: frozenset[str] = frozenset()) -> Expression | None:
        if not cell.text:
            return None
        try:
            compiled = compile_expression(cell.text)
        except ExpressionError as why:
            self.error(cell, str(why))
            return None
        for unknown in sorted(compiled.columns - columns):
            self.error(cell, f"'{unknown}' is neither an answer (write ${{{unknown}}}) nor a word (write '{unknown}')")
        return compiled


_NAMED = {"french": "fr", "english": "en", "spanish": "es", "bambara": "bm", "soninke": "snk", "pulaar": "ff"}


class _Lists:
    """The choices sheet: its lists, looked at when a question asks for one."""

    def __init__(self, reader: _Reader, rows: list[Row]) -> None:
        self._reader = reader
        self._rows: dict[str, list[Row]] = {}
        self._made: dict[str, tuple[Choice, ...]] = {}
        for row in rows:
            listed = row.text("list_name") or row.text("list name")
            if listed and any(cell.text for header, cell in row.cells.items() if not header.startswith("list")):
                self._rows.setdefault(listed, []).append(row)

    def columns(self, listed: str) -> frozenset[str]:
        """The bare names that a choice_filter on this list may use."""
        return frozenset(header for row in self._rows.get(listed, []) for header in row.cells)

    def choices(self, cell: Cell, listed: str) -> tuple[Choice, ...]:
        """The list of that name, in its order."""
        if listed not in self._rows:
            self._reader.error(cell, f"there is no list '{listed}' on the sheet 'choices'")
            return ()
        if listed not in self._made:
            self._made[listed] = tuple(self._choice(row) for row in self._rows[listed])
            self._check(listed)
        return self._made[listed]

    def _choice(self, row: Row) -> Choice:
        synonyms = {
            language: tuple(word.strip() for word in text.split(",") if word.strip())
            for language, text in self._reader._labels(row, "synonyms").items()
        }
        columns = {header: cell.text for header, cell in row.cells.items() if header.partition("::")[0] not in _CHOICE_COLUMNS}
        return Choice(row.text("name"), self._reader._required_labels(row), synonyms, columns)

    def _check(self, listed: str) -> None:
        seen: set[tuple[str, ...]] = set()
        for row, choice in zip(self._rows[listed], self._made[listed], strict=True):
            place = (choice.name, *choice.columns.values())
            if not choice.name or len(choice.name) > 64 or " " in choice.name:
                self._reader.error(row["name"], f"'{choice.name}' is not the name of a choice: one word of up to 64 letters")
            elif place in seen:
                self._reader.error(row["name"], f"the choice '{choice.name}' stands twice in the list '{listed}'")
            seen.add(place)
