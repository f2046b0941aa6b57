"""Somebody who has every release of a poll and a linear programme, and who knows more than the public does: which groups were
taken anew, and whose counts only grew. It shares nothing with workers/figures/audit.py but the solver.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linprog

from workers.figures.tables import Kept

Row = tuple[tuple[str, str], ...]
"""A group by its strata and their values; empty for everybody."""

REGIONS = {"kayes": "kayes", "diema": "kayes", "kita": "kita", "nioro": "nioro"}
"""Of each cercle of tests/crowd.py."""


class Figure(NamedTuple):
    """One place in one release: what stands there, None where it is hidden, and what is behind it."""

    release: int
    row: Row
    measure: str
    shown: int | None
    truth: int


class Attacker:
    """At work on one question of a poll, or on those who skipped it."""

    def __init__(self, question: str, kind: str, released: Sequence[dict[str, Any]], kept: Sequence[Kept]) -> None:
        self._cells = [tuple(cell) for cell in kept[-1].cells]
        self._tables = [one.tables[f"{question}/{kind}"] for one in kept]
        self._width = len(self._tables[0].counts[0])
        self._counts = [np.array(table.counts) for table in self._tables]
        self._taken = [np.array(table.taken) for table in self._tables]
        self._size = len(self._cells) * self._width
        self.figures = [
            Figure(release, row, measure, shown, self._behind(release, row, self._columns(content, question, measure)))
            for release, content in enumerate(released)
            for row, measure, shown in _figures(content, question, kind)
        ]
        self._vectors = [self._vector(one, self._columns(released[one.release], question, one.measure)) for one in self.figures]
        self._equations, self._right = self._known()
        self._growth = self._grew()

    def spread(self, vector: np.ndarray) -> int:
        """How many whole numbers lie between the least and the most that a sum of people can be."""
        ends = []
        for sign in (1, -1):
            solved = linprog(
                sign * vector,
                A_ub=self._growth if len(self._growth) else None,
                b_ub=np.zeros(len(self._growth)) if len(self._growth) else None,
                A_eq=self._equations,
                b_eq=self._right,
                bounds=(0, 100_000),
            )
            assert solved.status == 0, solved.message
            ends.append(sign * solved.fun)
        return math.floor(ends[1] + 1e-6) - math.ceil(ends[0] - 1e-6)

    def found_out(self) -> Iterator[str]:
        """Every hidden figure that is known to within less than ten people."""
        for figure, vector in zip(self.figures, self._vectors, strict=True):
            if figure.shown is None and self.spread(vector) < 10:
                yield f"{figure} is found out"

    def found_out_by_difference(self) -> Iterator[str]:
        """Every group of fewer than ten that came, or left, between two releases and is known to within less than ten."""
        places = {(one.release, one.row, one.measure): place for place, one in enumerate(self.figures)}
        for place, later in enumerate(self.figures):
            before = places.get((later.release - 1, later.row, later.measure))
            if before is None or not self._moved(later):
                continue
            earlier = self.figures[before]
            few = abs(later.truth - earlier.truth) < 10
            both = later.shown is not None and earlier.shown is not None
            if few and (both or self.spread(self._vectors[place] - self._vectors[before]) < 10):
                yield f"{later} less {earlier} is found out"

    def _known(self) -> tuple[np.ndarray, np.ndarray]:
        """Every published figure; groups that were not taken anew are as they were; each choice was taken or not."""
        rows = [(vector, one.shown) for vector, one in zip(self._vectors, self.figures, strict=True) if one.shown is not None]
        for release, (before, after) in enumerate(pairwise(self._taken)):
            for cell in np.flatnonzero(before == after):
                rows += [(self._of(release + 1, cell, k) - self._of(release, cell, k), 0) for k in range(self._width)]
        if self._width == 6:  # three choices, each taken or not: all three split the same people
            for release in range(len(self._tables)):
                for cell in range(len(self._cells)):
                    pairs = [self._of(release, cell, 2 * n) + self._of(release, cell, 2 * n + 1) for n in range(3)]
                    rows += [(pairs[0] - pairs[1], 0), (pairs[0] - pairs[2], 0)]
        return np.array([row for row, _ in rows]), np.array([right for _, right in rows])

    def _grew(self) -> np.ndarray:
        growth = [
            self._of(release, cell, k) - self._of(release + 1, cell, k)
            for release, (before, after) in enumerate(pairwise(self._counts))
            for cell, k in np.argwhere(after >= before)
        ]
        return np.array(growth)

    def _moved(self, figure: Figure) -> bool:
        there = self._inside(figure.row)
        return bool((self._taken[figure.release] != self._taken[figure.release - 1])[there].any())

    def _behind(self, release: int, row: Row, columns: list[int]) -> int:
        return int(self._counts[release][self._inside(row)][:, columns].sum())

    def _inside(self, row: Row) -> np.ndarray:
        mine = [{"cercle": cercle, "region": REGIONS.get(cercle, cercle), "sex": sex} for cercle, sex in self._cells]
        return np.array([all(one[name] == value for name, value in row) for one in mine])

    def _vector(self, figure: Figure, columns: list[int]) -> np.ndarray:
        cells = np.flatnonzero(self._inside(figure.row))
        return sum((self._of(figure.release, cell, k) for cell in cells for k in columns), np.zeros(1))

    def _of(self, release: int, cell: int, column: int) -> np.ndarray:
        unknown = np.zeros(self._size * len(self._tables))
        unknown[release * self._size + cell * self._width + column] = 1
        return unknown

    def _columns(self, content: dict[str, Any], question: str, measure: str) -> list[int]:
        asked = next(one for one in content["questions"] if one["name"] == question)
        names = [choice["name"] for choice in asked.get("choices", ())]
        if asked["type"] == "select_multiple" and self._width > 1:
            return [0, 1] if measure == "answered" else [2 * names.index(measure)]
        return list(range(self._width)) if measure in ("answered", "skipped") else [names.index(measure)]


def _figures(content: dict[str, Any], question: str, kind: str) -> Iterator[tuple[Row, str, int | None]]:
    asked = next(one for one in content["questions"] if one["name"] == question)
    rows: list[tuple[Row, Any, Any]] = [((), asked, {choice["name"]: choice["count"] for choice in asked.get("choices", ())})]
    for by, groups in asked.get("by", {}).items():
        rows += [(_row(by, group["value"]), group, group.get("choices", {})) for group in groups]
    for row, figures, choices in rows:
        if kind == "skipped":
            yield row, "skipped", figures["skipped"]
        else:
            yield row, "answered", figures["answered"]
            yield from ((row, name, count) for name, count in choices.items())


def _row(by: str, value: str | list[str]) -> Row:
    return tuple(zip(by.split(","), value if isinstance(value, list) else [value], strict=True))
