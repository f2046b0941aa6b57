"""What of a table may be published so that nobody finds out about fewer than ten people, by any subtraction, over all releases.

The rules of facts/deliberation.md, read strictly: every figure is of ten people or more, or hidden, nought too; and so is what
a release adds to the one before. Pure: arrays in, masks out.
"""

from collections.abc import Sequence

import numpy as np

from workers.audit import THRESHOLD, Attack, Ints, Line, Mask, Patience, Round, Shape
from workers.grain import Level


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
    people, lines = figures(level.members, shape, draft.counts), _lines(level, shape)
    answers, choices = _hideable(draft, earlier, level)
    attack = Attack(level.members, shape, [*earlier, draft])
    shown = attack.withstood(draft.shown & ~choices, answers, people, lines, patience)
    if shape.categories > 1:
        shown = _complete(shown | (draft.shown & shown[:, :1]), choices, people, lines)
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
    draft, lines = Round(counts, taken, level.asked, large), _lines(level, shape)
    answers, choices = _hideable(draft, earlier, level)
    shown = _complete(large & ~_choices(large), answers, people, lines)
    shown = _complete(shown | (large & shown[:, :1]), choices, people, lines)
    return draft._replace(shown=shown)


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


def _complete(shown: Mask, may_hide: Mask, people: Ints, lines: Sequence[Line]) -> Mask:
    """While a line gives away what it hides: hides its next smallest, or one that keeps more of such lines at once."""
    flat, able, sizes = shown.ravel().copy(), may_hide.ravel(), people.ravel()
    crossing: dict[int, list[int]] = {}
    for number, (total, parts) in enumerate(lines):
        for figure in (total, *parts):
            crossing.setdefault(figure, []).append(number)
    leaks = {number for number, line in enumerate(lines) if _gives_away(line, flat, able, sizes)}
    while leaks:
        among = [part for part in lines[min(leaks)][1] if flat[part] and able[part]]
        hidden = min(among, key=lambda part: (-len(leaks.intersection(crossing[part])), sizes[part]))
        flat[hidden] = False
        for number in crossing[hidden]:
            (leaks.add if _gives_away(lines[number], flat, able, sizes) else leaks.discard)(number)
    return flat.reshape(shown.shape)


def _gives_away(line: Line, shown: Mask, may_hide: Mask, people: Ints) -> bool:
    """Whether its total is shown and what it hides is one figure, or fewer than ten people; and more could be hidden."""
    total, parts = line
    hidden = [part for part in parts if not shown[part]]
    few = len(hidden) == 1 or (len(hidden) > 1 and people[hidden].sum() < THRESHOLD)
    return bool(shown[total]) and few and any(shown[part] and may_hide[part] for part in parts)


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
