"""The rows of a grain, how they add up, and the order in which a break-down gets coarser."""

import numpy as np

from workers.figures.grain import Above, grain

ABOVE: Above = {
    "commune": ("cercle", {"kita": "kita", "djidian": "kita", "bema": "diema"}),
    "cercle": ("region", {"kita": "kita", "diema": "kayes"}),
}
COMMUNES = ["kita", "djidian", "bema", ""]


def test_a_break_down_coarsens_step_by_step_before_it_is_dropped() -> None:
    assert grain(["commune", "sex"], [COMMUNES, ["f", "m", ""]], ABOVE).levels == (
        ("commune", "sex"),
        ("cercle", "sex"),
        ("region", "sex"),
        ("commune", ""),
        ("cercle", ""),
        ("region", ""),
        ("", "sex"),
        ("", ""),
    )


def test_a_step_that_tells_nobody_apart_is_left_out() -> None:
    one_region: Above = {"cercle": ("region", {"kita": "kayes", "diema": "kayes"})}
    assert grain(["cercle"], [["kita", "diema", ""]], one_region).levels == (("cercle",), ("",))
    assert grain(["sex"], [["f", ""]], {}).levels == (("",),)


def test_two_strata_are_never_shown_by_the_same_name() -> None:
    above: Above = {"cercle": ("region", {"kita": "r", "diema": "s"}), "origin": ("region", {"kita": "r", "diema": "s"})}
    levels = grain(["cercle", "origin"], [["kita", "diema"], ["kita", "diema"]], above).levels
    assert ("cercle", "region") in levels
    assert ("region", "region") not in levels


def test_no_grain_is_the_totals_alone() -> None:
    nothing = grain([], [], {})
    assert (nothing.cells, nothing.levels, nothing.members.tolist()) == (((),), ((),), [[True]])


def test_rows_of_a_level_add_up_along_every_line() -> None:
    at = grain(["commune", "sex"], [COMMUNES, ["f", "m", ""]], ABOVE)
    people = np.random.default_rng(1).integers(0, 50, len(at.cells))
    sums = at.members @ people
    for names in at.levels:
        level = at.level(names)
        assert sum(sums[list(level.leaves)]) == people.sum()
        for total, parts in level.lines:
            assert sums[total] == sums[list(parts)].sum()


def test_a_value_that_lies_in_nothing_stays_as_it_is() -> None:
    at = grain(["commune"], [["kita", "abroad", ""]], ABOVE)
    assert [key[0] for key in at.keys(("region",))] == [("region", "kita"), ("region", "abroad"), ("region", "")]


def test_two_names_for_the_same_people_are_one_row() -> None:
    at = grain(["commune"], [["bema", "kita", "djidian"]], ABOVE)
    assert at.rows[(("commune", "bema"),)] == at.rows[(("cercle", "diema"),)] == at.rows[(("region", "kayes"),)]
