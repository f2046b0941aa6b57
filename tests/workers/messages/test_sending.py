"""Messages leave in time and once, whatever the provider does: the real package against a server that speaks its protocol."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, select, update

from flows.events import Reported
from tests.carrier import Carrier, Form, Reply, carrier
from tests.outgoing import VAULT, column, know, queue, send_all
from tests.processes import until
from workers.channels.africastalking import AfricasTalking
from workers.channels.base import Channel
from workers.database.models import Contact, EarlyReport, Message, Spending
from workers.database.session import open_engine, reading, writing
from workers.messages import settling
from workers.messages.pace import Pace
from workers.messages.sending import Sender

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
"""What is worth its time on both databases: where a message's columns, or a contact's, move."""


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{'postgres' if getattr(request, 'param', '') == 'postgresql' else 'sqlite'}_url"))


@pytest.fixture
def there() -> Iterator[tuple[Carrier, str]]:
    with carrier() as made:
        yield made


@pytest.fixture
def provider(there: tuple[Carrier, str]) -> Carrier:
    return there[0]


@pytest.fixture
def sender(engine: Engine, redis_url: str, there: tuple[Carrier, str]) -> Sender:
    return sender_to(engine, redis_url, there[1])


def sender_to(engine: Engine, redis_url: str, address: str, *others: str, rate: int = 1000) -> Sender:
    channels = [
        Channel(name=name, provider="africastalking", token="demo", base_url=address, rate=rate) for name in ("demo", *others)
    ]
    providers = {channel.name: AfricasTalking(channel) for channel in channels}
    know(engine)
    return Sender(engine, Pace(redis.Redis.from_url(redis_url)), lambda: VAULT, providers)


def work_until(sender: Sender, asked: Callable[[], Any], what: str) -> None:
    until(lambda: (sender.work(), asked())[1], what)


def hold(provider: Carrier, words: str) -> threading.Event:
    """Keeps messages with these words without an answer until the event is set."""
    may_answer = threading.Event()

    def behaves(form: Form) -> Reply:
        if form["message"] == words:
            may_answer.wait(60)
        return provider.accepts(form)

    provider.behaves = behaves
    return may_answer


def report(engine: Engine, state: str, *, contact: str = "", **known_by: str) -> None:
    with writing(engine) as session:
        settling.report(session, Reported(known_by.pop("id", ""), state, status="Word", **known_by), contact, "demo")


def test_a_message_goes_out_once_with_its_id_and_its_cost(engine: Engine, sender: Sender, provider: Carrier) -> None:
    queue(engine, "words")
    send_all(sender)
    assert provider.took == ["words"]
    assert [column(engine, name) for name in ("state", "provider_id", "cost")] == [["sent"], ["ATXid_1"], ["XOF 15.0000"]]


ANSWERS: dict[str, tuple[Callable[[Carrier, Form], Reply], str]] = {
    # what a message gets for an answer, and what becomes of it
    "a 500": (lambda provider, form: (500, "text/plain", "Internal error"), "queued"),
    "a 502": (lambda provider, form: (502, "text/html", "<h1>Bad gateway</h1>"), "unknown"),  # of a proxy: it may have got it
    "a 400": (lambda provider, form: (400, "text/plain", "Must have required property"), "failed"),
    "a 401": (lambda provider, form: (401, "text/plain", "The supplied authentication is invalid"), "queued"),
    "a 429": (lambda provider, form: (429, "application/json", "{}"), "queued"),
    "HTML": (lambda provider, form: (200, "text/html", "<h1>It works</h1>"), "unknown"),
    "JSON that is none": (lambda provider, form: (201, "application/json", "{"), "unknown"),
    "no recipients": (lambda provider, form: provider.recipients([], "InvalidSenderId"), "failed"),
    "somebody else": (lambda provider, form: provider.recipients([{"number": "+1", "status": "Success"}]), "failed"),
    "no money": (lambda provider, form: provider.says(form, status="InsufficientBalance", statusCode=405), "queued"),
    "a dead number": (lambda provider, form: provider.says(form, status="InvalidPhoneNumber", statusCode=403), "failed"),
    "a charset": (lambda provider, form: (201, "application/json; charset=utf-8", provider.accepts(form)[2]), "sent"),
}


@BOTH
def test_whatever_the_provider_answers_nothing_is_lost(engine: Engine, sender: Sender, provider: Carrier) -> None:
    provider.behaves = lambda form: ANSWERS[form["message"]][0](provider, form)
    queue(engine, *ANSWERS)
    send_all(sender)
    assert dict(zip(ANSWERS, column(engine), strict=True)) == {name: state for name, (_, state) in ANSWERS.items()}
    assert column(engine, "failures", Contact) == [1]  # the dead number's: no other is at fault itself
    with reading(engine) as session:
        assert session.scalars(select(Spending.parts)).one() == 4  # sent or unknown; what was refused is given back


@BOTH
def test_what_may_pass_later_is_tried_again_ever_later_and_then_fails(
    engine: Engine, sender: Sender, provider: Carrier
) -> None:
    provider.behaves = lambda form: (503, "text/plain", "busy")
    queue(engine, "words")
    waits = []
    for _ in range(5):
        before = datetime.now(UTC)
        send_all(sender)
        with writing(engine) as session:
            due_at = session.scalars(select(Message.due_at)).one()
            waits.append((due_at.replace(tzinfo=due_at.tzinfo or UTC) - before).total_seconds())
            session.execute(update(Message).values(due_at=before))
    assert [0 < waited - least < 20 for waited, least in zip(waits, settling.RETRY_SECONDS, strict=False)] == [True] * 4
    assert (column(engine), provider.took) == (["failed"], ["words"] * 5)


def test_a_provider_that_hangs_on_a_campaign_delays_no_reply_and_no_other_channel(
    engine: Engine, redis_url: str, there: tuple[Carrier, str]
) -> None:
    provider, address = there
    may_answer = hold(provider, "come")
    sender = sender_to(engine, redis_url, address, "other")
    queue(engine, *["come"] * 300, kind="campaign")
    work_until(sender, lambda: provider.took, "the campaign")
    queue(engine, "thank you")
    queue(engine, "merci", channel="other")
    queue(engine, "see you", channel="other", kind="campaign")
    work_until(sender, lambda: len(set(provider.took)) == 4, "the others")
    assert column(engine).count("queued") > 200  # none of the campaign's has an answer yet
    with writing(engine) as session:
        session.execute(update(Message).where(Message.state == "queued").values(state="cancelled"))
    may_answer.set()
    sender.finish()
    assert {"sending", "unknown"}.isdisjoint(column(engine))


def test_a_reply_goes_before_a_campaign_that_waits(engine: Engine, sender: Sender, provider: Carrier) -> None:
    queue(engine, *["come"] * 500, kind="campaign")
    queue(engine, "thank you", due_at=datetime.now(UTC))
    sender.step()
    sender.finish()
    assert "thank you" in provider.took
    assert column(engine).count("queued") > 400


def test_a_job_that_ends_begins_no_campaign_any_more_and_still_replies(
    engine: Engine, sender: Sender, provider: Carrier
) -> None:
    queue(engine, "come", kind="campaign")
    queue(engine, "thank you")
    assert sender.wind_down() == 1
    until(lambda: sender.wind_down() == 0 and sender.is_idle(), "the reply")
    assert (provider.took, column(engine)) == (["thank you"], ["queued", "sent"])


def test_a_provider_that_never_answers_leaves_it_unknown_and_it_is_not_sent_again(
    engine: Engine, sender: Sender, provider: Carrier
) -> None:
    may_answer = hold(provider, "words")
    queue(engine, "words")
    sender.step()
    until(lambda: provider.took, "the message")
    sender.finish(seconds=0)
    assert column(engine) == ["unknown"]
    may_answer.set()
    send_all(sender)
    assert provider.took == ["words"]


@pytest.mark.parametrize(("verdict", "state", "times"), [("sent", "sent", 1), ("failed", "failed", 1), ("again", "sent", 2)])
def test_a_person_settles_what_is_unknown(
    engine: Engine, sender: Sender, provider: Carrier, verdict: Any, state: str, times: int
) -> None:
    provider.behaves = lambda form: (200, "text/html", "?")
    queue(engine, "words")
    send_all(sender)
    provider.behaves = provider.accepts
    with writing(engine) as session:
        assert settling.settle_by_hand(session, 1, verdict)
        assert not settling.settle_by_hand(session, 1, verdict)  # it is settled
    send_all(sender)
    assert (column(engine), provider.took) == ([state], ["words"] * times)


@pytest.mark.parametrize(
    ("known_by", "state"),
    [
        ({"reference": "ref words"}, "delivered"),
        ({"id": "ATXid_9", "contact": "who"}, "delivered"),  # of an id that we never learned, to the number of an unknown one
        ({"id": "ATXid_9"}, "unknown"),
        ({"id": "ATXid_9", "contact": "another"}, "unknown"),
    ],
)
def test_a_report_that_is_hours_late_settles_what_is_unknown(
    engine: Engine, sender: Sender, provider: Carrier, known_by: dict[str, str], state: str
) -> None:
    provider.behaves = lambda form: (200, "text/html", "?")
    queue(engine, "words")
    send_all(sender)
    report(engine, "delivered", **known_by)
    assert column(engine) == [state]


def test_of_two_unknown_messages_to_a_number_a_report_settles_neither(
    engine: Engine, sender: Sender, provider: Carrier
) -> None:
    provider.behaves = lambda form: (200, "text/html", "?")
    queue(engine, "one", "two")
    send_all(sender)
    report(engine, "delivered", id="ATXid_9", contact="who")
    assert column(engine) == ["unknown"] * 2


@BOTH
@pytest.mark.parametrize("known_by", [{"id": "ATXid_1"}, {"reference": "ref words"}])
def test_a_report_that_is_faster_than_our_own_send_counts(
    engine: Engine, sender: Sender, provider: Carrier, known_by: dict[str, str]
) -> None:
    may_answer = hold(provider, "words")
    queue(engine, "words")
    sender.step()
    until(lambda: provider.took, "the message")
    report(engine, "delivered", **known_by)
    may_answer.set()
    sender.finish()
    assert (column(engine), column(engine, "provider_id")) == (["delivered"], ["ATXid_1"])


@BOTH
def test_a_number_is_set_aside_after_messages_that_never_arrived_and_comes_back_with_one_that_does(
    engine: Engine, sender: Sender, provider: Carrier
) -> None:
    queue(engine, *"abc", kind="campaign")
    send_all(sender)
    for number in (1, 2, 3):
        report(engine, "failed", id=f"ATXid_{number}")
        report(engine, "failed", id=f"ATXid_{number}")  # it comes twice
    assert column(engine, "failures", Contact) == [3]
    queue(engine, "d", kind="campaign")
    queue(engine, "e")
    send_all(sender)
    assert column(engine)[3:] == ["cancelled", "sent"]
    report(engine, "delivered", id="ATXid_4")
    assert column(engine, "failures", Contact) == [0]


def test_a_report_of_a_word_that_nobody_knows_is_stored_and_moves_nothing(engine: Engine, sender: Sender) -> None:
    queue(engine, "words")
    send_all(sender)
    report(engine, "", id="ATXid_1")
    report(engine, "", id="nobody")
    assert (column(engine), column(engine, "reported")) == (["sent"], ["Word"])
    with reading(engine) as session:
        assert session.scalars(select(EarlyReport)).all() == []


@pytest.mark.parametrize(
    ("off", "state"),
    [
        (-timedelta(hours=1), "unknown"),
        (timedelta(0), "sending"),
        (timedelta(days=3650), "unknown"),  # whoever sent it died before the clock was put right
    ],
)
def test_a_message_that_a_killed_sender_left_is_given_up(engine: Engine, off: timedelta, state: str) -> None:
    queue(engine, "words", state="sending", moved_at=datetime.now(UTC) + off)
    settling.give_up_on_stuck(engine)
    assert column(engine) == [state]


def test_a_rate_holds_over_all_senders_together(redis_url: str) -> None:
    channel = Channel(name="demo", provider="africastalking", token="demo", rate=20)
    one, other = (Pace(redis.Redis.from_url(redis_url)) for _ in range(2))
    taken = one.take(channel, 3) + other.take(channel, 100)
    assert 10 <= taken < 100  # half a second's worth, and more if this machine was slow
    other.take(channel, -taken)
    assert one.take(channel, 5) == 5
    redis.Redis.from_url(redis_url).set("palabre:pace:demo", 2**52)  # by a clock that was ahead
    assert one.take(channel, 5) == 0
    until(lambda: one.take(channel, 1), "its turn")


SENDS = "from workers.messages.sending import send; send(600)"


def test_a_sender_that_is_killed_between_the_provider_s_answer_and_ours_sends_nothing_twice_and_forgets_nothing(
    sqlite_url: str, redis_url: str, there: tuple[Carrier, str], tmp_path: Path
) -> None:
    provider, address = there
    engine = open_engine(sqlite_url)
    sender = sender_to(engine, redis_url, address)
    (tmp_path / "secrets.toml").write_text('secret_key = "x"\nphone_keys = ["' + "a key of the tests" * 2 + '"]\n')
    (tmp_path / "palabre.toml").write_text(
        f'[[channels]]\nname = "demo"\nprovider = "africastalking"\ntoken = "demo"\nbase_url = "{address}"\n'
    )
    environment = {"DATA_DIR": str(tmp_path), "DATABASE_URL": sqlite_url, "REDIS_URL": redis_url}
    environment = {f"PALABRE_{name}": value for name, value in environment.items()}
    killed = threading.Event()

    def kills(form: Form) -> Reply:
        os.kill(process.pid, signal.SIGKILL)
        killed.set()
        return provider.accepts(form)

    provider.behaves = kills
    queue(engine, "first")
    process = subprocess.Popen([sys.executable, "-c", SENDS], cwd=tmp_path, env={**os.environ, **environment})
    assert killed.wait(60)
    process.wait()
    assert column(engine) == ["sending"]
    with writing(engine) as session:
        session.execute(update(Message).values(moved_at=datetime.now(UTC) - timedelta(minutes=5)))
    provider.behaves = provider.accepts
    queue(engine, "second")
    settling.give_up_on_stuck(engine)
    send_all(sender)
    assert (provider.took, column(engine)) == (["first", "second"], ["unknown", "sent"])
    engine.dispose()
