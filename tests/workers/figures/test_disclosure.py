"""What may be published of a table, rule by rule; and every hidden figure against an oracle that tries every table there is."""

from collections.abc import Sequence
from math import inf

import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from workers.figures import results
from workers.figures.additive import Round, Shape, figures
from workers.figures.audit import Patience, TooHard
from workers.figures.disclosure import first_draft, protect
from workers.figures.grain import Grain, grain

Counts = NDArray[np.int64]
ALONE = grain([], [], {})


def by(*values: str) -> Grain:
    return grain(["cercle"], [values], {})


def released(at: Grain, parts: Sequence[int], *snapshots: Sequence[Sequence[int]]) -> list[Round]:
    """One release after the other of a table that stood like this; each at the finest level."""
    rounds: list[Round] = []
    for number, counts in enumerate(snapshots, start=1):
        now = np.array(counts, dtype=np.int64)
        rounds.append(protect(Shape(tuple(parts)), at.level(at.levels[0]), rounds, now, number, Patience(inf)))
    return rounds


def shown(at: Grain, parts: Sequence[int], *snapshots: Sequence[Sequence[int]]) -> list[list[int | None]]:
    """The last of these releases: for each row, those who answered, then each category; the row of everybody first."""
    last = released(at, parts, *snapshots)[-1]
    people = figures(at.members, Shape(tuple(parts)), last.counts)
    return [
        [count if is_shown else None for count, is_shown in zip(row, mask, strict=True)]
        for row, mask in zip(people.tolist(), last.shown.tolist(), strict=True)
    ]


@pytest.mark.parametrize(
    ("counts", "figures"),
    [
        ([40, 30, 20], [90, 40, 30, 20]),
        ([40, 30, 9], [79, 40, None, None]),  # nine are hidden, and so is the next smallest: else 79 - 40 - 30
        ([40, 30, 0], [70, 40, None, None]),  # nobody is fewer than ten too
        ([40, 3, 2], [45, None, None, None]),  # five together are still too few
        ([40, 30, 6, 5], [81, 40, 30, None, None]),  # eleven together are not
        ([12, 0, 0], [12, None, None, None]),  # everybody gave the same answer
        ([4, 3, 2], [None, None, None, None]),  # nine people are nobody's business at all
    ],
)
def test_a_choice_of_fewer_than_ten_is_hidden_and_so_is_what_would_give_it_away(
    counts: list[int], figures: list[int | None]
) -> None:
    assert shown(ALONE, [len(counts)], [counts]) == [figures]


@pytest.mark.parametrize(
    ("taken", "figures"),
    [(25, [50, 25, 25]), (48, [50, None, None]), (2, [50, None, None]), (50, [50, None, None]), (40, [50, 40, 10])],
)
def test_of_several_choices_those_who_left_one_out_are_protected_too(taken: int, figures: list[int | None]) -> None:
    assert shown(ALONE, [2, 2], [[taken, 50 - taken, 25, 25]])[0][:3] == figures


def test_a_group_of_fewer_than_ten_hides_the_next_smallest_group() -> None:
    rows = shown(by("kayes", "kita", "nioro"), [1], [[50], [20], [4]])
    assert rows == [[74], [50], [None], [None]]


def test_a_small_group_hides_the_corners_of_a_rectangle() -> None:
    at = grain(["cercle", "sex"], [["kayes", "kita", "nioro"], ["f", "m", "other"]], {})
    (one,) = released(at, [1], [[4], [60], [40], [50], [30], [45], [45], [50], [55]])
    cells = [at.rows[(("cercle", cercle), ("sex", sex))] for cercle, sex in at.cells]
    assert one.counts[~one.shown[cells, 0], 0].tolist() == [4, 40, 45, 55]


def test_a_group_waits_until_ten_more_answered() -> None:
    first = [[30, 20], [30, 20]]
    nine_more, ten_more = [[35, 24], [50, 40]], [[50, 40], [50, 40]]
    waits, moves = released(by("kayes", "kita"), [2], first, nine_more, ten_more)[1:]
    assert waits.counts.tolist() == [[30, 20], [50, 40]]
    assert waits.taken.tolist() == [1, 2]
    assert moves.counts.tolist() == ten_more
    assert moves.taken.tolist() == [3, 2]


@pytest.mark.parametrize(
    ("then", "figures"),
    [
        ([60, 45, 30], [135, 60, 45, 30]),  # ten more and more in each
        ([60, 45, 20], [125, 60, None, None]),  # nobody new chose the third: that is found out of those who came
        ([60, 31, 30], [121, 60, None, None]),  # one new
        ([40, 45, 30], [115, None, 45, None]),  # nobody new chose the first
    ],
)
def test_what_a_release_adds_is_protected_as_what_it_shows(then: list[int], figures: list[int | None]) -> None:
    assert shown(ALONE, [3], [[40, 30, 20]], [then]) == [figures]


def test_ten_who_all_answered_the_same_are_not_told_by_what_changed() -> None:
    assert shown(ALONE, [2], [[40, 30]], [[50, 30]]) == [[80, None, None]]


def test_a_figure_that_is_public_already_stays_where_nothing_moved() -> None:
    at = by("kayes", "kita", "nioro", "diema")
    first, then = [[87], [29], [22], [16]], [[156], [77], [22], [16]]
    assert shown(at, [1], first, then) == [[271], [156], [77], [22], [16]]


def test_what_a_first_release_hid_is_not_found_out_by_a_second() -> None:
    at = by("kayes", "kita", "nioro")
    first, then = [[50], [20], [4]], [[80], [20], [40]]
    rows = shown(at, [1], first, then)
    assert rows[0] == [140]
    assert rows[1:].count([None]) >= 2, "kita stands as it was: shown now, it would tell that nioro was 4"


def test_an_audit_that_would_take_too_long_is_given_up() -> None:
    with pytest.raises(TooHard, match="does not come to an end"):
        at = by("kayes", "kita", "nioro")
        protect(Shape((2,)), at.level(at.levels[0]), [], np.array([[5, 20], [6, 20], [30, 30]]), 1, Patience(1))


def test_the_audit_hides_little_beyond_the_rules_in_a_table_of_many_figures() -> None:
    dice = np.random.default_rng(0)
    at = grain(["cercle", "sex"], [["a", "b", "c", "d", "e", "f", "g", ""], ["f", "m", "other", ""]], {})
    people = dice.multinomial(10_000, np.outer([0.3, 0.2, 0.15, 0.1, 0.08, 0.05, 0.04, 0.08], [0.44, 0.46, 0.02, 0.08]).ravel())
    taken = [dice.binomial(people, share) for share in (0.8, 0.33, 0.25, 0.13, 0.08, 0.03)]
    counts = np.column_stack([part for each in taken for part in (each, people - each)])
    level, shape = at.level(at.levels[0]), Shape((2,) * 6)
    by_rules = first_draft(shape, level, [], counts, 1).shown.sum()
    assert protect(shape, level, [], counts, 1, Patience()).shown.sum() > 0.9 * by_rules


@pytest.mark.parametrize("seed", range(4))
def test_published_figures_add_up(seed: int) -> None:
    dice = np.random.default_rng(seed)
    at = grain(["cercle", "sex"], [["kayes", "kita", "nioro"], ["f", "m"]], {})
    snapshots = np.cumsum(dice.poisson(20, (3, 6, 3)), axis=0)
    level = at.level(at.levels[0])
    for one in released(at, [3], *snapshots.tolist()):
        people = figures(at.members, Shape((3,)), one.counts)
        for total, parts in level.lines:
            for measure in np.flatnonzero(one.shown[total]):
                hidden = people[list(parts), measure][~one.shown[list(parts), measure]]
                assert people[total, measure] == people[list(parts), measure].sum()
                assert hidden.sum() >= 10 or not len(hidden)


@pytest.mark.parametrize("seed", range(1, 13))
def test_every_hidden_figure_may_be_ten_apart_by_every_table_that_there_is(seed: int) -> None:
    dice = np.random.default_rng(seed)
    at, parts = [
        (grain(["a", "b"], [["a", "b"], ["c", "d"]], {}), (2,)),
        (grain(["a", "b"], [["a", "b", "c"], ["d", "e"]], {}), (1,)),
        (grain(["a"], [["a", "b", "c"]], {}), (2,)),
    ][seed % 3]
    shape = Shape(parts)
    counts = dice.poisson(dice.choice([6, 9, 12]) * 2 * dice.random((len(at.cells), shape.categories)))
    (one,) = released(at, parts, counts.tolist())
    sums = np.array([np.outer(row, measure).ravel() for row in at.members for measure in shape.measures], dtype=np.int64)
    public = one.shown.ravel()
    for secret in sums[~public] if public.any() else ():
        least, most = ends(sums[public], counts.ravel(), secret)
        assert most - least >= 10


def ends(equations: Counts, truth: Counts, secret: Counts) -> tuple[int, int]:
    """The least and the most that a sum can be in any table of people with the same published sums, by trying them all.

    One unknown after the other takes every number that it can; what is left of each published sum is all that has to be known of
    the way there.
    """
    equations = np.unique(equations, axis=0)
    ways: dict[tuple[int, ...], tuple[int, int]] = {tuple((equations @ truth).tolist()): (0, 0)}
    order = np.lexsort(equations)
    for place, unknown in enumerate(order):
        within = np.flatnonzero(equations[:, unknown])
        done = [each for each in within if not equations[each, order[place + 1 :]].any()]
        weight, found = int(secret[unknown]), dict[tuple[int, ...], tuple[int, int]]()
        for left, (least, most) in ways.items():
            exact = {left[each] for each in done}
            room = min(left[each] for each in within)
            for people in exact if len(exact) == 1 else range(0 if exact else room + 1):
                if people <= room:
                    then = tuple(rest - people if each in within else rest for each, rest in enumerate(left))
                    low, high = found.get(then, (least + weight * people, most + weight * people))
                    found[then] = min(low, least + weight * people), max(high, most + weight * people)
        ways = found
    return next(iter(ways.values()))


@pytest.mark.parametrize(("count", "total"), [(0, 10), (10, 10), (3, 17), (410, 800), (1, 10_000), (9_999, 10_000)])
def test_the_stability_index_is_the_wilson_interval_of_an_oracle(count: int, total: int) -> None:
    expected = proportion_confint(count, total, alpha=0.05, method="wilson")
    assert results.wilson(count, total) == pytest.approx(expected, abs=1e-4)
