"""What of a table may be published so that nobody finds out about fewer than ten people, by any subtraction, over all releases.

The rules of facts/deliberation.md, read strictly: every figure is of ten people or more, or hidden, nought too; and so is what
a release adds to the one before. Pure: arrays in, masks out.
"""

from collections.abc import Sequence

import numpy as np

from workers.audit import PATIENCE, THRESHOLD, Attack, Ints, Mask, Round, Shape
from workers.grain import Level

Line = tuple[int, tuple[int, ...]]
"""A figure and those that sum to it, by their places in a raveled (R, M)."""


def protect(shape: Shape, level: Level, earlier: Sequence[Round], now: Ints, number: int, patience: float = PATIENCE) -> Round:
    """The next release of a table.

    Args:
        shape: what is counted in each cell.
        level: what is to be shown of the rows.
        earlier: the table's releases so far, oldest first.
        now: (G, K) people as they stand.
        number: of the release in the making.
        patience: how much work the audit may be.

    Raises:
        TooHard: when it is more.
    """
    draft = first_draft(shape, level, earlier, now, number)
    people, answers = figures(level.members, shape, draft.counts), _answers(draft.shown)
    attack = Attack(level.members, shape, [*earlier, draft])
    shown = attack.withstood(draft.shown & answers, answers, people, patience)
    if shape.categories > 1:
        shown = _complete(shown | (draft.shown & shown[:, :1]), ~answers, people, _lines(level, shape))
        shown = attack.withstood(shown, ~answers, people, patience)
    return draft._replace(shown=shown)


def first_draft(shape: Shape, level: Level, earlier: Sequence[Round], now: Ints, number: int) -> Round:
    """The next release as the rules leave it before the audit, which only ever hides more."""
    members = level.members
    counts, taken = _renewed(shape, level, earlier, now, number)
    people = figures(members, shape, counts)
    large = level.asked[:, None] & (people >= THRESHOLD)
    for one in earlier:
        moved = np.logical_or.reduce(members[:, one.taken != taken], axis=1)
        few = np.abs(people - figures(members, shape, one.counts)) < THRESHOLD
        large &= ~(moved[:, None] & one.shown & few)
    answers, lines = _answers(large), _lines(level, shape)
    shown = _complete(large & answers, answers, people, lines)
    shown = _complete(shown | (large & shown[:, :1]), ~answers, people, lines)
    return Round(counts, taken, level.asked, shown)


def figures(members: Mask, shape: Shape, counts: Ints) -> Ints:
    """(R, M): the figures of every row."""
    return members.astype(np.int64) @ counts @ shape.measures.T


def _renewed(shape: Shape, level: Level, earlier: Sequence[Round], now: Ints, number: int) -> tuple[Ints, Ints]:
    """The counts that a release uses, and which release took each cell: a group is taken anew with ten more, or else waits."""
    if not earlier:
        return now, np.full(len(now), number)
    last, leaves = earlier[-1], level.members[list(level.leaves)]
    more = figures(leaves, shape, now - last.counts)[:, 0]
    moves = np.logical_or.reduce(leaves[np.abs(more) >= THRESHOLD], axis=0)
    return np.where(moves[:, None], now, last.counts), np.where(moves, number, last.taken)


def _answers(like: Mask) -> Mask:
    mask = np.zeros_like(like)
    mask[:, 0] = True
    return mask


def _complete(shown: Mask, may_hide: Mask, people: Ints, lines: Sequence[Line]) -> Mask:
    """Hides the next smallest of a line while what it hides is one figure, or fewer than ten people."""
    flat, able, sizes = shown.ravel().copy(), may_hide.ravel(), people.ravel()
    settled = False
    while not settled:
        settled = True
        for total, parts in lines:
            hidden = [part for part in parts if not flat[part]]
            if not flat[total] or not hidden or (len(hidden) > 1 and sizes[hidden].sum() >= THRESHOLD):
                continue
            rest = [part for part in parts if flat[part] and able[part]]
            if rest:
                flat[min(rest, key=sizes.__getitem__)] = settled = False
    return flat.reshape(shown.shape)


def _lines(level: Level, shape: Shape) -> list[Line]:
    """Along each axis of the grain for every measure, and along the answers for every row."""
    width = len(shape.measures)
    across = [
        (total * width + measure, tuple(row * width + measure for row in rows))
        for total, rows in level.lines
        for measure in range(width)
    ]
    along = [
        (row * width, tuple(row * width + measure for measure in split))
        for row in np.flatnonzero(level.asked).tolist()
        for split in shape.splits
    ]
    return [*across, *along]
