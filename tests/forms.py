"""Workbooks for the tests, written cell by cell as somebody else would, and read as any other."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl

from flows import xlsform
from flows.xlsform import Reading

Rows = Sequence[Sequence[Any]]
SURVEY = (
    "type",
    "name",
    "label::Français (fr)",
    "relevant",
    "constraint",
    "choice_filter",
    "calculation",
    "default",
    "required",
)
CHOICES = ("list_name", "name", "label::Français (fr)", "cercle")


def write(path: Path, sheets: dict[str, Rows]) -> Path:
    """A workbook of these sheets; the first row of each is its headers."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


@contextmanager
def form(
    survey: Rows, choices: Rows = (), settings: dict[str, Any] | None = None, headers: Sequence[str] = SURVEY
) -> Iterator[Path]:
    """The path of a form with these headers, and `CHOICES`, above these rows."""
    named = {"form_id": "essai", "form_title": "Un essai", **(settings or {})}
    sheets = {"survey": [headers, *survey], "choices": [CHOICES, *choices], "settings": [[*named], [*named.values()]]}
    with tempfile.TemporaryDirectory() as folder:
        yield write(Path(folder) / "essai.xlsx", sheets)


def read(survey: Rows, choices: Rows = (), settings: dict[str, Any] | None = None) -> Reading:
    """What comes of reading such a form."""
    with form(survey, choices, settings) as path:
        return xlsform.read(path)


def read_sheets(sheets: dict[str, Rows]) -> Reading:
    """What comes of reading a workbook of these sheets, headers included."""
    with tempfile.TemporaryDirectory() as folder:
        return xlsform.read(write(Path(folder) / "essai.xlsx", sheets))


def errors(reading: Reading) -> list[str]:
    return [str(finding) for finding in reading.findings if finding.severity == "error"]


def warnings(reading: Reading) -> list[str]:
    return [str(finding) for finding in reading.findings if finding.severity == "warning"]
