"""An XLSX workbook as rows of text with their places, read safely; and findings, which name such a place.

Nothing of a workbook is ever run, and a hostile one (a zip bomb, an external entity) is refused before it is unpacked.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

MAX_FILE_BYTES = 5_000_000
MAX_UNPACKED_BYTES = 50_000_000
MAX_ROWS = 5_000
MAX_COLUMNS = 200
UNREADABLE = "not a readable .xlsx workbook: open it in a spreadsheet program and save it as .xlsx"

_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How an .xls file begins, and an .xlsx file under a password."""
_DOCTYPE = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
"""What no spreadsheet program writes, and every attack by entities needs."""
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")


class Finding(Struct, frozen=True):
    """What is wrong with one cell, or with the workbook where `row` is 0; a hint only says what could be better.

    `last` is the last cell of the column that it is said of, where that is not the first alone: `C12`.
    """

    severity: Literal["error", "warning", "hint"]
    sheet: str
    row: int
    column: str
    message: str
    last: str = ""

    def __str__(self) -> str:
        cells = f"{self.column}{self.row}:{self.last}" if self.last else f"{self.column}{self.row}"
        place = f"{self.sheet}!{cells}" if self.row else self.sheet
        return f"{self.severity}: {place}: {self.message}"


class Cell(Struct, frozen=True):
    """A cell as text, with its place; `text` is empty where there is nothing."""

    sheet: str
    row: int
    column: str
    text: str


class Row(Struct, frozen=True):
    """The cells of one row by the header of their column as it is written.

    `headers` is the row that the headers stand in; `doubles` what is written under a header that stood there before.
    """

    sheet: str
    number: int
    cells: dict[str, Cell]
    headers: int = 1
    doubles: tuple[tuple[str, Cell], ...] = ()

    def __getitem__(self, header: str) -> Cell:
        """The cell under that header; an empty one in the row's first column where there is none."""
        return self.cells.get(header) or Cell(self.sheet, self.number, "A", "")

    def text(self, header: str) -> str:
        return self[header].text


Sheets = dict[str, list[Row]]
"""Rows by the name of their sheet, lower case."""


class UnreadableError(Exception):
    """Not a workbook that may be read; the message says why."""


def read_sheets(path: Path, wanted: Sequence[str] = ()) -> Sheets:
    """The rows of every sheet (of those in `wanted`), below its first row that is not empty, which names the columns.

    Raises:
        UnreadableError: for what is too large, no workbook, or hostile.
        OSError: when the file cannot be read.
    """
    content = path.read_bytes()
    try:
        has_formulas = _inspect(content)
        sheets = dict(_sheets(content, wanted))
        return _with_formulas(sheets, dict(_sheets(content, wanted, formulas=True))) if has_formulas else sheets
    except UnreadableError:
        raise
    except Exception as why:  # the edge of what others wrote: openpyxl raises whatever its XML parser does
        raise UnreadableError(f"{UNREADABLE} ({type(why).__name__})") from None


def _inspect(content: bytes) -> bool:
    """Refuses what must not be unpacked or parsed; whether there are formulas."""
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableError(f"larger than {MAX_FILE_BYTES // 1_000_000} MB")
    if content.startswith(_OLD_EXCEL):
        raise UnreadableError("an .xls workbook of before 2007, or one under a password: save it as .xlsx, without password")
    has_formulas = False
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise UnreadableError(f"unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB")
        for entry in archive.infolist():
            if entry.filename.lower().endswith((".xml", ".rels")):
                part = archive.read(entry)
                if any(mark in part for mark in _DOCTYPE):
                    raise UnreadableError(f"its part {entry.filename} declares a document type: no spreadsheet program does")
                has_formulas = has_formulas or bool("/worksheets/" in entry.filename and _FORMULA.search(part))
    return has_formulas


def _sheets(content: bytes, wanted: Sequence[str], formulas: bool = False) -> Iterator[tuple[str, list[Row]]]:
    import openpyxl  # here, and below: it takes long to read, and most processes open no workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl leaves out (drawings, validations) is nothing to us
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=not formulas)
        for sheet in book.worksheets:
            name = sheet.title.strip().lower()
            if not wanted or name in wanted:
                yield name, list(_rows(name, sheet))


def _rows(name: str, sheet: Any) -> Iterator[Row]:
    headers: list[str] = []
    below = 1
    sheet.reset_dimensions()  # what the file says of its own size may be wrong
    rows = sheet.iter_rows(values_only=True, max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS)
    for number, values in enumerate(rows, start=1):
        texts = [_text(value) for value in values]
        if not any(texts):
            continue
        if number > MAX_ROWS:
            raise UnreadableError(f"its sheet '{name}' has more than {MAX_ROWS:,} rows")
        if headers:
            yield _row(name, number, below, zip(headers, texts, strict=False))
        else:
            headers, below = [" ".join(text.split()) for text in texts], number


def _row(name: str, number: int, below: int, cells: Iterator[tuple[str, str]]) -> Row:
    """A row; of two columns with the same header the first counts."""
    from openpyxl.utils import get_column_letter

    first: dict[str, Cell] = {}
    doubles = []
    for place, (header, text) in enumerate(cells, start=1):
        cell = Cell(name, number, get_column_letter(place), text)
        if not header:
            continue
        if header not in first:
            first[header] = cell
        elif text:
            doubles.append((header, cell))
    return Row(name, number, first, below, tuple(doubles))


def _with_formulas(values: Sheets, formulas: Sheets) -> Sheets:
    """The values; where a formula was never computed, the formula itself, so that it is not taken for an empty cell."""
    merged = {}
    for name, rows in formulas.items():
        known = {row.number: row for row in values.get(name, [])}
        merged[name] = [_computed(row, known.get(row.number)) for row in rows]
    return merged


def _computed(formula: Row, value: Row | None) -> Row:
    cells = {
        header: cell if cell.text.startswith("=") and not (value and value.text(header)) else (value or formula)[header]
        for header, cell in formula.cells.items()
    }
    return Row(formula.sheet, formula.number, cells, formula.headers, value.doubles if value else ())


def _text(value: Any) -> str:
    """A cell as an author would have typed it: a date in ISO form, a whole number without point."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
    return str(value).strip()
