"""A file from anybody: read as text with its places, or refused in one line that says why; never run."""

import zipfile
from collections.abc import Callable
from datetime import time
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import BarChart

from flows import workbook, xlsform
from tests import forms

SHEET = {"survey": [forms.SURVEY, ["text", "a", "A"]]}


def rewritten(path: Path, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> Path:
    """A workbook whose parts were changed behind the back of any spreadsheet program."""
    written = forms.write(path.with_name("written.xlsx"), SHEET)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, change(entry.filename, source.read(entry)))
        for name, content in (more or {}).items():
            target.writestr(name, content)
    return path


def bomb(path: Path) -> Path:
    zeros = {f"xl/media/{number}.xml": b"\0" * 10_000_000 for number in range(6)}
    return rewritten(path, lambda _, part: part, zeros)


def entity(path: Path, encoding: str = "utf-8") -> Path:
    doctype = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    sheet = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}<worksheet><sheetData/></worksheet>'
    return rewritten(path, lambda name, part: sheet.encode(encoding) if "worksheets" in name else part)


def too_many_rows(path: Path) -> Path:
    return forms.write(path, {"survey": [forms.SURVEY, *(["text", f"a{n}", "A"] for n in range(workbook.MAX_ROWS))]})


def saved(content: bytes) -> Callable[[Path], Path]:
    def save(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return save


REFUSED = [
    ("unpacks to more than 50 MB", bomb),
    ("declares a document type", entity),
    ("declares a document type", lambda path: entity(path, "utf-16-le")),
    ("larger than 5 MB", saved(b"x" * (workbook.MAX_FILE_BYTES + 1))),
    ("open it in a spreadsheet program and save it as .xlsx (BadZipFile)", saved(b"type,name,label\ntext,a,A\n")),
    ("not a readable .xlsx workbook", saved(b"")),
    ("an .xls workbook of before 2007", saved(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600)),
    ("not a readable .xlsx workbook", lambda path: rewritten(path, lambda _, part: part[: len(part) // 2])),
    ("has more than 5,000 rows", too_many_rows),
    ("has no sheet 'survey'", lambda path: forms.write(path, {"Feuille 1": [["a"]]})),
]


@pytest.mark.parametrize(("part", "make"), REFUSED, ids=[f"{part} {number}" for number, (part, _) in enumerate(REFUSED)])
def test_what_cannot_be_read_is_refused_in_one_line(part: str, make: Callable[[Path], Path], tmp_path: Path) -> None:
    reading = xlsform.read(make(tmp_path / "essai.xlsx"))
    assert reading.poll is None
    (error,) = forms.errors(reading)
    assert error.startswith("error: workbook: ")
    assert part in error


@pytest.mark.parametrize(
    "sheets", [{"survey": []}, {"survey": [forms.SURVEY]}, {"survey": [[]], "choices": [[]], "settings": [[]]}]
)
def test_an_empty_form_has_no_question(sheets: dict[str, forms.Rows]) -> None:
    assert forms.errors(forms.read_sheets(sheets)) == ["error: survey!A2: there is no question"]


def test_a_bomb_is_small_on_the_outside(tmp_path: Path) -> None:
    assert bomb(tmp_path / "bomb.xlsx").stat().st_size < 200_000


def test_cells_are_text_with_their_places_below_the_first_filled_row(tmp_path: Path) -> None:
    rows = [[], [None, " name ", "label :: English\n(en)", "name"], [], [None, 3.0, True, 2.5], [None, " x ", time(8, 30), "x"]]
    (first, second) = workbook.read_sheets(forms.write(tmp_path / "a.xlsx", {"Survey ": rows}))["survey"]
    assert (first.number, first.headers, first["name"].column) == (4, 2, "B")
    assert {header: cell.text for header, cell in first.cells.items()} == {"name": "3", "label :: English (en)": "TRUE"}
    assert [(header, cell.column, cell.text) for header, cell in first.doubles] == [("name", "D", "2.5")]
    assert second.text("label :: English (en)") == "08:30:00"
    assert second["nothing"] == workbook.Cell("survey", 5, "A", "")


def test_merged_cells_and_a_sheet_of_another_kind_do_not_disturb(tmp_path: Path) -> None:
    path = forms.write(tmp_path / "a.xlsx", SHEET)
    book = openpyxl.load_workbook(path)
    book["survey"].merge_cells("C2:E3")
    book.create_chartsheet("chart").add_chart(BarChart())
    book.save(path)
    assert xlsform.read(path).poll is not None


def test_only_the_sheets_that_are_wanted_are_read(tmp_path: Path) -> None:
    path = forms.write(tmp_path / "a.xlsx", {"survey": [["a"], ["b"]], "data": [["a"]] * (workbook.MAX_ROWS + 9)})
    assert list(workbook.read_sheets(path, ("survey",))) == ["survey"]


def test_a_formula_without_a_value_is_not_taken_for_an_empty_cell(tmp_path: Path) -> None:
    path = forms.write(tmp_path / "a.xlsx", {"survey": [["type", "label"], ["text", '="a"&"b"']]})
    (row,) = workbook.read_sheets(path)["survey"]
    assert (row.text("type"), row.text("label")) == ("text", '="a"&"b"')
