"""An XLSX workbook as rows of text with their places, read safely; and findings, which name such a place.

Nothing of a workbook is ever run, and a hostile one (a zip bomb, an external entity) is refused before it is unpacked.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import openpyxl
from msgspec import Struct
from openpyxl.utils import get_column_letter

MAX_FILE_BYTES = 5_000_000
MAX_UNPACKED_BYTES = 50_000_000
MAX_ROWS = 5_000
MAX_COLUMNS = 200


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


class Cell(Struct, frozen=True):
    """A cell as text, with its place; `text` is empty where there is nothing."""

    sheet: str
    row: int
    column: str
    text: str


class Row(Struct, frozen=True):
    """The cells of one row by the header of their column, as it is written but for its case."""

    sheet: str
    number: int
    cells: dict[str, Cell]

    def __getitem__(self, header: str) -> Cell:
        """The cell under that header; an empty one in the row's first column where there is none."""
        return self.cells.get(header) or Cell(self.sheet, self.number, "A", "")

    def text(self, header: str) -> str:
        return self[header].text


Sheets = dict[str, list[Row]]
"""Rows by the name of their sheet, lower case."""


class UnreadableError(Exception):
    """Not a workbook that may be read; the message says why."""


def read_sheets(path: Path) -> Sheets:
    """The rows of every sheet, below its first row that is not empty, which names the columns.

    Raises:
        UnreadableError: for what is too large, no workbook, or hostile.
        OSError: when the file cannot be read.
    """
    content = path.read_bytes()
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableError(f"larger than {MAX_FILE_BYTES // 1_000_000} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise UnreadableError(f"unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return {sheet.title.strip().lower(): list(_rows(sheet.title.strip().lower(), sheet)) for sheet in book.worksheets}
    except UnreadableError:
        raise
    except Exception as why:  # the edge of what others wrote: openpyxl raises whatever its XML parser does
        raise UnreadableError(f"not a readable .xlsx workbook ({type(why).__name__})") from None


def _rows(name: str, sheet: Any) -> Iterator[Row]:
    headers: list[str] = []
    sheet.reset_dimensions()  # what the file says of its own size may be wrong
    for number, values in enumerate(sheet.iter_rows(values_only=True, max_row=MAX_ROWS), start=1):
        texts = [_text(value) for value in values[:MAX_COLUMNS]]
        if not any(texts):
            continue
        if not headers:
            headers = [" ".join(text.split()) for text in texts]
            continue
        cells = {
            _folded(header): Cell(name, number, get_column_letter(place), text)
            for place, (header, text) in enumerate(zip(headers, texts, strict=False), start=1)
            if header
        }
        yield Row(name, number, cells)


def _folded(header: str) -> str:
    """`Label::Français (fr)` → `label::Français (fr)`: the case of a language's name is the author's."""
    base, colons, language = header.partition("::")
    return base.strip().lower() + colons + language.strip()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
