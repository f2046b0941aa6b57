"""A poll's questions as the tables that disclosure control reads, and how a release keeps the tables it was made of.

What is kept here is internal: it holds every count, small ones too, and leaves the database never.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec import Struct

from flows.poll import Poll, Question
from workers.figures.additive import Ints, Round, Shape
from workers.figures.grain import Above, Grain, Key, Names, grain
from workers.figures.results import Counts

Cells = Mapping[tuple[str, ...], Counts]
"""The counts of each cell of the grain (workers/figures/results.py)."""

Values = list[dict[str, int]]
"""For each cell, how many gave each number."""


class Table(NamedTuple):
    """What is counted of one question, or of the poll. `values` only where the answers are numbers."""

    name: str
    shape: Shape
    now: Ints
    earlier: list[Round]
    values: Values
    earlier_values: list[Values]


class KeptTable(Struct, frozen=True):
    """One release of a table. `shown`: for each row that shows a figure, which of them."""

    level: Names
    counts: list[list[int]]
    taken: list[int]
    shown: list[tuple[Key, list[int]]]
    values: Values = []


class Kept(Struct, frozen=True):
    """All that a later release has to know of an earlier one: the grain that the first one settled, and the tables.

    waiting: answers that it left out; lost: figures of the release before that it hides.
    """

    strata: tuple[str, ...]
    above: dict[str, tuple[str, dict[str, str]]]
    cells: list[tuple[str, ...]]
    tables: dict[str, KeptTable]
    waiting: int = 0
    lost: int = 0


def released(question: Question) -> bool:
    """Whether a release has figures of it."""
    return question.type not in ("note", "calculate")


def grain_of(poll: Poll, cells: Cells, earlier: Sequence[Kept], strata: tuple[str, ...], above: Above) -> Grain:
    """The grain with every value that a poll has choices for, or that was ever counted; those of whom nothing is known last."""
    domains = []
    for place, name in enumerate(strata):
        question = poll.by_name.get(name)
        offered = [choice.name for choice in question.choices] if question else []
        seen = {cell[place] for cell in [*cells, *(cell for kept in earlier for cell in kept.cells)]}
        domains.append([*offered, *sorted(seen - {*offered, ""}), ""])
    return grain(strata, domains, above)


def tables_of(poll: Poll, at: Grain, cells: Cells, earlier: Sequence[Kept]) -> list[Table]:
    """The respondents, and for each question those who answered and those who skipped."""
    counts = [cells.get(cell, Counts()) for cell in at.cells]
    tables = [_table("respondents", Shape((1,)), _column(counts, "", "respondents"), at, earlier)]
    for question in filter(released, poll.questions):
        name = question.name
        tables += [
            _table(f"{name}/answers", *_answers(question, counts), at, earlier, _values(question, counts)),
            _table(f"{name}/skipped", Shape((1,)), _column(counts, name, "skipped"), at, earlier),
        ]
    return tables


def kept(made: Round, values: Values, at: Grain, level: Names) -> KeptTable:
    """The table as a release has made it."""
    shown = [(key, np.flatnonzero(made.shown[row]).tolist()) for key, row in at.rows.items()]
    return KeptTable(level, made.counts.tolist(), made.taken.tolist(), [row for row in shown if row[1]], values)


def values_used(table: Table, made: Round, number: int) -> Values:
    """The numbers behind a release's counts: of the cells that it took anew as they stand, of the others as they were."""
    if not table.values or not table.earlier_values:
        return table.values
    before = table.earlier_values[-1]
    return [now if taken == number else was for now, was, taken in zip(table.values, before, made.taken, strict=True)]


def to_json(what: Kept) -> str:
    """As the database keeps it."""
    return msgspec.json.encode(what).decode()


def from_json(stored: str) -> Kept:
    """Read back.

    Raises:
        msgspec.ValidationError: when it is none.
    """
    return msgspec.json.decode(stored, type=Kept)


def _table(name: str, shape: Shape, now: Ints, at: Grain, earlier: Sequence[Kept], values: Values | None = None) -> Table:
    there = [(one.cells, one.tables[name]) for one in earlier if name in one.tables]
    rounds = [_recalled(table, cells, at, shape) for cells, table in there]
    return Table(name, shape, now, rounds, values or [], [_placed(table.values, cells, at) for cells, table in there])


def _recalled(table: KeptTable, cells: Sequence[tuple[str, ...]], at: Grain, shape: Shape) -> Round:
    """An earlier release on today's cells: one that was not there then had nobody in it."""
    places = [at.cells.index(cell) for cell in cells]
    counts, taken = np.zeros((len(at.cells), shape.categories), dtype=np.int64), np.zeros(len(at.cells), dtype=np.int64)
    counts[places], taken[places] = table.counts, table.taken
    shown = np.zeros((len(at.members), len(shape.measures)), dtype=bool)
    for key, measures in table.shown:
        shown[at.rows[key], measures] = True
    return Round(counts, taken, at.level(table.level).asked, shown)


def _placed(values: Values, cells: Sequence[tuple[str, ...]], at: Grain) -> Values:
    by_cell = dict(zip(cells, values, strict=False))
    return [by_cell.get(cell, {}) for cell in at.cells]


def _answers(question: Question, counts: Sequence[Counts]) -> tuple[Shape, Ints]:
    name, answered = question.name, _column(counts, question.name, "answered")
    if not question.is_choice or len(question.choices) == 1:
        return Shape((1,)), answered
    chosen = np.hstack([_column(counts, name, "choice", choice.name) for choice in question.choices])
    if question.type == "select_one":
        return Shape((len(question.choices),)), chosen
    pairs = np.stack([chosen, answered - chosen], axis=2).reshape(len(counts), -1)
    return Shape((2,) * len(question.choices)), pairs


def _column(counts: Iterable[Counts], question: str, measure: str, choice: str = "") -> Ints:
    return np.array([[cell[question, measure, choice]] for cell in counts], dtype=np.int64)


def _values(question: Question, counts: Iterable[Counts]) -> Values:
    if question.type not in ("integer", "decimal"):
        return []
    wanted = (question.name, "choice")
    return [{key[2]: number for key, number in cell.items() if key[:2] == wanted and number} for cell in counts]
