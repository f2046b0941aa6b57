"""Whether a poll is coming, open or closed, as the command, the staff's pages and the public pages say it: by its days too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.poll import Poll, moment
from gateway import french
from gateway.runtime import Runtime
from tests import polls
from tests.installation import Installation
from workers import publication
from workers.database.session import writing

SUMMER = moment("2026-08-01 12:00")

STANDINGS = [
    ({}, True, "ouverte"),
    ({}, False, "close"),
    ({"opens": "2026-12-03"}, True, "ouvre le 3 décembre 2026"),
    ({"opens": "2026-12-01 18:30"}, True, "ouvre le 1er décembre 2026 à 18:30 UTC"),
    ({"opens": "2026-08-01", "closes": "2026-12-31"}, True, "ouverte jusqu'au 31 décembre 2026"),
    ({"closes": "2026-08-01"}, True, "ouverte jusqu'au 1er août 2026"),  # a day is open to its end
    ({"closes": "2026-08-01 18:00"}, True, "ouverte jusqu'au 1er août 2026 à 18:00 UTC"),
    ({"closes": "2026-08-01 12:00"}, True, "close depuis le 1er août 2026 à 12:00 UTC"),  # that very moment
    ({"closes": "2026-07-31"}, True, "close depuis le 1er août 2026"),
    ({"opens": "2026-12-03"}, False, "close"),  # closed by hand before it opened
    ({"closes": "2026-07-31"}, False, "close"),  # closed by hand, nobody knows when
]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough here: what is looked at asks both elsewhere."""
    return sqlite_url


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """With a poll that is not open yet, and one whose last day is past."""
    with writing(runtime.engine) as session:
        publication.publish(session, polls.coming())
        publication.publish(session, polls.over())
    return runtime


@pytest.mark.parametrize(("days", "is_open", "said"), STANDINGS)
def test_a_poll_stands_as_its_days_and_whoever_closed_it_say(days: dict[str, str], is_open: bool, said: str) -> None:
    assert french.standing(Poll("puits", {}, (), ("fr",), **days), is_open, SUMMER) == said


def test_staff_see_from_when_and_until_when_a_poll_is_talked_about(page: Callable[[str], str]) -> None:
    listed = page("/staff/")
    assert all(
        said in listed for said in ("ouvre le 1er décembre 2099", "close depuis le 1er janvier 2021", "<td>ouverte</td>")
    )
    assert "Version 1, ouvre le 1er décembre 2099." in page("/staff/polls/puits")


def test_the_public_page_gives_no_code_of_a_poll_that_is_over(page: Callable[[str], str]) -> None:
    before, _, after = page("/").partition("Consultations closes")
    assert "*384*36*6#" in before
    assert "Ouvre le 1er décembre 2099." in before
    assert "<strong>RETOUR</strong> au <strong>36036</strong>" in before
    assert "*384*36*7#" not in before
    assert "close depuis le 1er janvier 2021" in after


def test_the_list_says_when_a_poll_opens_and_closes(runtime: Runtime, database_url: str, tmp_path: Path) -> None:
    listed = Installation(tmp_path, PALABRE_DATABASE_URL=database_url).palabre("poll", "list").stdout.splitlines()
    assert [line.split("\t") for line in listed] == [
        ["ancien", "version 1", "closed", "Le puits", "opens -", "closes 2020-12-31"],
        ["puits", "version 1", "coming", "Le puits", "opens 2099-12-01", "closes -"],
        ["demo", "version 1", "open", "Retour et réinsertion", "opens -", "closes -"],
    ]


@pytest.mark.parametrize(
    ("days", "said"), [({"opens": "2099-12-01"}, "from 2099-12-01 on"), ({"closes": "2020-12-31"}, "is past")]
)
def test_publishing_says_so_where_nobody_can_answer_now(
    days: dict[str, str], said: str, sqlite_url: str, tmp_path: Path
) -> None:
    form = polls.workbook([["text", "mot", "Un mot?"]], [], tmp_path / "mot.xlsx", form_id="mot", **days)
    site = Installation(tmp_path, PALABRE_DATABASE_URL=sqlite_url)
    assert said in site.palabre("poll", "publish", str(form)).stdout
    assert said in site.palabre("poll", "publish", str(form)).stdout, "a second time too"
