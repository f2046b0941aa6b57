"""The questionnaire as a rehearsal reads it from the workbook: who is asked what, with which words.

It must never import the engine, the intake or a database: it is what they are held against.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
from msgspec import Struct


class Choice(Struct, frozen=True):
    """A choice as the workbook has it; `number` is what stands before it on a phone."""

    name: str
    number: int
    words: dict[str, tuple[str, ...]]


class Question(Struct, frozen=True):
    """A row of the survey sheet; `most` is the largest integer allowed."""

    name: str
    type: str
    labels: dict[str, str]
    relevant: str
    required: bool
    profile: bool
    choices: tuple[Choice, ...] = ()
    most: int = 99


class Form(Struct, frozen=True):
    """The questionnaire: its own questions first, then the profile's."""

    slug: str
    dial: str
    questions: tuple[Question, ...]


def read_form(path: Path) -> Form:
    """The workbook's questions, read without our XLSForm reader."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    lists: dict[str, list[Choice]] = {}
    for row in _rows(book["choices"]):
        place = len(lists.setdefault(row["list_name"], [])) + 1
        labels, synonyms = _translated(row, "label"), _translated(row, "synonyms")
        words = {
            one: (label, *re.split(r",\s*", synonyms[one])) if one in synonyms else (label,) for one, label in labels.items()
        }
        lists[row["list_name"]].append(Choice(row["name"], place if place < 9 else place + 1, words))
    questions = [_question(row, lists) for row in _rows(book["survey"])]
    settings = next(_rows(book["settings"]))
    return Form(settings["form_id"], settings.get("dial", ""), tuple(sorted(questions, key=lambda one: one.profile)))


def holds(relevant: str, answers: dict[str, tuple[str, ...]]) -> bool:
    """Whether `${x} = 'y'`, joined by `and` and `or`, is true of these answers.

    Raises:
        ValueError: for an expression that is anything else.
    """
    return not relevant or any(
        all(_is(term, answers) for term in re.split(r"\band\b", part)) for part in re.split(r"\bor\b", relevant)
    )


def _is(term: str, answers: dict[str, tuple[str, ...]]) -> bool:
    match = re.fullmatch(r"\s*\$\{(\w+)\}\s*=\s*'([^']*)'\s*", term)
    if match is None:
        raise ValueError(f"a rehearsal does not understand '{term.strip()}'")
    return answers.get(match[1]) == (match[2],)


def _rows(sheet: Any) -> Iterator[dict[str, str]]:
    rows = sheet.iter_rows(values_only=True)
    heads = [str(head or "") for head in next(rows)]
    for row in rows:
        if any(cell is not None for cell in row):
            yield {head: str(cell).strip() for head, cell in zip(heads, row, strict=False) if cell is not None}


def _translated(row: dict[str, str], column: str) -> dict[str, str]:
    found = ((re.fullmatch(rf"{column}::.*\((\w+)\)", head), cell) for head, cell in row.items())
    return {match[1]: cell for match, cell in found if match}


def _question(row: dict[str, str], lists: dict[str, list[Choice]]) -> Question:
    kind, _, listed = row["type"].partition(" ")
    most = re.search(r"\.\s*<=\s*(\d+)", row.get("constraint", ""))
    return Question(
        name=row["name"],
        type=kind,
        labels=_translated(row, "label"),
        relevant=row.get("relevant", ""),
        required=row.get("required") == "yes",
        profile=row.get("profile") == "yes",
        choices=tuple(lists.get(listed, ())),
        most=int(most[1]) if most else 99,
    )
