"""What of a table may be published so that nobody finds out about fewer than ten people, by any subtraction, over all releases.

The rules of facts/deliberation.md, read strictly: every figure is of ten people or more, or hidden, nought too; and so is what
a release adds to the one before. Pure: arrays in, masks out.
"""

from collections.abc import Sequence

import numpy as np

from workers.figures.additive import THRESHOLD, Ints, Lines, Mask, Round, Shape, figures
from workers.figures.audit import Attack, Patience
from workers.figures.grain import Level


def protect(shape: Shape, level: Level, earlier: Sequence[Round], now: Ints, number: int, patience: Patience) -> Round:
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
    people, lines = figures(level.members, shape, draft.counts), Lines(level, shape)
    answers, choices = _hideable(draft, earlier, level)
    attack = Attack(level.members, shape, [*earlier, draft])
    shown = attack.withstood(draft.shown & ~choices, answers, people, lines, patience)
    if shape.categories > 1:
        shown = lines.complete(shown | (draft.shown & shown[:, :1]), choices, people)
        shown = attack.withstood(shown, choices, people, lines, patience)
    return draft._replace(shown=shown)


def first_draft(shape: Shape, level: Level, earlier: Sequence[Round], now: Ints, number: int) -> Round:
    """The next release as the rules leave it before the audit, which only ever hides more."""
    counts, taken = _renewed(shape, level, earlier, now, number)
    people = figures(level.members, shape, counts)
    large = level.asked[:, None] & (people >= THRESHOLD)
    for one in earlier:
        few = np.abs(people - figures(level.members, shape, one.counts)) < THRESHOLD
        large &= ~(_moved(one, taken, level) & one.shown & few)
    draft, lines = Round(counts, taken, level.asked, large), Lines(level, shape)
    answers, choices = _hideable(draft, earlier, level)
    shown = lines.complete(large & ~_choices(large), answers, people)
    shown = lines.complete(shown | (large & shown[:, :1]), choices, people)
    return draft._replace(shown=shown)


def _renewed(shape: Shape, level: Level, earlier: Sequence[Round], now: Ints, number: int) -> tuple[Ints, Ints]:
    """The counts that a release uses, and which release took each cell: a group is taken anew with ten more, or else waits."""
    if not earlier:
        return now, np.full(len(now), number)
    last, leaves = earlier[-1], level.members[list(level.leaves)]
    more = figures(leaves, shape, now - last.counts)[:, 0]
    moves = np.logical_or.reduce(leaves[np.abs(more) >= THRESHOLD], axis=0)
    return np.where(moves[:, None], now, last.counts), np.where(moves, number, last.taken)


def _moved(one: Round, taken: Ints, level: Level) -> Mask:
    """(R, 1): the rows in which a cell was taken anew since that release."""
    moved: Mask = np.logical_or.reduce(level.members[:, one.taken != taken], axis=1, keepdims=True)
    return moved


def _hideable(draft: Round, earlier: Sequence[Round], level: Level) -> tuple[Mask, Mask]:
    """The figures of those who answered, and of what, that can still be hidden: the others stand in an earlier release."""
    known = np.zeros_like(draft.shown)
    for one in earlier:
        known |= one.shown & ~_moved(one, draft.taken, level)
    choices = _choices(known)
    return ~known & ~choices, ~known & choices


def _choices(like: Mask) -> Mask:
    mask = np.ones_like(like)
    mask[:, 0] = False
    return mask
