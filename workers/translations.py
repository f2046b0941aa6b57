"""The system's own sentences as translators write them: out to a workbook, back into the database, by language and state.

A translation that would lose a `{name}`, or that a phone could not show, is refused with its cell.
"""

from collections.abc import Iterator
from pathlib import Path

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows import gsm
from flows.phrases import BUILT_IN, DEFAULT_LANGUAGE, Phrases, Sentence, placeholders
from flows.workbook import Cell, Finding, Row, UnreadableError, read_sheets
from workers import publication
from workers.database.models import Translation
from workers.database.upserts import replace_all

SHEET = "phrases"
STATES = ("draft", "reviewed")
LONGEST_SEPTETS = 320


def read_phrases(session: Session) -> Phrases:
    """The sentences that come with Palabre, and above them those of translators."""
    more: dict[str, dict[str, Sentence]] = {}
    for row in session.scalars(select(Translation).order_by(Translation.language, Translation.phrase)):
        more.setdefault(row.language, {})[row.phrase] = Sentence(row.text, "reviewed" if row.state == "reviewed" else "draft")
    return BUILT_IN.with_more(more)


def export(phrases: Phrases, path: Path) -> None:
    """A workbook with a row a sentence, and for each language a column for its text and one for its state."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has a sheet
    sheet.title = SHEET
    languages = [DEFAULT_LANGUAGE, *(one for one in phrases.names if one != DEFAULT_LANGUAGE)]
    sheet.append(["phrase", *(column for one in languages for column in _columns(phrases, one))])
    for phrase in phrases.all:
        there = (phrases.catalogues.get(language, {}).get(phrase) for language in languages)
        sheet.append([phrase, *(cell for one in there for cell in ((one.text, one.state) if one else (None, None)))])
    for place, cell in enumerate(sheet[1], start=1):
        cell.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = 60 if "text" in str(cell.value) else 16
    sheet.freeze_panes = "C2"
    book.save(path)


def take_in(session: Session, path: Path) -> list[Finding]:
    """Reads a translator's workbook into the database, all or nothing: nothing where there is a finding.

    Raises:
        OSError: when the file cannot be read.
    """
    try:
        rows = read_sheets(path).get(SHEET, [])
    except UnreadableError as why:
        return [Finding("error", "workbook", 0, "", str(why))]
    if not rows:
        return [Finding("error", "workbook", 0, "", f"has no sheet '{SHEET}', or nothing on it")]
    read = list(_translations(rows))
    findings = [one for one in read if isinstance(one, Finding)]
    if not findings:
        replace_all(session, Translation, [one for one in read if isinstance(one, dict)])
        publication.next_catalogue(session)
    return findings


def _columns(phrases: Phrases, language: str) -> tuple[str, str]:
    return f"text::{phrases.name_of(language)} ({language})", f"state::{phrases.name_of(language)} ({language})"


def _translations(rows: list[Row]) -> Iterator[dict[str, str] | Finding]:
    """Each sentence that differs from what comes with Palabre, or what is wrong with it."""
    for row in rows:
        phrase = row.text("phrase")
        if phrase not in BUILT_IN.all:
            yield _wrong(row["phrase"], f"there is no sentence '{phrase}'")
            continue
        for header, cell in row.cells.items():
            if not header.startswith("text::") or not cell.text:
                continue
            language, state = header.rpartition("(")[2].rstrip(") "), row["state" + header.removeprefix("text")]
            wrong = _check(phrase, cell, state)
            if wrong:
                yield wrong
            elif BUILT_IN.catalogues.get(language, {}).get(phrase) != Sentence(cell.text, state.text or "draft"):  # type: ignore[arg-type]
                yield {"language": language, "phrase": phrase, "text": cell.text, "state": state.text or "draft"}


def _check(phrase: str, cell: Cell, state: Cell) -> Finding | None:
    french = BUILT_IN.catalogues[DEFAULT_LANGUAGE][phrase].text
    if state.text not in ("", *STATES):
        return _wrong(state, f"'{state.text}' is neither draft nor reviewed")
    try:
        names = placeholders(cell.text)
    except ValueError:
        return _wrong(cell, "has a brace that is not closed")
    if names != placeholders(french):
        return _wrong(cell, f"must hold {_listed(placeholders(french))}, and holds {_listed(names)}")
    if gsm.septets(gsm.fold(cell.text)) > LONGEST_SEPTETS:
        return _wrong(cell, f"is longer than {LONGEST_SEPTETS} septets")
    return None


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "no {name}"


def _wrong(cell: Cell, message: str) -> Finding:
    return Finding("error", cell.sheet, cell.row, cell.column, message)
