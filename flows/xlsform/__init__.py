"""An XLSForm workbook → Poll, or findings that name sheet, row and column and say what to do.

Source: https://xlsform.org/en/ref-table/ and pyxform, which reads more than that. Generous in what is read, whatever the way
of writing it; what a basic phone cannot do is an error here, never later.
"""

import difflib
from pathlib import Path

from msgspec import Struct, field

from flows.phrases import BUILT_IN, Phrases
from flows.poll import Poll
from flows.workbook import Cell, Finding, Row, Sheets, UnreadableError, read_sheets
from flows.xlsform import aliases, checks
from flows.xlsform.choices import Lists
from flows.xlsform.findings import Findings
from flows.xlsform.formulas import YES, Formulas
from flows.xlsform.languages import Languages
from flows.xlsform.settings import Settings
from flows.xlsform.survey import Survey

SHEETS = {
    "survey": aliases.SURVEY,
    "choices": aliases.CHOICES,
    "external_choices": aliases.CHOICES,
    "settings": aliases.SETTINGS,
}
"""The sheets that are read, and the headers that are known on them."""


CLOSE = 0.8
"""How alike two headers are for one to be a slip of the other, 0 to 1."""


class Reading(Struct, frozen=True):
    """What came of reading a workbook: a poll, unless a finding is an error; `places` has each question's cell by its name."""

    poll: Poll | None
    findings: tuple[Finding, ...]
    places: dict[str, Cell] = field(default_factory=dict)


def read(path: Path, phrases: Phrases = BUILT_IN, distress: tuple[str, ...] = ()) -> Reading:
    """The poll in the workbook at `path`. Never raises on a bad workbook: what is wrong is a finding.

    Args:
        path: the workbook.
        phrases: the system's own sentences, of which `or_other` takes two.
        distress: what else is heard as a call for help in an SMS, and so is no keyword.

    Raises:
        OSError: when the file cannot be read.
    """
    findings = Findings()
    try:
        sheets = read_sheets(path, tuple(SHEETS))
    except UnreadableError as why:
        findings.error(Cell("workbook", 0, "", ""), str(why))
        return Reading(None, findings.all)
    if "survey" not in sheets:
        findings.error(Cell("workbook", 0, "", ""), "has no sheet 'survey', whose rows are the questions")
        return Reading(None, findings.all)
    for name, rows in sheets.items():
        _warn_of_misspelt(findings, rows[:1], SHEETS[name])
    known = {name: [_known(findings, row, SHEETS[name]) for row in rows] for name, rows in sheets.items()}
    poll, places = _poll(findings, known, path.stem, phrases, distress)
    return Reading(None if findings.has_errors else poll, findings.all, places)


def _warn_of_misspelt(findings: Findings, first: list[Row], headers: dict[str, str]) -> None:
    """A column that is nearly one of ours would be passed over in silence: `discret`, and the poll is not discreet."""
    for row in first:
        for written, cell in row.cells.items():
            name = written.partition("::")[0].strip().lower()
            close = (
                difflib.get_close_matches(name, headers, n=1, cutoff=CLOSE)
                if aliases.header(written, headers) == written
                else []
            )
            if close and name not in headers:
                where = Cell(cell.sheet, row.headers, cell.column, written)
                findings.warn(where, f"the column '{written}' is not read: is it '{headers[close[0]]}'?")


def _known(findings: Findings, row: Row, headers: dict[str, str]) -> Row:
    """The row under the names that we know its columns by. Two columns of one name may not differ."""
    cells: dict[str, Cell] = {}
    for written, cell in (*row.cells.items(), *row.doubles):
        header = aliases.header(written, headers)
        first = cells.get(header)
        if first is None or not first.text:
            cells[header] = cell
        elif cell.text and cell.text != first.text and header.partition("::")[0] in headers:
            findings.error(cell, f"the column '{header}' stands twice, also as {first.column}, and here they differ")
        if cell.text.startswith("=") and header.partition("::")[0] in headers:
            findings.error(cell, "holds a formula and not its value: open the workbook in a spreadsheet program and save it")
    return Row(row.sheet, row.number, cells, row.headers)


def _poll(
    findings: Findings, sheets: Sheets, stem: str, phrases: Phrases, distress: tuple[str, ...]
) -> tuple[Poll, dict[str, Cell]]:
    row = next(iter(sheets.get("settings", [])), Row("settings", 2, {}))
    choices, external = sheets.get("choices", []), sheets.get("external_choices", [])
    languages = Languages(findings, row, [*sheets["survey"], *choices, *external], phrases)
    formulas = Formulas(findings)
    may_repeat = row.text("allow_choice_duplicates").lower() in YES
    lists = Lists(findings, languages, choices, external, may_repeat)
    survey = Survey(findings, formulas, languages, lists, sheets["survey"])
    questions = checks.whole(findings, formulas, survey)
    settings = Settings(findings, formulas, row, stem)
    slug, strata = settings.slug(), settings.strata(questions)
    opens, closes = settings.opening()
    title, discreet = languages.title(row), formulas.flag(row["discreet"])
    poll = Poll(
        slug=slug,
        title={languages.default: next(iter(title.values()), slug)} | title,
        questions=tuple(questions),
        languages=languages.spoken,
        default_language=languages.default,
        keyword=settings.keyword(distress),
        dial=settings.dial(),
        topic=row.text("topic"),
        opens=opens,
        closes=closes,
        strata=strata,
        grain=settings.grain(strata),
        discreet=discreet,
        radio=settings.radio(questions, discreet),
    )
    return poll, {name: line["type"] for name, line in survey.rows.items()}
