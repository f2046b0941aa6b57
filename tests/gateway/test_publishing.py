"""Public figures: prepared by one, approved by another, and then the same for everybody until the next release."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from flows.events import Answered, Event
from flows.poll import Choice, Poll, Question
from gateway.app import create_app
from gateway.runtime import Runtime
from tests.desk import signed_in
from tests.installation import Installation
from tests.phone import Phone
from tests.records import Act, as_records, feed, in_lanes
from workers import publication
from workers.database.session import writing
from workers.privacy import phone_key

YES_NO = (Choice("oui", {"fr": "Oui"}), Choice("non", {"fr": "Non"}))
SEXES = (Choice("f", {"fr": "Une femme"}), Choice("m", {"fr": "Un homme"}))
EAU = Question("eau", "select_one", {"fr": "De l'eau?"}, choices=YES_NO)
SEX = Question("sex", "select_one", {"fr": "Vous etes"}, choices=SEXES, profile=True)
WELL = Poll("puits", {"fr": "Le puits"}, (EAU, SEX), ("fr",), strata=("sex",), grain=("sex",))

Crowd = Callable[..., None]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough here: what is looked at asks both elsewhere."""
    return sqlite_url


@pytest.fixture
def crowd(runtime: Runtime) -> Crowd:
    """So many people more of one sex, or who do not say, give one answer."""
    with writing(runtime.engine) as session:
        publication.publish(session, WELL)
    acts: list[Act] = []

    def answer(people: int, sex: str, choice: str) -> None:
        for _ in range(people):
            who = (phone_key(f"+22370{len(acts):06d}", b"a key of the tests"), 1)
            said: list[Event] = [Answered("puits", "1", "eau", choice)]
            if sex:
                said.append(Answered("puits", "1", "sex", sex, profile=True))
            acts.extend(Act(who, event) for event in said)
        feed(runtime.engine, in_lanes(as_records(acts)), batch=4000)

    return answer


@pytest.fixture
def browser(runtime: Runtime) -> Callable[[str], FlaskClient]:
    """A browser of somebody; of nobody in particular where the name is empty."""

    def opened(name: str = "") -> FlaskClient:
        return signed_in(runtime, name) if name else create_app(runtime).test_client()

    return opened


@pytest.fixture
def site(tmp_path: Path, database_url: str, redis_url: str) -> Installation:
    return Installation(tmp_path, PALABRE_DATABASE_URL=database_url, PALABRE_REDIS_URL=redis_url)


def test_nothing_is_public_before_two_people_wanted_it(crowd: Crowd, browser: Callable[..., FlaskClient]) -> None:
    for sex, choice in (("f", "oui"), ("f", "non"), ("m", "oui"), ("m", "non")):
        crowd(20, sex, choice)
    awa, moussa, anybody = browser("awa"), browser("moussa"), browser()
    page = "/staff/polls/puits/release"
    awa.post(page, data={"do": "prepare"})
    digest = awa.get(page).get_data(as_text=True)
    assert "attend une seconde personne" in digest
    assert 'value="approve"' not in digest
    shown = moussa.get(page).get_data(as_text=True)
    form = {"do": "approve", "digest": shown.partition('name="digest" value="')[2].partition('"')[0]}
    awa.post(page, data=form)
    assert anybody.get("/polls/puits").status_code == 404
    moussa.post(page, data={**form, "digest": "of something else"})
    assert anybody.get("/polls/puits").status_code == 404
    moussa.post(page, data=form)
    text = anybody.get("/polls/puits?by=sex").get_data(as_text=True)
    assert all(words in text for words in ("répondants, par téléphone", "Une femme", "Parution n° 1"))
    assert "Le puits" in anybody.get("/").get_data(as_text=True)
    assert anybody.get("/polls/puits?by=cercle").status_code == 404
    assert anybody.get("/staff/polls/puits/release").status_code == 302


def test_who_approves_has_read_what_everybody_will(crowd: Crowd, browser: Callable[..., FlaskClient]) -> None:
    for sex, choice in (("f", "oui"), ("f", "non"), ("m", "oui"), ("m", "non")):
        crowd(21, sex, choice)
    awa, moussa, anybody, page = browser("awa"), browser("moussa"), browser(), "/staff/polls/puits/release"
    awa.post(page, data={"do": "prepare"})
    read = figures(moussa.get(page).get_data(as_text=True))
    assert len(read) >= 10, "totals and break-downs"
    form = {"do": "approve", "digest": moussa.get(page).get_data(as_text=True).partition('name="digest" value="')[2][:64]}
    assert "quelqu'un d'autre" in awa.post(page, data=form, follow_redirects=True).get_data(as_text=True).replace("&#39;", "'")
    moussa.post(page, data=form)
    assert figures(anybody.get("/polls/puits").get_data(as_text=True)) == read
    assert "depuis la dernière" in awa.post(page, data={"do": "prepare"}, follow_redirects=True).get_data(as_text=True)


def figures(page: str) -> list[tuple[str, str]]:
    return re.findall(r">([0-9]+)<|([0-9]+) réponses", page)


def approved(awa: FlaskClient, moussa: FlaskClient) -> None:
    """One prepares the next release, the other approves what stands there."""
    page = "/staff/polls/puits/release"
    awa.post(page, data={"do": "prepare"})
    digest = moussa.get(page).get_data(as_text=True).partition('name="digest" value="')[2].partition('"')[0]
    moussa.post(page, data={"do": "approve", "digest": digest})


@pytest.mark.parametrize("how", ["by two people", "by the command"])
def test_a_release_is_on_phones_at_once(
    how: str, crowd: Crowd, browser: Callable[..., FlaskClient], site: Installation, phone: Phone
) -> None:
    for sex, choice in (("f", "oui"), ("f", "non"), ("m", "oui"), ("m", "non")):
        crowd(20, sex, choice)
    phone.dials().types("00", "resultats").sees("Aucun résultat")
    if how == "by the command":
        assert site.palabre("release", "puits").stderr == ""
    else:
        approved(browser("awa"), browser("moussa"))
    phone.dials().types("00", "resultats").sees("Le puits: 80 réponses par téléphone", "50% Oui")


def test_an_earlier_release_can_still_be_read_as_it_was(
    crowd: Crowd, browser: Callable[..., FlaskClient], site: Installation
) -> None:
    anybody = browser()
    for people in (20, 30):
        for sex, choice in (("f", "oui"), ("f", "non"), ("m", "oui"), ("m", "non")):
            crowd(people, sex, choice)
        assert site.palabre("release", "puits").returncode == 0
    assert "200</strong> répondants" in anybody.get("/polls/puits").get_data(as_text=True)
    assert "80</strong> répondants" in anybody.get("/polls/puits?release=1").get_data(as_text=True)
    assert anybody.get("/polls/puits?release=3").status_code == 404


def test_a_release_stands_until_the_next_and_hides_small_groups(crowd: Crowd, site: Installation) -> None:
    assert site.palabre("results", "puits", "--public").returncode == 1
    assert site.palabre("release", "puits").returncode == 1
    crowd(9, "f", "oui")
    assert site.palabre("release", "puits").returncode == 1
    said = ((11, "f", "oui"), (15, "f", "non"), (20, "m", "oui"), (23, "m", "non"), (12, "", "oui"), (13, "", "non"))
    for people, sex, choice in said:
        crowd(people, sex, choice)
    assert site.palabre("release", "puits").returncode == 0
    first = public(site, "--by", "sex")
    women, men, *_ = first["questions"][0]["by"]["sex"]
    assert women == {"value": "f", "answered": 35, "skipped": None, "choices": {"oui": 20, "non": 15}, "suppressed": True}
    assert men["choices"] == {"oui": 20, "non": 23}
    crowd(5, "m", "non")
    assert public(site, "--by", "sex") == first
    assert site.palabre("release", "puits").returncode == 1
    crowd(10, "m", "oui")
    assert site.palabre("release", "puits").returncode == 0
    assert public(site)["respondents"] == 118


def test_a_group_too_small_is_hidden_and_so_is_what_would_give_it_away(crowd: Crowd, site: Installation) -> None:
    for people, sex, choice in ((20, "f", "oui"), (15, "f", "non"), (20, "m", "oui"), (4, "m", "non")):
        crowd(people, sex, choice)
    assert site.palabre("release", "puits").returncode == 0
    counts = re.findall(r'"(?:count|answered|skipped|oui|non)": ([0-9]+)', json.dumps(public(site)))
    assert counts
    assert min(map(int, counts)) >= 10


def test_what_a_release_has_not_is_wrong_usage(crowd: Crowd, site: Installation) -> None:
    for sex, choice in (("f", "oui"), ("f", "non"), ("m", "oui"), ("m", "non")):
        crowd(20, sex, choice)
    assert site.palabre("release", "puits", "--dry-run").stdout.endswith("nothing was published\n")
    assert site.palabre("results", "puits", "--public").returncode == 1
    assert site.palabre("release", "puits").returncode == 0
    for words in (("--by", "cercle"), ("--version", "1")):
        assert site.palabre("results", "puits", "--public", *words).returncode == 2
    assert site.palabre("results", "puits", "--public", "--format", "csv").returncode == 0


def public(site: Installation, *words: str) -> Any:
    done = site.palabre("results", "puits", "--public", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
