"""The groups that a release may show: the cells of a poll's grain, the rows that sum them, and the ladder from fine to coarse.

Pure. It knows who belongs where, and no figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Key = tuple[tuple[str, str] | None, ...]
"""A row: for each axis the stratum and its value, or None for everybody."""

Names = tuple[str, ...]
"""A level: for each axis the stratum that it is shown by, or empty where it is not."""

Above = Mapping[str, tuple[str, Mapping[str, str]]]
"""What a stratum is coarsened to: the coarser stratum, and the value there of each value; one that is not named stays."""


class Step(Struct, frozen=True):
    """One way of showing an axis: the stratum's name and, for each value of the axis, its value there."""

    name: str
    values: dict[str, str]


class Level(NamedTuple):
    """What a release shows of the rows.

    members: (R, G) which cells each row sums; asked: (R,) whether it is of this level; leaves: the finest that are;
    lines: one of them, and those that make it up.
    """

    names: Names
    members: NDArray[np.bool_]
    asked: NDArray[np.bool_]
    leaves: tuple[int, ...]
    lines: tuple[tuple[int, tuple[int, ...]], ...]


class Grain(Struct, frozen=True, dict=True):
    """The one or two strata that a poll may be broken down by: for each axis its steps, finest first."""

    axes: tuple[tuple[Step, ...], ...]

    @cached_property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """Every combination of values; one empty cell where there is no axis."""
        return tuple(product(*(steps[0].values for steps in self.axes)))

    @cached_property
    def rows(self) -> dict[Key, int]:
        """The number of each row, at all levels at once. Two keys that sum the same cells are one row."""
        return {key: number for key, (number, _) in self._numbered.items()}

    @cached_property
    def members(self) -> NDArray[np.bool_]:
        """(R, G): which cells each row sums."""
        by_number = dict(self._numbered.values())
        return np.array([by_number[number] for number in range(len(by_number))])

    @cached_property
    def levels(self) -> tuple[Names, ...]:
        """From the finest to the totals: coarser steps first, then without the second axis, then without the first."""
        ways = [[*(step.name for step in steps if _divides(step)), ""] for steps in self.axes]
        places = product(*(range(len(way)) for way in ways))

        def coarseness(place: tuple[int, ...]) -> tuple[int, tuple[bool, ...], int]:
            dropped = tuple(step == len(way) - 1 for step, way in zip(place, ways, strict=True))
            return sum(dropped), dropped, sum(place)

        ordered = [tuple(way[step] for step, way in zip(place, ways, strict=True)) for place in sorted(places, key=coarseness)]
        return tuple(names for names in ordered if not any(name and names.count(name) > 1 for name in names))

    @property
    def names(self) -> set[str]:
        """Every stratum that an axis may be shown by."""
        return {step.name for steps in self.axes for step in steps}

    @property
    def everybody(self) -> Key:
        """The row of the totals."""
        return (None,) * len(self.axes)

    def keys(self, names: Names) -> list[Key]:
        """The rows of a break-down by these, in the order of their values."""
        groups = [self._groups(axis, name) if name else [None] for axis, name in enumerate(names)]
        return list(product(*groups))

    def level(self, names: Names) -> Level:
        """The rows of a level, its totals among them, and how they add up."""
        groups = [self._groups(axis, name) for axis, name in enumerate(names)]
        keys = list(product(*([None, *group] for group in groups)))
        asked = np.zeros(len(self.members), dtype=bool)
        asked[[self.rows[key] for key in keys]] = True
        lines = [
            (self.rows[key], tuple(self.rows[(*key[:axis], part, *key[axis + 1 :])] for part in group))
            for key in keys
            for axis, group in enumerate(groups)
            if group and key[axis] is None
        ]
        return Level(names, self.members, asked, tuple(self.rows[key] for key in self.keys(names)), tuple(lines))

    def _groups(self, axis: int, name: str) -> list[tuple[str, str] | None]:
        return [(name, value) for step in self.axes[axis] if step.name == name for value in _distinct(step)]

    @cached_property
    def _numbered(self) -> dict[Key, tuple[int, tuple[bool, ...]]]:
        options = [[None, *((step, value) for step in steps for value in _distinct(step))] for steps in self.axes]
        numbers: dict[tuple[bool, ...], int] = {}
        numbered: dict[Key, tuple[int, tuple[bool, ...]]] = {}
        for row in product(*options):
            sums = tuple(
                all(part is None or part[0].values[value] == part[1] for part, value in zip(row, cell, strict=True))
                for cell in self.cells
            )
            key = tuple(part and (part[0].name, part[1]) for part in row)
            numbered[key] = (numbers.setdefault(sums, len(numbers)), sums)
        return numbered


def grain(names: Sequence[str], domains: Sequence[Iterable[str]], above: Above) -> Grain:
    """The grain of these strata.

    Args:
        names: the strata, finest first where one is coarsened.
        domains: the values of each, in the order in which they are shown.
        above: what a stratum is coarsened to.
    """
    return Grain(tuple(_steps(name, tuple(domain), above) for name, domain in zip(names, domains, strict=True)))


def _steps(name: str, domain: tuple[str, ...], above: Above) -> tuple[Step, ...]:
    steps = [Step(name, {value: value for value in domain})]
    while name in above:
        name, coarser = above[name]
        steps.append(Step(name, {value: coarser.get(now, now) for value, now in steps[-1].values.items()}))
    return tuple(steps)


def _distinct(step: Step) -> list[str]:
    return list(dict.fromkeys(step.values.values()))


def _divides(step: Step) -> bool:
    """Whether it tells anybody apart but those of whom nothing is known."""
    return len({*step.values.values()} - {""}) > 1
