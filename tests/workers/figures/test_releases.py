"""Releases over real answers: what they show, what an attacker with all of them finds, and that nothing changes them."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, insert, select

from flows.poll import Poll
from tests.answering import ABOVE, AVIS, Crowd
from tests.attacker import Attacker
from workers import publication
from workers.database.models import Release, Tally
from workers.database.session import open_engine, reading, writing
from workers.figures import releases, tables
from workers.figures.drafting import Draft, NothingToRelease
from workers.figures.results import results


@pytest.fixture
def crowd(engine: Engine) -> Crowd:
    return Crowd(engine)


@pytest.fixture
def crowds(sqlite_url: str) -> Iterator[Callable[[int], Crowd]]:
    """A crowd for a seed, where the database is not what is looked at."""
    engine = open_engine(sqlite_url)
    yield lambda seed: Crowd(engine, seed)
    engine.dispose()


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
        assert all(one.shown is None or one.shown >= 10 for one in attacker.figures)
        assert list(attacker.found_out()) == []
        assert list(attacker.found_out_by_difference()) == []


def test_one_figure_more_and_the_attacker_finds_people(crowds: Callable[[int], Crowd]) -> None:
    crowd = crowds(1)
    crowd.grows(120)
    content = crowd.releases().content
    with reading(crowd.engine) as session:
        live = question(results(session, AVIS), "priorite")["choices"]
    hidden = [place for place, choice in enumerate(question(content, "priorite")["choices"]) if choice["count"] is None]
    assert len(hidden) == 2, "one of few, and the next smallest"
    larger = max(hidden, key=lambda place: live[place]["count"])
    question(content, "priorite")["choices"][larger] = live[larger]
    assert any("autre" in one for one in Attacker("priorite", "answers", [content], kept(crowd)).found_out())


def test_live_figures_beside_a_release_and_the_attacker_finds_who_came_since(crowds: Callable[[int], Crowd]) -> None:
    crowd = crowds(2)
    crowd.grows(400)
    first = crowd.releases().content
    crowd.grows(12, priorite="terre")
    crowd.releases()
    with reading(crowd.engine) as session:
        live = question(results(session, AVIS), "priorite")
    second = {"questions": [{**live, "by": {}}]}
    found = Attacker("priorite", "answers", [first, second], kept(crowd)).found_out_by_difference()
    assert any("emploi" in one for one in found), "nobody new said so"


def test_a_poll_of_nine_people_publishes_nothing_and_says_so(crowd: Crowd) -> None:
    crowd.grows(9)
    with pytest.raises(NothingToRelease) as few:
        crowd.releases()
    assert (few.value.why, few.value.people) == ("few", 9)
    with reading(crowd.engine) as session:
        assert releases.last(session, "avis") is None


def test_a_second_release_waits_for_ten_people(crowd: Crowd) -> None:
    crowd.grows(100)
    crowd.releases()
    crowd.grows(9)
    with pytest.raises(NothingToRelease) as few:
        crowd.releases()
    assert (few.value.why, few.value.people) == ("few_new", 9)
    crowd.grows(1)
    assert crowd.releases().number == 2


def test_a_release_never_changes_whatever_is_said_after_it(crowd: Crowd) -> None:
    crowd.grows(200)
    first = crowd.releases()
    crowd.grows(200)
    crowd.changes_its_mind(50)
    crowd.releases()
    with reading(crowd.engine) as session:
        assert releases.numbered(session, "avis", 1) == first
    with writing(crowd.engine) as session, pytest.raises(releases.Overtaken):
        releases.approve(session, "avis", first.digest, "somebody else")


def test_publication_takes_two_people(crowd: Crowd) -> None:
    crowd.grows(200)
    made = drafted(crowd)
    with writing(crowd.engine) as session:
        releases.prepare(session, made, "awa")
    with reading(crowd.engine) as session:
        waits = releases.waiting(session, "avis")
        assert waits is not None
        assert releases.last(session, "avis") is None
    with writing(crowd.engine) as session, pytest.raises(releases.SamePerson):
        releases.approve(session, "avis", waits.digest, "awa")
    with writing(crowd.engine) as session:
        releases.approve(session, "avis", waits.digest, "binta")
    with reading(crowd.engine) as session:
        published = releases.last(session, "avis")
        assert published is not None
        assert (published.prepared_by, published.approved_by, published.content) == ("awa", "binta", made.content)
        assert releases.waiting(session, "avis") is None


def test_what_is_approved_is_what_was_read(crowd: Crowd) -> None:
    crowd.grows(200)
    with writing(crowd.engine) as session:
        releases.prepare(session, drafted(crowd), "awa")
    with reading(crowd.engine) as session:
        read = releases.waiting(session, "avis")
    crowd.grows(200)
    with writing(crowd.engine) as session:
        releases.prepare(session, drafted(crowd), "awa")
    assert read is not None
    with writing(crowd.engine) as session, pytest.raises(releases.Overtaken):
        releases.approve(session, "avis", read.digest, "binta")


def test_a_draft_that_another_release_overtook_is_refused(crowd: Crowd) -> None:
    crowd.grows(200)
    late = drafted(crowd)
    crowd.releases()
    for put in (releases.prepare, releases.publish):
        with writing(crowd.engine) as session, pytest.raises(releases.Overtaken):
            put(session, late, "awa")


def test_a_break_down_too_fine_gets_coarser_and_says_so(crowds: Callable[[int], Crowd]) -> None:
    crowd = crowds(3)
    crowd.grows(90)
    content = crowd.releases().content
    assert (content["grain"], content["notes"]) == ([], ["Sans répartition: les groupes par cercle et sexe sont trop petits."])
    assert not any("by" in one for one in content["questions"])
    crowd.grows(400)
    content = crowd.releases().content
    assert content["grain"] == ["cercle"]
    (note,) = content["notes"]
    assert note.startswith("Répartition par cercle seulement: les groupes par cercle et sexe sont trop petits")
    crowd.grows(4000)
    content = crowd.releases().content
    assert (content["grain"], content["notes"]) == (["cercle", "sex"], [])
    assert list(question(content, "priorite")["by"]) == ["sex", "cercle", "cercle,sex"]


def test_cercles_too_small_are_shown_by_region_where_the_map_is_known(crowds: Callable[[int], Crowd]) -> None:
    crowd = crowds(4)
    crowd.grows(150)
    content = crowd.releases(ABOVE).content
    assert content["grain"] == ["region"]
    assert [row["value"] for row in question(content, "priorite")["by"]["region"]] == ["kayes", "kita", "nioro", ""]


def test_the_first_release_settles_the_grain(crowd: Crowd) -> None:
    crowd.grows(400)
    assert crowd.releases().content["grain"] == ["cercle"]
    with writing(crowd.engine) as session:
        crowd.poll = publication.publish(session, replace(AVIS, grain=("sex",)))
    crowd.grows(400)
    assert crowd.releases().content["grain"] == ["cercle"]


def test_a_mean_of_people_who_all_said_the_same_is_hidden(crowd: Crowd) -> None:
    crowd.grows(40, absents=3)
    assert question(crowd.releases().content, "absents").items() >= {"mean": None, "median": None, "suppressed": True}.items()
    crowd.grows(40)
    assert question(crowd.releases().content, "absents")["mean"] is not None
    crowd.grows(40, absents=0)
    assert question(crowd.releases().content, "absents")["mean"] is None, "that of the forty who came is 0"


def test_a_group_that_nobody_could_know_of_is_not_named_before_it_shows_a_figure(engine: Engine) -> None:
    poll = replace(AVIS, strata=("language",), grain=("language",))
    counted(engine, poll, {"fr": 60, "en": 40, "snk": 4, "bm": 12})
    with reading(engine) as session:
        content = releases.next_draft(session, poll, {}).content
    assert [row["value"] for row in question(content, "mots")["by"]["language"]] == ["en", "fr", ""]


BREAK_DOWNS = {"sex": [{"value": "f"}], "cercle": [{"value": "kayes"}], "cercle,sex": [{"value": ["kayes", "f"]}]}


@pytest.mark.parametrize(
    ("by", "shown"),
    [
        ((), None),
        (("cercle",), {"cercle": [{"value": "kayes"}]}),
        (("cercle", "sex"), {"cercle,sex": [{"value": ["kayes", "f"]}]}),
        (("sex", "cercle"), {"sex,cercle": [{"value": ["f", "kayes"]}]}),  # asked for the other way round
    ],
)
def test_a_release_is_read_by_one_of_its_break_downs_or_none(by: tuple[str, ...], shown: Any) -> None:
    content = {"questions": [{"name": "priorite", "by": BREAK_DOWNS}, {"name": "sex"}]}
    read = releases.only_by(content, by)
    assert read == {"questions": [{"name": "priorite", **({"by": shown} if shown else {})}, {"name": "sex"}]}


def test_a_break_down_that_a_release_has_not_is_none() -> None:
    assert releases.only_by({"questions": [{"name": "priorite", "by": BREAK_DOWNS}]}, ("country",)) is None


def drafted(crowd: Crowd) -> Draft:
    with reading(crowd.engine) as session:
        return releases.next_draft(session, crowd.poll, {})


def counted(engine: Engine, poll: Poll, people: dict[str, int]) -> None:
    """So many people of each group, all of whom answered in words."""
    with writing(engine) as session:
        publication.publish(session, poll)
        cells = [(name, count, measure) for name, count in people.items() for measure in ("respondents", "answered")]
        rows = [
            {"poll": poll.slug, "version": "1", "measure": measure, "choice": "", "stratum": name, "count": count}
            | {"question": "mots" if measure == "answered" else ""}
            for name, count, measure in cells
        ]
        session.execute(insert(Tally), rows)
