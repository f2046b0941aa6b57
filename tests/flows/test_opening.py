"""When a poll is talked about: from `opens` to the end of `closes`, and what is said before and after."""

import pytest

from flows.catalogue import Catalogue
from flows.dialog import Person
from flows.engine import Step, advance
from flows.poll import moment
from flows.scene import Turn
from tests import polls

DECEMBER, JANUARY = 1796083200.0, 1798761600.0
"""The first seconds of December 2026 and of January 2027, UTC."""


@pytest.mark.parametrize(
    ("written", "begins", "ends"),
    [
        ("2026-12-01", DECEMBER, DECEMBER + 86400),
        ("20261201", DECEMBER, DECEMBER + 86400),
        ("2026-12-01T00:00:00", DECEMBER, DECEMBER),
        ("2026-12-01 18:30", DECEMBER + 66600, DECEMBER + 66600),
        ("20261201T18", DECEMBER + 64800, DECEMBER + 64800),
        ("2026-12-01T01:00+01:00", DECEMBER, DECEMBER),
        ("9999-12-31", 253402214400, 253402300800),  # "never", to somebody: the last day that there is
    ],
)
def test_a_date_is_a_whole_day_and_a_time_is_that_time(written: str, begins: float, ends: float) -> None:
    assert (moment(written), moment(written, end_of_day=True)) == (begins, ends)


def dials(code: str, now: float, *others: str, **days: str) -> Step:
    """Dials through to the poll of these days; `others` are the codes of other polls, always open."""
    every = (polls.dated("puits", "6", **days), *(polls.dated(f"autre{dial}", dial) for dial in others))
    return advance(None, Person(), Catalogue("1", every, every), Turn(None, now, 1, dialled=tuple(code.split("*"))))


@pytest.mark.parametrize(
    ("now", "part"),
    [
        (DECEMBER - 1, "Le puits. Cette consultation ouvre le 1/12/2026."),
        (DECEMBER, "demande votre avis: Le puits."),
        (JANUARY - 1, "demande votre avis: Le puits."),
        (JANUARY, "aucune consultation n'est ouverte"),
    ],
)
def test_a_poll_is_talked_about_on_its_days_and_not_before_or_after(now: float, part: str) -> None:
    step = dials("6", now, opens="2026-12-01", closes="2026-12-31")
    assert part in step.page.text
    assert step.page.expects == ("demande" in part)


def test_beside_another_poll_one_that_closed_is_an_unknown_code_and_one_to_come_still_says_when() -> None:
    assert dials("6", JANUARY, "7", closes="2026-12-31").page.text.startswith("Code inconnu.\nEMDK demande")
    assert "ouvre le 1/12/2026 18:30." in dials("6*1", DECEMBER, "7", opens="2026-12-01 18:30").page.text  # a vote, too


def test_a_poll_that_closes_under_a_dialog_is_as_one_that_was_closed() -> None:
    poll = polls.dated("puits", "6", closes="2026-12-31")
    catalogue = Catalogue("1", (poll,), (poll,))
    first = advance(None, Person(), catalogue, Turn(None, JANUARY - 2, 1))
    asked = advance(first.dialog, first.person, catalogue, Turn("1", JANUARY - 1, 1))
    late = advance(asked.dialog, asked.person, catalogue, Turn("1", JANUARY, 1))
    assert late == advance(asked.dialog, asked.person, Catalogue("2"), Turn("1", JANUARY, 1))
    assert late.events == ()


def test_the_days_of_the_newest_version_hold_for_every_version() -> None:
    old, new = polls.dated("puits", "6", closes="2026-12-31"), polls.dated("puits", "6", closes="2027-12-31")
    longer = Catalogue("1", (new, old), (new,)).at(JANUARY)
    assert (longer.polls, longer.open) == ((new, old), (new,))
    shorter = Catalogue("1", (old, new), (old,)).at(JANUARY)
    assert (shorter.polls, shorter.open, shorter.coming) == ((), (), ())


def test_a_catalogue_is_made_once_a_stretch_and_is_itself_where_nothing_is_dated() -> None:
    plain, dated = polls.radio(), polls.dated("puits", "6", opens="2026-12-01")
    undated = Catalogue("1", (plain,), (plain,))
    assert undated.at(DECEMBER) is undated
    catalogue = Catalogue("1", (plain, dated), (plain, dated))
    before = catalogue.at(DECEMBER - 1)
    assert before is catalogue.at(0)
    assert before.at(0) == before
    assert (before.open, before.coming) == ((plain,), (dated,))
    assert catalogue.at(DECEMBER).open == (plain, dated)
