"""Releases over real answers: what they show, what an attacker with all of them finds, and that nothing changes them."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import Engine, select

from tests.answering import ABOVE, AVIS, Crowd
from tests.attacker import Attacker
from workers import tables
from workers.database.models import Release
from workers.database.session import open_engine, reading
from workers.results import results


@pytest.fixture
def crowd(engine: Engine) -> Crowd:
    return Crowd(engine)


@pytest.fixture
def crowds(sqlite_url: str) -> Callable[[int], Crowd]:
    """A crowd for a seed, where the database is not what is looked at."""
    return lambda seed: Crowd(open_engine(sqlite_url), seed)


def question(content: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in content["questions"] if one["name"] == name)


def kept(crowd: Crowd) -> list[tables.Kept]:
    with reading(crowd.engine) as session:
        return [tables.from_json(one) for one in session.scalars(select(Release.kept).order_by(Release.number))]


def attackers(crowd: Crowd, released: list[dict[str, Any]]) -> list[Attacker]:
    kinds = [(name, kind) for name in ("priorite", "freins", "absents", "mots") for kind in ("answers", "skipped")]
    return [Attacker(name, kind, released, kept(crowd)) for name, kind in kinds]


def test_a_release_has_the_shape_of_the_contract(crowd: Crowd) -> None:
    crowd.grows(400)
    content = crowd.releases().content
    assert {name: content[name] for name in ("poll", "version", "respondents", "release")} == {
        "poll": "avis",
        "version": "1",
        "respondents": 400,
        "release": 1,
    }
    asked = question(content, "priorite")
    with reading(crowd.engine) as session:
        live = question(results(session, AVIS), "priorite")
    shown = [choice for choice in asked["choices"] if "suppressed" not in choice]
    assert shown
    assert all(choice in live["choices"] for choice in shown)
    assert asked["answered"] == live["answered"]


def test_a_hidden_figure_is_null_and_its_row_says_so(crowd: Crowd) -> None:
    crowd.grows(120)
    content = crowd.releases().content
    rows = list(chain.from_iterable((one, *one.get("choices", ())) for one in content["questions"]))
    rows += [row for one in content["questions"] for group in one.get("by", {}).values() for row in group]
    hidden = [row for row in rows if None in row.values() or None in _inner(row)]
    assert hidden
    assert all(row.get("suppressed") is True for row in hidden)
    assert not any("suppressed" in row for row in rows if row not in hidden)


def _inner(row: dict[str, Any]) -> list[Any]:
    choices = row.get("choices", {})
    return list(choices.values()) if isinstance(choices, dict) else []


def test_every_figure_is_ten_people_or_more(crowds: Callable[[int], Crowd]) -> None:
    crowd = crowds(1)
    for more in (60, 200, 40):
        crowd.grows(more)
        released = crowd.releases().content
        for attacker in attackers(crowd, [released] * len(kept(crowd))):
            assert all(one.shown is None or one.shown >= 10 for one in attacker.figures)


@pytest.mark.parametrize("seed", range(2))
def test_nobody_finds_out_about_fewer_than_ten_people_from_all_releases_together(
    crowds: Callable[[int], Crowd], seed: int
) -> None:
    crowd = crowds(seed)
    released = []
    for more, changed in ((150 + 60 * seed, 0), (30, 4), (150, 10), (400, 0)):
        crowd.grows(more)
        crowd.changes_its_mind(changed)
        released.append(crowd.releases(ABOVE if seed % 2 else {}).content)
    for attacker in attackers(crowd, released):
        assert all(one.shown in (None, one.truth) for one in attacker.figures)
        assert list(attacker.found_out()) == []
        assert list(attacker.found_out_by_difference()) == []
