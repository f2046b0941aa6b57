"""The figures as the contract gives them, from answers taken in; intervals and medians against numbers that are known."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from flows.events import Answered, Event, Inferred, Skipped
from flows.poll import Poll, Question
from tests import records
from tests.polls import every_type
from tests.records import Act, as_records, feed, in_lanes
from workers import publication
from workers.database.session import reading, writing
from workers.figures import results, tallies
from workers.privacy import phone_key


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """With the polls that the records speak of."""
    records.publish_all(engine)
    return engine


RETOUR_2 = replace(records.RETOUR_2, version="2")


def person(number: int) -> tuple[str, int]:
    return phone_key(f"+22370{number:06d}", b"a key of the tests"), 1


def answers(engine: Engine, *said: tuple[int, Event]) -> None:
    feed(engine, in_lanes(as_records([Act(person(number), event) for number, event in said])), batch=4000)


def retour(question: str, value: Any, profile: bool = False, version: str = "2") -> Answered:
    return Answered("retour", version, question, value, profile)


def shown(engine: Engine, by: Sequence[str] = (), poll: Any = RETOUR_2, version: str = "") -> dict[str, Any]:
    with reading(engine) as session:
        return results.results(session, poll, by, version)


def question(figures: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in figures["questions"] if one["name"] == name)


def test_figures_have_the_shape_of_the_contract(engine: Engine) -> None:
    crowd = [(n, retour("priorite", "emploi" if n < 41 else "terre")) for n in range(80)]
    skips = [(n, Skipped("retour", "2", "priorite")) for n in range(80, 83)]
    answers(engine, *crowd, *skips, (0, retour("country", "fr", profile=True)), (0, retour("mots", "un mot")))
    figures = shown(engine, ["country"])
    as_of = figures.pop("as_of")
    assert as_of.endswith("+00:00")
    assert {name: figures[name] for name in ("poll", "version", "respondents")} == {
        "poll": "retour",
        "version": "1-2",
        "respondents": 80,
    }
    assert question(figures, "priorite") == {
        "name": "priorite",
        "label": "priorite",
        "type": "select_one",
        "profile": False,
        "answered": 80,
        "skipped": 3,
        "choices": [
            {"name": "emploi", "label": "emploi", "count": 41, "share": 0.51, "low": 0.4, "high": 0.62},
            {"name": "terre", "label": "terre", "count": 39, "share": 0.49, "low": 0.38, "high": 0.6},
            {"name": "autre", "label": "autre", "count": 0, "share": 0.0, "low": 0.0, "high": 0.05},
        ],
        "by": {
            "country": [
                {"value": "fr", "answered": 1, "skipped": 0, "choices": {"emploi": 1, "terre": 0, "autre": 0}},
                {"value": "", "answered": 79, "skipped": 3, "choices": {"emploi": 40, "terre": 39, "autre": 0}},
            ]
        },
    }
    assert question(figures, "mots").items() >= {"type": "text", "answered": 1}.items()
    assert "choices" not in question(figures, "mots")


@pytest.mark.parametrize(
    ("count", "total", "interval"),
    [
        (410, 800, (0.478, 0.547)),  # the contract's own example
        (0, 10, (0.0, 0.278)),
        (10, 10, (0.722, 1.0)),
        (81, 263, (0.255, 0.366)),  # Newcombe 1998, table I
        (15, 148, (0.062, 0.161)),  # the same
    ],
)
def test_an_interval_is_wilson_s(count: int, total: int, interval: tuple[float, float]) -> None:
    low, high = results.wilson(count, total) or (None, None)
    assert (low, high) == (pytest.approx(interval[0], abs=0.0006), pytest.approx(interval[1], abs=0.0006))


def test_there_is_no_share_and_no_interval_under_ten_answers(engine: Engine) -> None:
    answers(engine, *((n, retour("priorite", "emploi")) for n in range(9)))
    assert results.wilson(9, 9) is None
    choice = question(shown(engine), "priorite")["choices"][0]
    assert choice == {"name": "emploi", "label": "emploi", "count": 9, "share": None, "low": None, "high": None}


@pytest.mark.parametrize(
    ("given", "mean", "median"),
    [
        ([3], 3, 3),
        ([1, 2, 9], 4, 2),
        ([1, 2, 4, 9], 4, 3),
        ([1, 2, 3, 9], 3.75, 2.5),
        ([0, 0, 0, 10], 2.5, 0),
        ([10, 9, 100], 39.67, 10),  # by number, not as words
        ([], None, None),
    ],
)
def test_numbers_give_their_mean_and_their_median(engine: Engine, given: list[int], mean: float, median: float) -> None:
    answers(engine, *((n, retour("absents", value)) for n, value in enumerate(given)))
    asked = question(shown(engine), "absents")
    assert (asked["answered"], asked["mean"], asked["median"]) == (len(given), mean, median)


@pytest.mark.parametrize(
    ("given", "first", "median", "last"),
    [
        (["2024-03-12"], "2024-03-12", "2024-03-12", "2024-03-12"),
        (["2020-01-01", "1999-12-31", "2020-01-01"], "1999-12-31", "2020-01-01", "2020-01-01"),
        (["2024-02-27", "2024-03-01"], "2024-02-27", "2024-02-28", "2024-03-01"),  # half-way is the 28th at noon
        (["2024-12-30", "2025-01-01"], "2024-12-30", "2024-12-31", "2025-01-01"),
        ([], None, None, None),
    ],
)
def test_dates_give_their_first_their_median_and_their_last(
    engine: Engine, given: list[str], first: str, median: str, last: str
) -> None:
    since = Poll("depuis", {"fr": "Depuis"}, (Question("quand", "date", {"fr": "Quand?"}),), ("fr",))
    with writing(engine) as session:
        publication.publish(session, since)
    answers(engine, *((n, Answered("depuis", "1", "quand", day)) for n, day in enumerate(given)))
    asked = question(shown(engine, poll=since), "quand")
    assert asked == {
        **{"name": "quand", "label": "Quand?", "type": "date", "profile": False, "answered": len(given), "skipped": 0},
        **{"first": first, "median": median, "last": last},
    }
    with reading(engine) as session:
        assert tallies.differences(session) == {}


def test_what_nobody_is_asked_has_no_figures(engine: Engine) -> None:
    figures = shown(engine, poll=every_type())
    assert [one["name"] for one in figures["questions"]] == ["lieu", "village", "quoi", "quoi_other", "somme", "quand", "parts"]


def rows(figures: dict[str, Any], by: str) -> list[Any]:
    return [row["value"] for row in question(figures, "priorite")["by"][by]]


def test_rows_come_in_the_form_s_order_and_who_said_nothing_last(engine: Engine) -> None:
    homes = ["", "diaspora", "diaspora", "village"]
    own = [(n, retour("priorite", "emploi", version="1")) for n in range(4)]
    said = [(n, retour("residence", home, profile=True, version="1")) for n, home in enumerate(homes) if home]
    answers(engine, *own, *said)
    assert rows(shown(engine, ["residence"], records.RETOUR), "residence") == ["village", "diaspora", ""]


def test_rows_of_what_no_form_orders_come_by_their_count(engine: Engine) -> None:
    """Countries do although this form asks for them, with France first."""
    countries = ["", "", "", "fr", "es", "es", "ml"]
    own = [(n, retour("priorite", "emploi")) for n in range(7)]
    answers(engine, *own, *((n, Inferred("country", country)) for n, country in enumerate(countries) if country))
    assert rows(shown(engine, ["country"]), "country") == ["es", "fr", "ml", ""]


def test_rows_of_a_cross_come_in_the_order_of_each_stratum(engine: Engine) -> None:
    people = [("diaspora", "fr"), ("diaspora", "es"), ("diaspora", "es"), ("village", "fr"), ("village", ""), ("", "fr")]
    own = [(n, retour("priorite", "emploi", version="1")) for n in range(6)]
    homes = [(n, retour("residence", home, profile=True, version="1")) for n, (home, _) in enumerate(people) if home]
    countries = [(n, Inferred("country", country)) for n, (_, country) in enumerate(people) if country]
    answers(engine, *own, *homes, *countries)
    assert rows(shown(engine, ["residence", "country"], records.RETOUR), "residence,country") == [
        *(["village", "fr"], ["village", ""]),
        *(["diaspora", "fr"], ["diaspora", "es"]),
        ["", "fr"],
    ]


def test_a_break_down_that_the_poll_does_not_keep_is_refused(engine: Engine) -> None:
    with pytest.raises(results.UnknownStratum, match="its strata: country"):
        shown(engine, ["residence"])


def test_two_strata_make_their_cross(engine: Engine) -> None:
    people = [(1, "village", "fr"), (2, "village", "fr"), (3, "diaspora", "fr"), (4, "diaspora", "es")]
    own = [(n, retour("priorite", "emploi", version="1")) for n, _, _ in people]
    homes = [(n, retour("residence", residence, profile=True, version="1")) for n, residence, _ in people]
    countries = [(n, retour("country", country, profile=True, version="1")) for n, _, country in people]
    answers(engine, *own, *homes, *countries)
    for by in (["residence", "country"], ["country", "residence"]):
        rows = question(shown(engine, by, records.RETOUR), "priorite")["by"][",".join(by)]
        found = {tuple(sorted(row["value"])): row["answered"] for row in rows}
        assert found == {("fr", "village"): 2, ("diaspora", "fr"): 1, ("diaspora", "es"): 1}


def test_people_who_gave_their_profile_only_are_no_respondents(engine: Engine) -> None:
    answers(
        engine,
        (1, retour("residence", "village", profile=True)),
        (2, Skipped("retour", "2", "priorite")),
        (3, retour("mots", "un mot")),
    )
    figures = shown(engine)
    assert figures["respondents"] == 1
    assert question(figures, "residence")["answered"] == 1


def test_a_version_s_figures_are_of_what_was_answered_on_it(engine: Engine) -> None:
    answers(engine, *((n, retour("priorite", "terre", version="1" if n < 3 else "2")) for n in range(8)))
    counted = [(one["version"], one["respondents"]) for one in (shown(engine, version=version) for version in ("1", "2", ""))]
    assert counted == [("1", 3), ("2", 5), ("1-2", 8)]


def test_strata_that_changed_between_versions_are_broken_down_by_name(engine: Engine) -> None:
    answers(
        engine,
        (1, retour("priorite", "emploi", version="1")),
        (1, retour("residence", "village", profile=True, version="1")),
        (1, retour("country", "fr", profile=True, version="1")),
    )
    rows = question(shown(engine, ["country"]), "priorite")["by"]["country"]
    assert [(row["value"], row["answered"]) for row in rows] == [("fr", 1)]
