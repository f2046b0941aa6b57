"""Texts a page at a time: the newest first, each once, only what is said now, and nothing of who said it."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Engine

from flows.events import Answered, Erased, Event, Record, Skipped
from tests import records
from tests.records import feed, in_lanes
from workers.database.session import reading
from workers.figures import texts
from workers.figures.texts import Page
from workers.privacy import phone_key

DAY = 24 * 3600
NOON = 1_764_504_000
"""30 November 2025, 12:00 UTC."""


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """With the polls that the records speak of."""
    records.publish_all(engine)
    return engine


def people_say(engine: Engine, *said: tuple[int, float, Event]) -> None:
    """(person, moment, event): taken in as they come, whatever their moments."""
    envelopes = [
        Record(f"t.{n}.0", phone_key(f"+22370{person:06d}", b"a key of the tests"), 1, "kayes", at, event)
        for n, (person, at, event) in enumerate(said)
    ]
    feed(engine, in_lanes(envelopes), batch=4000)


def word(text: str, question: str = "mots", version: str = "2") -> Answered:
    return Answered("retour", version, question, text)


def page(engine: Engine, before: int = 0, after: int = 0, question: str = "mots") -> Page:
    with reading(engine) as session:
        return texts.page(session, "retour", question, before, after)


def words(shown: Page) -> Sequence[str]:
    return [text.words for text in shown.texts]


def test_the_newest_come_first_with_their_day(engine: Engine) -> None:
    people_say(engine, (1, NOON, word("un")), (2, NOON + 2 * DAY, word("trois")), (3, NOON + DAY, word("deux", version="1")))
    assert [(text.day, text.words) for text in page(engine).texts] == [
        ("2025-12-02", "trois"),
        ("2025-12-01", "deux"),
        ("2025-11-30", "un"),
    ]


def test_only_what_was_asked_and_is_said_now_is_read(engine: Engine) -> None:
    people_say(
        engine,
        *((1, NOON, word("d'abord")), (1, NOON + 1, word("puis"))),
        *((2, NOON, word("repris")), (2, NOON + 1, Skipped("retour", "2", "mots"))),
        *((3, NOON, word("ailleurs", question="suite")), (3, NOON, Answered("retour", "2", "priorite", "emploi"))),
    )
    assert words(page(engine)) == ["puis"]
    assert words(page(engine, question="suite")) == ["ailleurs"]


def test_who_erased_everything_is_read_no_more(engine: Engine) -> None:
    people_say(engine, (1, NOON, word("reste")), (2, NOON, word("efface")), (2, NOON + 1, Erased()))
    assert words(page(engine)) == ["reste"]


@pytest.mark.parametrize("number", [0, 1, 50, 51, 100, 101, 120])
def test_pages_read_to_the_end_and_back_show_each_text_once(engine: Engine, number: int) -> None:
    people_say(engine, *((n, NOON + n // 7, word(f"{n}")) for n in range(number)))
    there = [page(engine)]
    while there[-1].older:
        there.append(page(engine, before=there[-1].older))
    assert [len(shown.texts) for shown in there] == [50] * (number // 50) + [number % 50] * bool(number % 50 or not number)
    assert [one for shown in there for one in words(shown)] == [f"{n}" for n in reversed(range(number))]
    back = [there[-1]]
    while back[-1].newer:
        back.append(page(engine, after=back[-1].newer))
    assert [words(shown) for shown in reversed(back)] == [words(shown) for shown in there]


def test_a_page_before_what_is_new_since_is_a_whole_one(engine: Engine) -> None:
    people_say(engine, *((n, NOON + n, word(f"{n}")) for n in range(60)))
    second = page(engine, before=page(engine).older)
    assert words(page(engine, after=second.newer)) == [f"{n}" for n in reversed(range(10, 60))]


def test_a_place_that_is_not_there_shows_nothing(engine: Engine) -> None:
    people_say(engine, (1, NOON, word("un")))
    assert page(engine, before=10**18 - 1) == Page([], 0, 0)
