"""Figures that add up: the shape of a table, its releases, and what more to hide where a line gives away what it hides.

Pure: arrays in, masks out. It knows the rule of ten and nothing of solvers.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workers.figures.grain import Level

THRESHOLD = 10
"""What is known of fewer people is known of somebody (facts/deliberation.md)."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Shape(NamedTuple):
    """What is counted in each cell. `parts`: how many categories each partition of those who answered has.

    (6,) for one choice of six; (2, 2, 2) for three choices that each are taken or not; (1,) where only answers are counted.
    """

    parts: tuple[int, ...]

    @property
    def categories(self) -> int:
        """K, over all partitions."""
        return sum(self.parts)

    @property
    def measures(self) -> Ints:
        """(M, K): what each figure sums. First those who answered, then each category."""
        answered = (np.arange(self.categories) < self.parts[0])[None]
        return np.vstack([answered, np.eye(self.categories)] if self.categories > 1 else [answered]).astype(np.int64)

    @property
    def splits(self) -> list[list[int]]:
        """For each partition, the measures that sum to those who answered."""
        ends = np.cumsum(self.parts)
        return [list(range(end - part + 1, end + 1)) for part, end in zip(self.parts, ends, strict=True) if part > 1]

    @property
    def links(self) -> Ints:
        """(P - 1, K): each partition sums to as many as the first."""
        owner = np.repeat(np.arange(len(self.parts)), self.parts)
        return np.array([(owner == part) * 1 - (owner == 0) for part in range(1, len(self.parts))]).reshape(-1, self.categories)


class Round(NamedTuple):
    """One release of a table.

    counts: (G, K) people, as they stood when each cell was taken; taken: (G,) the number of the release that took it;
    asked: (R,) the rows of the release's level; shown: (R, M) the figures that are published.
    """

    counts: Ints
    taken: Ints
    asked: Mask
    shown: Mask


def figures(members: Mask, shape: Shape, counts: Ints) -> Ints:
    """(R, M): the figures of every row."""
    return members.astype(np.int64) @ counts @ shape.measures.T


class Lines:
    """The figures of a level and those that sum to each: along every axis for every measure, along the answers for every row.

    A figure is named by its place in a raveled (R, M).
    """

    def __init__(self, level: Level, shape: Shape) -> None:
        width = len(shape.measures)
        across = [
            (total * width + measure, [row * width + measure for row in rows])
            for total, rows in level.lines
            for measure in range(width)
        ]
        along = [
            (row * width, [row * width + measure for measure in split])
            for row in np.flatnonzero(level.asked).tolist()
            for split in shape.splits
        ]
        self._lines: list[tuple[int, list[int]]] = [*across, *along]
        self._crossing: dict[int, list[int]] = {}
        for number, (total, parts) in enumerate(self._lines):
            for figure in (total, *parts):
                self._crossing.setdefault(figure, []).append(number)

    def complete(self, shown: Mask, may_hide: Mask, people: Ints) -> Mask:
        """While a line gives away what it hides: hides its next smallest, or one that keeps more of such lines at once."""
        flat, able, sizes = shown.ravel().copy(), may_hide.ravel(), people.ravel()
        leaks = {number for number in range(len(self._lines)) if self._gives_away(number, flat, able, sizes)}
        while leaks:
            among = [part for part in self._lines[min(leaks)][1] if flat[part] and able[part]]
            hidden = min(among, key=lambda part: (-len(leaks.intersection(self._crossing[part])), sizes[part]))
            flat[hidden] = False
            for number in self._crossing[hidden]:
                (leaks.add if self._gives_away(number, flat, able, sizes) else leaks.discard)(number)
        return flat.reshape(shown.shape)

    def beside(self, figure: int, others: Iterable[int]) -> list[int]:
        """Those of the others that are in a line with a figure."""
        mates: set[int] = set()
        for number in self._crossing.get(figure, ()):
            mates.update((self._lines[number][0], *self._lines[number][1]))
        return [other for other in others if other in mates]

    def _gives_away(self, number: int, shown: Mask, may_hide: Mask, people: Ints) -> bool:
        """Whether the total is shown and what is hidden is one figure, or fewer than ten people; and more could be hidden."""
        total, parts = self._lines[number]
        hidden = [part for part in parts if not shown[part]]
        few = len(hidden) == 1 or (len(hidden) > 1 and people[hidden].sum() < THRESHOLD)
        return bool(shown[total]) and few and any(shown[part] and may_hide[part] for part in parts)
