"""The system's own sentences as translators write them: out to a workbook, back into the database, by language and state.

A translation that would lose a `{name}`, that does not fit where it is shown, or that a phone could not show is refused with
its cell.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.phrases import BUILT_IN, DEFAULT_LANGUAGE, Phrases, Sentence, placeholders
from flows.phrases.room import misfit
from flows.workbook import Cell, Finding, Row, UnreadableError, read_sheets
from workers import publication
from workers.database.models import Translation
from workers.database.upserts import replace_all

SHEET = "phrases"
STATES = ("draft", "reviewed")
_LANGUAGE = re.compile(r"text::.*\(\s*([a-z]{2,3})\s*\)")
"""The header of a column of sentences, with the code of its language."""


def read_phrases(session: Session) -> Phrases:
    """The sentences that come with Palabre, and above them those of translators."""
    more: dict[str, dict[str, Sentence]] = {}
    for row in session.scalars(select(Translation).order_by(Translation.language, Translation.phrase)):
        more.setdefault(row.language, {})[row.phrase] = Sentence(row.text, "reviewed" if row.state == "reviewed" else "draft")
    return BUILT_IN.with_more(more)


def export(phrases: Phrases, path: Path) -> None:
    """A workbook with a row a sentence, and for each language a column for its text and one for its state."""
    import openpyxl  # here: it takes long to read, and only whoever exports needs it
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has a sheet
    sheet.title = SHEET
    languages = [DEFAULT_LANGUAGE, *(one for one in phrases.names if one != DEFAULT_LANGUAGE)]
    sheet.append(["phrase", *(column for one in languages for column in _columns(phrases, one))])
    for phrase in phrases.all:
        there = (phrases.catalogues.get(language, {}).get(phrase) for language in languages)
        sheet.append([phrase, *(cell for one in there for cell in ((one.text, _as_reviewed(one)) if one else (None, None)))])
    for place, cell in enumerate(sheet[1], start=1):
        cell.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = 60 if "text" in str(cell.value) else 16
    sheet.freeze_panes = "C2"
    book.save(path)


def _as_reviewed(sentence: Sentence) -> str:
    """Its state as people gave it: what does not fit now was reviewed all the same."""
    return "reviewed" if sentence.state == "unfit" else sentence.state


def take_in(session: Session, path: Path, now: Phrases) -> list[Finding]:
    """Reads a translator's workbook into the database, all or nothing: nothing where there is a finding.

    Args:
        session: a writing session.
        path: the workbook.
        now: the sentences as they are; only what differs from them is written.

    Raises:
        OSError: when the file cannot be read.
    """
    try:
        rows = read_sheets(path).get(SHEET, [])
    except UnreadableError as why:
        return [Finding("error", "workbook", 0, "", str(why))]
    if not rows:
        return [Finding("error", "workbook", 0, "", f"has no sheet '{SHEET}', or nothing on it")]
    read = [*_without_language(rows[0]), *_translations(rows, now)]
    findings = [one for one in read if isinstance(one, Finding)]
    if not findings:
        replace_all(session, Translation, [one for one in read if isinstance(one, dict)])
        publication.next_catalogue(session)
    return findings


def _columns(phrases: Phrases, language: str) -> tuple[str, str]:
    return f"text::{phrases.name_of(language)} ({language})", f"state::{phrases.name_of(language)} ({language})"


def _without_language(row: Row) -> Iterator[Finding]:
    """A column of sentences whose header does not say in which language."""
    for header, cell in row.cells.items():
        if header.startswith("text::") and not _LANGUAGE.fullmatch(header):
            where = Cell(cell.sheet, row.headers, cell.column, header)
            yield _wrong(where, f"'{header}' names no language: write its code behind its name, as in 'text::Bamanankan (bm)'")


def _translations(rows: list[Row], now: Phrases) -> Iterator[dict[str, str] | Finding]:
    """Each sentence that differs from what there is, or what is wrong with it."""
    for row in rows:
        phrase = row.text("phrase")
        if phrase not in BUILT_IN.all:
            yield _wrong(row["phrase"], f"there is no sentence '{phrase}'")
            continue
        for header, cell in row.cells.items():
            named = _LANGUAGE.fullmatch(header)
            if not named or not cell.text:
                continue
            language, state = named[1], row["state" + header.removeprefix("text")]
            wrong = _check(phrase, cell, state, language in now.ucs2)
            if wrong:
                yield wrong
            elif now.catalogues.get(language, {}).get(phrase) != Sentence(cell.text, state.text or "draft"):  # type: ignore[arg-type]
                yield {"language": language, "phrase": phrase, "text": cell.text, "state": state.text or "draft"}


def _check(phrase: str, cell: Cell, state: Cell, is_ucs2: bool) -> Finding | None:
    french = BUILT_IN.catalogues[DEFAULT_LANGUAGE][phrase].text
    if state.text not in ("", *STATES):
        return _wrong(state, f"'{state.text}' is neither draft nor reviewed")
    try:
        names = placeholders(cell.text)
    except ValueError:
        return _wrong(cell, "has a brace that is not closed")
    if names != placeholders(french):
        return _wrong(cell, f"must hold {_listed(placeholders(french))}, and holds {_listed(names)}")
    why = misfit(phrase, cell.text, is_ucs2)
    return _wrong(cell, f"'{phrase}' {why}") if why else None


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "no {name}"


def _wrong(cell: Cell, message: str) -> Finding:
    return Finding("error", cell.sheet, cell.row, cell.column, message)
