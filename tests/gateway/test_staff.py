"""The staff's figures and texts as a browser asks for them: French on the page, plain in JSON and CSV."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.events import Answered, Erased, Event, Inferred
from flows.poll import Choice, Poll, Question
from gateway import french
from gateway.runtime import Runtime
from tests.desk import signed_in
from tests.installation import Installation
from tests.records import Act, as_records, feed, in_lanes
from workers import publication
from workers.database.session import writing
from workers.privacy import phone_key

YES_NO = (Choice("oui", {"fr": "Oui"}), Choice("non", {"fr": "Non"}))
PLACES = (Choice("village", {"fr": "Au village"}), Choice("diaspora", {"fr": "À l'étranger"}))
WELL = Poll(
    "puits",
    {"fr": "Le puits"},
    (
        Question("eau", "select_one", {"fr": "De l'eau?"}, choices=YES_NO),
        Question("litres", "decimal", {"fr": "Combien de litres?"}),
        Question("quand", "date", {"fr": "Depuis quand?"}),
        Question("mots", "text", {"fr": "Un mot?"}),
        Question("residence", "select_one", {"fr": "Où?"}, choices=PLACES, profile=True),
    ),
    ("fr",),
    strata=("residence",),
)
MANY = 1234567.5


@pytest.fixture
def says(runtime: Runtime) -> Callable[..., None]:
    """Takes in what somebody, by their number, said of the well."""
    with writing(runtime.engine) as session:
        publication.publish(session, WELL)
    taken: list[Act] = []

    def take(number: int, *events: Event) -> None:
        person = (phone_key(f"+22370{number:06d}", b"a key of the tests"), 1)
        taken.extend(Act(person, event) for event in events)
        feed(runtime.engine, in_lanes(as_records(taken)), batch=4000)

    return take


def well(question: str, value: str | float, profile: bool = False) -> Answered:
    return Answered("puits", "1", question, value, profile)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (3.09, "3,09"),
        (3, "3"),
        (999, "999"),
        (1234, "1\u202f234"),
        (1234567.5, "1\u202f234\u202f567,5"),
        (-0.25, "-0,25"),
    ],
)
def test_a_number_is_written_in_french(value: float, written: str) -> None:
    assert french.number(value) == written


def test_a_day_and_a_share_are_written_in_french() -> None:
    assert [french.day("2026-03-01"), french.day("1999-12-31")] == ["1er mars 2026", "31 décembre 1999"]
    assert french.percent(0.51) == "51\xa0%"


def test_numbers_and_dates_are_french_on_the_page(says: Callable[..., None], page: Callable[[str], str]) -> None:
    says(1, well("litres", 1000.5), well("quand", "2020-01-01"))
    says(2, well("litres", 2000.68), well("quand", "2026-05-04"))
    says(3, well("quand", "2024-02-29"))
    shown = _words(page("/staff/polls/puits"))
    assert "Moyenne 1\u202f500,59, médiane 1\u202f500,59" in shown
    assert "Du 1er janvier 2020 au 4 mai 2026, médiane 29 février 2024" in shown


def test_json_and_csv_keep_the_dot_and_the_iso_day(says: Callable[..., None], tmp_path: Path, database_url: str) -> None:
    says(1, well("litres", MANY), well("quand", "2020-01-01"))
    site = Installation(tmp_path, PALABRE_DATABASE_URL=database_url)
    table = site.palabre("results", "puits", "--format", "csv").stdout
    days = [f"puits,quand,,{measure},,2020-01-01" for measure in ("first", "median", "last")]
    assert [line for line in table.split("\n") if ",quand," in line][2:] == days
    assert "puits,litres,,mean,,1234567.5" in table
    assert '"mean": 1234567.5' in site.palabre("results", "puits").stdout


def test_rows_are_named_in_the_form_s_order_with_the_unsaid_last(says: Callable[..., None], page: Callable[[str], str]) -> None:
    for number, home in enumerate(["", "diaspora", "diaspora", "village"]):
        says(number, well("eau", "oui"), *([well("residence", home, profile=True)] if home else []))
    shown = page("/staff/polls/puits?by=residence")
    assert re.findall(r'<tr><th scope="row">(.*?)</th>', shown) == ["Au village", "À l&#39;étranger", "non précisé"]


def test_the_figures_lead_to_the_texts_and_to_nothing_where_there_are_none(
    says: Callable[..., None], page: Callable[[str], str]
) -> None:
    assert "/texts/" not in page("/staff/polls/puits")
    says(1, well("mots", "un mot"))
    assert '<a href="/staff/polls/puits/texts/mots">Lire la réponse</a>' in page("/staff/polls/puits")
    says(2, well("mots", "un autre"))
    assert '<a href="/staff/polls/puits/texts/mots">Lire les 2 réponses</a>' in page("/staff/polls/puits")


def test_texts_show_their_day_and_nothing_of_who_said_them(says: Callable[..., None], page: Callable[[str], str]) -> None:
    says(1, Inferred("country", "ml"), well("mots", "<b>نعم</b> & non"), well("residence", "village", profile=True))
    shown = page("/staff/polls/puits/texts/mots")
    assert '<p dir="auto">&lt;b&gt;نعم&lt;/b&gt; &amp; non</p>' in shown
    assert "24 novembre 2025</time>" in shown
    main_part = shown[shown.index("<main>") :]
    assert not re.search(r"22370|participant|[Vv]illage|ml\b|\d\d:\d\d", main_part.replace("</html>", ""))


def test_texts_of_whoever_erased_everything_are_gone(says: Callable[..., None], page: Callable[[str], str]) -> None:
    says(1, well("mots", "un mot"))
    says(1, Erased())
    assert "Aucune réponse à lire ici" in page("/staff/polls/puits/texts/mots")


def test_texts_are_turned_page_by_page(says: Callable[..., None], page: Callable[[str], str]) -> None:
    for number in range(60):
        says(number, well("mots", f"mot {number}."))
    first = page("/staff/polls/puits/texts/mots")
    assert (first.count("mot "), "mot 59." in first, 'rel="prev"' in first) == (50, True, False)
    second = page(_link(first, "next"))
    assert (second.count("mot "), "mot 0." in second, 'rel="next"' in second) == (10, True, False)
    assert page(_link(second, "prev")) == first


@pytest.mark.parametrize("address", ["puits/texts/eau", "puits/texts/nothing", "nothing/texts/mots"])
def test_there_is_no_page_of_texts_where_none_are_asked_for(
    says: Callable[..., None], page: Callable[[str], str], address: str
) -> None:
    assert "Il n&#39;y a rien à cette adresse" in page(f"/staff/polls/{address}")


@pytest.mark.parametrize("odd", ["before=x", "before=-1", "after=1.5", f"before={'9' * 30}", "after=٣", "before="])
def test_a_place_that_cannot_be_one_is_the_first_page(says: Callable[..., None], page: Callable[[str], str], odd: str) -> None:
    says(1, well("mots", "un mot"))
    assert "un mot" in page(f"/staff/polls/puits/texts/mots?{odd}")


def test_texts_stay_in_no_browser(says: Callable[..., None], runtime: Runtime) -> None:
    assert signed_in(runtime).get("/staff/polls/puits/texts/mots").headers["Cache-Control"] == "no-store"


def _link(shown: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', shown)
    assert found
    return found[1]


def _words(shown: str) -> str:
    return re.sub(r"<[^>]+>", "", shown)
