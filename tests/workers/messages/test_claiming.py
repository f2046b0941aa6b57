"""What may go out now: due, not held, to somebody who may be written to, by day, within the budget."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from tests.outgoing import MALI, NOON, VAULT, column, know, queue
from workers.channels.base import Channel
from workers.database.models import Message, Spending
from workers.database.session import reading, writing
from workers.messages import claiming
from workers.messages.outbox import KEY_IS_GONE, REPLIES, TO_MANY

DEMO = Channel(name="demo", provider="africastalking", token="demo")
NIGHT = NOON + timedelta(hours=10)
HOUR, YEARS = timedelta(hours=1), timedelta(days=3650)


def claimed(
    engine: Engine, priority: int = TO_MANY, now: datetime = NOON, channel: Channel = DEMO, at_most: int = 9
) -> list[str]:
    return [one.text for one in claiming.claim(engine, VAULT, channel, priority, now, at_most)]


def waits(engine: Engine, *texts: str, **columns: Any) -> None:
    queue(engine, *texts, **{"due_at": NOON - HOUR, **columns})


WHO_MAY: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # what is known of them, what waits for them, what becomes of it
    ({}, {}, "sending"),
    ({}, {"held": True}, "queued"),
    ({"stopped": True}, {}, "cancelled"),
    ({"stopped": True}, {"kind": "reply"}, "cancelled"),
    ({"stopped": True}, {"kind": "reply", "last_word": True}, "sending"),
    ({"agreed": False}, {}, "cancelled"),
    ({"agreed": False}, {"kind": "notice"}, "cancelled"),
    ({"agreed": False}, {"kind": "reply"}, "sending"),  # they have just written to us
    ({"failures": 2}, {}, "sending"),
    ({"failures": 3}, {}, "cancelled"),
    ({"failures": 3}, {"kind": "reply"}, "sending"),
    ({}, {"contact": "nobody"}, "failed"),  # went with the keys, or was erased
    ({}, {"channel": "another"}, "queued"),
    ({}, {"due_at": NOON + HOUR}, "queued"),
]


def test_who_may_be_written_to_is_looked_at_when_it_is_sent(engine: Engine) -> None:
    for number, (facts, columns, _) in enumerate(WHO_MAY):
        know(engine, f"who {number}", MALI, **facts)
        waits(engine, "words", **{"kind": "campaign", "contact": f"who {number}", **columns})
    claimed(engine, REPLIES)
    claimed(engine)
    assert list(zip(WHO_MAY, column(engine), strict=True)) == [(row, row[2]) for row in WHO_MAY]


def test_a_number_that_no_key_opens_has_failed(engine: Engine) -> None:
    know(engine)
    with writing(engine) as session:
        session.execute(update(claiming.Contact).values(sealed=b"no key opens this"))
    waits(engine, "words")
    assert claimed(engine, REPLIES) == []
    assert (column(engine), column(engine, "why")) == (["failed"], [KEY_IS_GONE])


def test_a_message_to_many_waits_for_the_morning_and_a_reply_does_not(engine: Engine) -> None:
    know(engine, number=MALI)
    waits(engine, "come", kind="campaign")
    waits(engine, "thank you")
    assert (claimed(engine, now=NIGHT), claimed(engine, REPLIES, NIGHT)) == ([], ["thank you"])
    assert column(engine) == ["queued", "sending"]
    assert claimed(engine, now=NOON + timedelta(hours=19)) == []
    assert claimed(engine, now=NOON + timedelta(hours=20)) == ["come"]


def test_campaigns_leave_a_tenth_of_the_budget_to_replies_and_go_on_the_next_day(engine: Engine) -> None:
    know(engine, number=MALI)
    bounded = Channel(name="demo", provider="africastalking", token="demo", daily_parts=20)
    waits(engine, "long reply", parts=3)
    waits(engine, *"abcdefghij", kind="campaign", parts=2)
    assert claimed(engine, REPLIES, channel=bounded) == ["long reply"]
    assert claimed(engine, channel=bounded) == [*"abcdefg"]  # 3 + 14 of 18
    assert claimed(engine, channel=bounded) == []
    waits(engine, "another reply", parts=9)
    assert claimed(engine, REPLIES, channel=bounded) == ["another reply"]
    assert claimed(engine, now=NOON + timedelta(days=1), channel=bounded) == [*"hij"]
    with reading(engine) as session:
        rows = session.execute(select(Spending.day, Spending.kind, Spending.parts).order_by(Spending.day, Spending.kind))
        assert [(day[-2:], kind, parts) for day, kind, parts in rows] == [
            *(("24", "campaign", 14), ("24", "reply", 12), ("25", "campaign", 6)),
        ]


def test_two_senders_never_hold_the_same_message(engine: Engine) -> None:
    know(engine, number=MALI)
    waits(engine, *(texts := [str(number) for number in range(100)]), kind="campaign")
    with ThreadPoolExecutor(4) as senders:
        held = list(chain.from_iterable(senders.map(lambda _: claimed(engine, at_most=10), range(20))))
    held += claimed(engine, at_most=100)  # what two of them wanted, and one of them got
    assert sorted(held) == sorted(texts)
    assert column(engine, "tries") == [1] * 100


@pytest.mark.parametrize(
    ("off", "is_due"),
    [
        (-HOUR, True),
        (HOUR, False),  # it waits for a second try
        (timedelta(days=14), False),  # the last one of a campaign
        (YEARS, True),  # was queued under a clock that was ahead
        (-YEARS, True),
    ],
)
def test_a_message_is_due_when_it_is_or_was_by_a_clock_ahead(engine: Engine, off: timedelta, is_due: bool) -> None:
    know(engine)
    queue(engine, "words", due_at=(now := datetime.now(UTC)) + off)
    claiming.bring_forward(engine)
    assert claimed(engine, REPLIES, now + timedelta(seconds=9)) == ["words"] * is_due
    with reading(engine) as session:
        assert session.scalar(select(Message.due_at)) is not None
