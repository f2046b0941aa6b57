"""What staff read first, what they may write back, and to whom nothing goes."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, insert, select, update

from flows.events import Agreed, Erased, Event, OptedOut, Replied, Unlinked
from tests.records import PHONES, Act, as_records, feed, in_lanes
from workers import retention
from workers.database.models import Contact, InboxRow, Message
from workers.database.session import reading, writing
from workers.messages import inbox

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def take_in(engine: Engine, *said: Event, phone: int = 0, tag: str = "t") -> None:
    """What one message of somebody's made, who can be written to."""
    acts = [Act((PHONES[phone], 0), event) for event in (Agreed("fr", b"sealed"), *said)]
    records = [replace(record, key=f"{tag}.{n}") for n, record in enumerate(as_records(acts))]
    feed(engine, in_lanes(records), epoch=tag)


def first(engine: Engine) -> inbox.Letter:
    with reading(engine) as session:
        return inbox.unsettled(session).letters[0]


def answer(engine: Engine, words: str, place: int = 0) -> None:
    letter = first(engine)
    with writing(engine) as session:
        inbox.reply(session, letter, words, place)


def words(engine: Engine, after: int = 0) -> list[str]:
    with reading(engine) as session:
        return [letter.words for letter in inbox.unsettled(session, after).letters]


def test_distress_is_read_first_then_the_oldest_and_each_message_once(engine: Engine) -> None:
    take_in(engine, Unlinked("un"), Unlinked("deux"), Unlinked("au secours", distress=True))
    take_in(engine, Unlinked("un"), tag="t")  # the same event again
    assert words(engine) == ["au secours", "un", "deux"]
    with reading(engine) as session:
        assert inbox.waiting(session) == (3, 1)
        assert inbox.waiting(session, most=1) == (1, 1)


def test_the_inbox_is_turned_page_by_page(engine: Engine) -> None:
    urgent = [Unlinked(f"urgent {n}", distress=True) for n in range(30)]
    take_in(engine, *(Unlinked(f"mot {n}") for n in range(30)), *urgent)
    read, after = list[str](), 0
    for _ in range(3):
        with reading(engine) as session:
            page = inbox.unsettled(session, after)
        assert len(page.letters) <= inbox.A_PAGE
        read, after = [*read, *(letter.words for letter in page.letters)], page.more
    assert (read, after) == ([*(f"urgent {n}" for n in range(30)), *(f"mot {n}" for n in range(30))], 0)


def test_what_is_done_is_done_by_whoever_said_so_first_and_can_be_taken_up_again(engine: Engine) -> None:
    take_in(engine, Unlinked("un mot"))
    letter = first(engine)
    with writing(engine) as session:
        inbox.settle(session, letter.id, "awa", NOW)
        inbox.settle(session, letter.id, "moussa", NOW)
        assert [(one.done_by, one.done_at) for one in inbox.settled(session).letters] == [("awa", NOW)]
        assert inbox.unsettled(session) == ([], 0)
        inbox.reopen(session, letter.id)
    assert words(engine) == ["un mot"]


def test_an_answer_goes_out_once_before_anything_that_nobody_waits_for(engine: Engine) -> None:
    take_in(engine, Unlinked("un mot"))
    answer(engine, " Rappelez-nous, s'il vous plaît. ")
    answer(engine, "Rappelez-nous, s'il vous plaît.")  # the button was pressed twice
    with reading(engine) as session:
        (row,) = session.scalars(select(Message))
        assert (row.key, row.kind, row.priority, row.state) == (f"inbox:{first(engine).id}:0", "reply", 0, "queued")
        assert (row.text, row.contact) == ("Rappelez-nous, s'il vous plait.", first(engine).contact)
        assert inbox.replies(session, first(engine)) == 1
    answer(engine, "Encore nous.", place=1)
    with reading(engine) as session:
        assert len(session.scalars(select(Message)).all()) == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("x" * 460, "long"),
        ("ن" * 202, "long"),  # letters that only UCS-2 has
        ("autre chose", "overtaken"),
    ],
)
def test_an_answer_that_cannot_be_sent_is_refused(engine: Engine, text: str, why: str) -> None:
    take_in(engine, Unlinked("un mot"))
    answer(engine, "une réponse de quelqu'un d'autre")
    with pytest.raises(inbox.Refused, match=why):
        answer(engine, text)


def test_nobody_who_said_stop_or_whose_number_is_gone_is_written_to(engine: Engine) -> None:
    take_in(engine, Unlinked("un mot"), OptedOut("STOP", b"sealed"))
    with pytest.raises(inbox.Refused, match="stopped"):
        answer(engine, "bonjour")
    with writing(engine) as session:
        session.execute(Contact.__table__.delete())  # type: ignore[attr-defined]
    with pytest.raises(inbox.Refused, match="gone"):
        answer(engine, "bonjour")
    with reading(engine) as session:
        assert session.scalars(select(Message)).all() == []


def test_an_exchange_shows_both_sides_and_no_question_of_a_poll(engine: Engine) -> None:
    told = (Unlinked("j'ai peur", distress=True), Replied("Votre message sera lu.", b"sealed"))
    take_in(engine, *told, Replied("Vous avez dit Kayes. Et votre cercle?", b"sealed"), Unlinked("mon numero est 70 42 91 84"))
    take_in(engine, Unlinked("de quelqu'un d'autre"), phone=3, tag="u")
    answer(engine, "On vous rappelle.")
    with writing(engine) as session:
        session.execute(update(InboxRow).values(at=NOW - DAY))
        session.execute(update(Message).where(Message.key.like("t.%")).values(moved_at=NOW - DAY))
        lines = inbox.exchange(session, first(engine), NOW)
    said = ["j'ai peur", "mon numero est …", "Votre message sera lu.", "On vous rappelle."]
    assert [(line.words, line.ours) for line in lines] == list(zip(said, [False, False, True, True], strict=True))
    with reading(engine) as session:
        assert inbox.exchange(session, first(engine), NOW + 31 * DAY) == []


def test_whoever_is_erased_leaves_no_message(engine: Engine) -> None:
    take_in(engine, Unlinked("un mot"), Erased(), Unlinked("après"))
    assert words(engine) == ["après"]
    take_in(engine, Erased(), tag="u")
    assert words(engine) == []


def test_a_message_with_a_nul_is_read_all_the_same(engine: Engine) -> None:
    take_in(engine, Unlinked("un\0mot"))
    assert words(engine) == ["un mot"]


def test_the_words_of_what_was_settled_end_after_a_month_and_no_others(engine: Engine) -> None:
    old = {"contact": "who", "channel": "c", "distress": False, "at": NOW - 400 * DAY}
    with writing(engine) as session:
        session.execute(insert(InboxRow).values(event_key="a", words="waits", **old))
        session.execute(insert(InboxRow).values(event_key="b", words="done", done_by="awa", done_at=NOW - 29 * DAY, **old))
        for term in retention._terms(session, NOW + 2 * DAY):
            session.execute(term.end)
        assert sorted(session.scalars(select(InboxRow.words))) == ["", "waits"]
