"""What everything that was published lets somebody find out: the linear-programming audit of a table over all its releases.

Pure: arrays in, masks out. It only ever hides more, and decides nothing by the size of a figure but which of two to hide.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import scipy  # its parts are read when they are first used, which most processes never do
from numpy.typing import NDArray

from workers.figures.additive import THRESHOLD, Ints, Lines, Mask, Round, Shape

ENOUGH = 0.95
"""Tables are drawn at random while each draw leaves less than this part of the secrets unsettled."""

REACH = 2 * THRESHOLD
"""How far an unknown may stray from the truth in such a draw, so that many of them move at once."""

PATIENCE = 600_000
"""Unknowns times programmes that a level of a release may take before it is given up: some ten seconds."""

Floats = NDArray[np.float64]
Sums = Any
"""A sparse matrix of scipy's: what each figure sums of the unknowns."""


class TooHard(ValueError):
    """The audit would take minutes: the same table with larger groups will not."""

    def __init__(self) -> None:
        super().__init__("the audit of these figures does not come to an end")


class Patience:
    """How much work is left to do, for as many tables as share it."""

    def __init__(self, left: float = PATIENCE) -> None:
        self._left = left

    def spend(self, unknowns: int) -> None:
        """One programme.

        Raises:
            TooHard: when that is too much.
        """
        self._left -= unknowns
        if self._left < 0:
            raise TooHard


class Attack:
    """Somebody with every release before them, the last of which is still in the making.

    Unknown are the counts of each cell when it was first taken, and what each later taking added. Where it added to a count,
    they may suppose that it could only add. Cells that no release tells apart are one.
    """

    def __init__(self, members: Mask, shape: Shape, rounds: Sequence[Round]) -> None:
        apart, rounds = _told_apart(members, rounds)
        sums = scipy.sparse.kron(scipy.sparse.csr_matrix(apart), scipy.sparse.csr_matrix(shape.measures), format="csr")
        levels, self._truth = _unknowns(rounds)
        figures = [(sums @ level).tocsr() for level in levels]
        links = scipy.sparse.kron(
            scipy.sparse.eye(apart.shape[1], dtype=np.int64), scipy.sparse.csr_matrix(shape.links), format="csr"
        )
        published = [figure[one.shown.ravel()] for figure, one in zip(figures[:-1], rounds[:-1], strict=True)]
        self._known = scipy.sparse.vstack([*(links @ level for level in levels), *published], format="csr")
        self._last = figures[-1]
        self._secrets, self._figure, self._is_last = _secrets(figures, self._truth, rounds)
        self._dice = np.random.default_rng(0)

    def withstood(self, shown: Mask, may_hide: Mask, people: Ints, lines: Lines, patience: Patience) -> Mask:
        """What of the last release can be published so that nothing which it hides is found out.

        Of the figures by which something is found out, the smallest in line with it is hidden, and what its lines then need,
        until nothing is.

        Args:
            shown: (R, M) what is to be published.
            may_hide: (R, M) what may be hidden for it.
            people: (R, M) the figures.
            lines: which figures add up.
            patience: how much work it may be.

        Raises:
            TooHard: when it is more, or the solver gives up.
        """
        here, able, sizes = shown.ravel().copy(), may_hide.ravel(), people.ravel()
        self._low = self._high = self._secrets @ self._truth
        self._patience = patience
        self._draw(here)
        found = True
        while found:
            found = False
            for secret in np.flatnonzero(self._open(here)).tolist():
                while by := [figure for figure in self._found_out(secret, here) if able[figure]]:
                    found = True
                    here[min(lines.beside(self._figure[secret], by) or by, key=sizes.__getitem__)] = False
                    here = lines.complete(here.reshape(shown.shape), may_hide, people).ravel()
        return here.reshape(shown.shape)

    def _open(self, shown: Mask) -> Mask:
        """The secrets of which no two tables ten apart are known yet; what is shown is no secret."""
        public = self._is_last & shown[self._figure]
        spread = np.floor(self._high + _TINY) - np.ceil(self._low - _TINY)
        narrow: Mask = ~public & (spread < THRESHOLD)
        return narrow

    def _draw(self, shown: Mask) -> None:
        """Settles most secrets at once, with tables that lie off the truth in directions drawn at random."""
        near = np.column_stack([np.maximum(self._truth - REACH, 0), self._truth + REACH])
        equations, _ = self._published(shown)
        before, waiting = np.inf, np.flatnonzero(self._open(shown))
        while 0 < len(waiting) < ENOUGH * before:
            towards = self._dice.choice([-1.0, 1.0], len(waiting)) @ self._secrets[waiting]
            self._solve(towards, equations, near)
            self._solve(-towards, equations, near)
            before, waiting = len(waiting), np.flatnonzero(self._open(shown))

    def _found_out(self, secret: int, shown: Mask) -> list[int]:
        """The figures of the last release that hold a secret within less than ten; none where it is safe from them."""
        if not self._open(shown)[secret]:
            return []
        equations, published = self._published(shown)
        figure = self._secrets[[secret]].toarray()[0].astype(float)
        used = []
        for towards in (figure, -figure):
            solved = self._solve(towards, equations, self._anywhere())
            if not self._open(shown)[secret]:
                return []
            used.append(published[np.abs(solved.eqlin.marginals) > _TINY])
        by = np.unique(np.concatenate(used))
        return [figure for figure in by.tolist() if figure >= 0]

    def _published(self, shown: Mask) -> tuple[Sums, Ints]:
        """Every equation, and which figure of the last release each is; -1 for what was known before."""
        return (
            scipy.sparse.vstack([self._known, self._last[shown]], format="csr"),
            np.concatenate([np.full(self._known.shape[0], -1), np.flatnonzero(shown)]),
        )

    def _anywhere(self) -> Floats:
        """(U, 2): bounds that no table of interest meets; without them a programme might have no end."""
        return np.tile([0.0, float(self._truth.sum() + 10 * REACH)], (len(self._truth), 1))

    def _solve(self, towards: Floats, equations: Sums, bounds: Floats) -> Any:
        self._patience.spend(len(towards))
        solved = scipy.optimize.linprog(
            -towards, A_eq=equations, b_eq=equations @ self._truth, bounds=bounds, method="highs-ds"
        )
        if solved.status != 0:
            raise TooHard
        values = self._secrets @ solved.x
        self._low, self._high = np.minimum(self._low, values), np.maximum(self._high, values)
        return solved


_TINY = 1e-6


def _told_apart(members: Mask, rounds: Sequence[Round]) -> tuple[Ints, list[Round]]:
    """The same with one cell for all that are in the same rows and were always taken together."""
    asked = np.logical_or.reduce([one.asked for one in rounds])
    marks = np.vstack([members[asked], *(one.taken for one in rounds)])
    _, first, kind = np.unique(marks, axis=1, return_index=True, return_inverse=True)
    merge = (np.arange(len(first))[:, None] == kind.reshape(1, -1)).astype(np.int64)
    return members[:, first].astype(np.int64), [
        one._replace(counts=merge @ one.counts, taken=one.taken[first]) for one in rounds
    ]


def _secrets(figures: Sequence[Sums], truth: Ints, rounds: Sequence[Round]) -> tuple[Sums, Ints, Mask]:
    """What must not be found out: all that a release hides, and what it added to the one before where that is fewer than ten.

    Returns:
        (N, U) what each secret sums of the unknowns; (N,) its figure; (N,) whether it is a secret only while the last release
        does not show it.
    """
    secrets, places, is_last = [], [], []
    for number, (figure, one) in enumerate(zip(figures, rounds, strict=True)):
        asked, last = np.repeat(one.asked, one.shown.shape[1]), one is rounds[-1]
        hidden = np.flatnonzero(asked & (last | ~one.shown.ravel()))
        added = (figure - figures[number - 1]).tocsr() if number else figure[:0]
        few = (
            np.flatnonzero(asked & (np.diff(added.indptr) > 0) & (np.abs(added @ truth) < THRESHOLD)) if number else hidden[:0]
        )
        secrets += [figure[hidden], added[few]]
        places += [hidden, few]
        is_last += [np.full(len(hidden), last), np.zeros(len(few), dtype=bool)]
    return scipy.sparse.vstack(secrets, format="csr"), np.concatenate(places), np.concatenate(is_last)


def _unknowns(rounds: Sequence[Round]) -> tuple[list[Sums], Ints]:
    """For each release the (G × K, U) sum of unknowns that each count was, and the (U,) truth."""
    width = rounds[0].counts.shape[1]
    moved = [np.ones_like(rounds[0].taken, dtype=bool), *(after.taken != before.taken for before, after in pairwise(rounds))]
    anew = [np.repeat(cells, width) for cells in moved]
    size, total = rounds[0].counts.size, int(sum(places.sum() for places in anew))
    level, before = scipy.sparse.csr_matrix((size, total), dtype=np.int64), np.zeros(size, dtype=np.int64)
    levels: list[Sums] = []
    truth: list[Ints] = []
    for places, one in zip(anew, rounds, strict=True):
        counts, where = one.counts.ravel(), np.flatnonzero(places)
        first = sum(len(part) for part in truth)
        added = scipy.sparse.csr_matrix(
            (np.ones(len(where), np.int64), (where, first + np.arange(len(where)))), shape=(size, total)
        )
        goes_on = (~places | (counts >= before)).astype(np.int64)
        level = (scipy.sparse.diags(goes_on, dtype=np.int64) @ level + added).tocsr()
        levels.append(level)
        truth.append((counts - goes_on * before)[where])
        before = counts
    return levels, np.concatenate(truth)
