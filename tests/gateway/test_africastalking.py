"""Africa's Talking's USSD callback: every row of its contract, odd input, and two requests at once."""

import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

import pytest
import requests
from msgspec.structs import replace
from sqlalchemy import select

from gateway.runtime import Runtime
from tests import servers
from workers.channels.base import newly_typed
from workers.database.models import Contact, OptOut
from workers.database.session import reading
from workers.dialogs import lane_key
from workers.privacy import LANES

FORM = {"sessionId": "s1", "phoneNumber": "+22370000001", "networkCode": "61002", "serviceCode": "*384*36#", "text": ""}
FIRST_PAGE = "CON EMDK demande votre avis"
FIRST_QUESTION = "CON Au retour"

NEWLY_TYPED = [
    # prev, text, kind, what was typed
    (None, "", "new", ""),
    (None, "2", "new", "2"),  # dialled through
    (None, "2*3", "new", "2*3"),  # a poll and a vote
    ("", "", "repeat", ""),
    ("1", "1", "repeat", ""),
    ("", "1", "step", "1"),
    ("", "1*2", "step", "1*2"),  # both hops' text at once: it is one reply, and no choice
    ("1", "1*2", "step", "2"),
    ("1", "1*5*6 km", "step", "5*6 km"),  # free text may hold stars
    ("1", "1*", "step", ""),  # an empty reply
    ("1*", "1**", "step", ""),
    ("1*2", "1", "stale", ""),
    ("1*2", "", "stale", ""),
    ("1*2", "1*", "stale", ""),
    ("1", "12", "odd", ""),  # not a step: no star
    ("1*2", "1*3", "odd", ""),
    ("1", "2", "odd", ""),
]


@pytest.mark.parametrize(("prev", "text", "kind", "typed"), NEWLY_TYPED)
def test_what_was_newly_typed_follows_the_table(prev: str | None, text: str, kind: str, typed: str) -> None:
    heard = newly_typed(prev, text)
    assert (heard.kind, heard.text) == (kind, typed)


@pytest.fixture
def post(address: str) -> Callable[..., str]:
    """Posts one callback and returns the body; anything but a 200 with CON or END kills the session."""

    def answer(form: Mapping[str, Any] | bytes | None = None, **fields: str) -> str:
        body = form if isinstance(form, bytes) else {**FORM, **(form or {}), **fields}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = requests.post(f"{address}/africastalking/demo/ussd", data=body, headers=headers, timeout=10)
        assert reply.status_code == 200
        assert reply.headers["Content-Type"].startswith("text/plain")
        assert reply.text[:4] in ("CON ", "END ")
        assert "Traceback" not in reply.text
        return reply.text

    return answer


@pytest.fixture
def events(runtime: Runtime) -> Callable[[], int]:
    """How many events lie in the lanes."""
    return lambda: sum(runtime.redis.xlen(lane_key(lane)) for lane in range(LANES))


def test_a_session_goes_from_step_to_step(post: Callable[..., str], events: Callable[[], int]) -> None:
    assert post(text="").startswith(FIRST_PAGE)
    assert post(text="1").startswith(FIRST_QUESTION)
    assert post(text="1*2").startswith("CON Qu'est-ce qui")
    assert events() == 3  # consented, the country of the prefix, one answer


def test_a_repeated_hop_gets_the_same_bytes_and_changes_nothing(post: Callable[..., str], events: Callable[[], int]) -> None:
    post(text="")
    post(text="1")
    answer, before = post(text="1*2"), events()
    assert post(text="1*2") == answer
    assert events() == before


def test_a_stale_hop_gets_the_page_of_now(post: Callable[..., str], events: Callable[[], int]) -> None:
    post(text="")
    post(text="1")
    now, before = post(text="1*2"), events()
    assert post(text="1") == post(text="") == now
    assert events() == before


def test_an_odd_hop_gets_the_page_of_now_and_is_counted(post: Callable[..., str], runtime: Runtime, address: str) -> None:
    post(text="")
    now = post(text="1")
    assert post(text="7*7") == now
    assert 'palabre_hops_refused_total{kind="odd"} 1.0' in requests.get(f"{address}/metrics", timeout=10).text


def test_an_ended_session_stays_ended(post: Callable[..., str], events: Callable[[], int]) -> None:
    post(text="")
    ended, before = post(text="0"), events()
    assert ended.startswith("END")
    assert post(text="0*1") == post(text="0*1*1") == ended
    assert events() == before


def test_an_unknown_session_with_a_text_is_dialled_through(post: Callable[..., str]) -> None:
    assert post(text="1").startswith(FIRST_PAGE)
    assert post(sessionId="s2", text="77").startswith("CON Code inconnu.")


def test_a_choice_dialled_with_the_code_is_not_counted(post: Callable[..., str], events: Callable[[], int]) -> None:
    assert post(text="1*3").startswith("CON Choix inconnu.")  # the poll is none for the radio
    assert events() == 0


def test_the_same_hop_at_once_counts_once(post: Callable[..., str], events: Callable[[], int]) -> None:
    post(text="")
    post(text="1")
    replies: list[str] = []
    threads = [threading.Thread(target=lambda: replies.append(post(text="1*2"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(replies)) == 1
    assert events() == 3


def test_a_session_that_begins_twice_at_once_begins_once(post: Callable[..., str], events: Callable[[], int]) -> None:
    replies: list[str] = []
    threads = [threading.Thread(target=lambda: replies.append(post(text=""))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(replies)) == 1
    assert post(text="1").startswith(FIRST_QUESTION)


def test_two_sessions_of_one_phone_at_once_both_stand(post: Callable[..., str], events: Callable[[], int]) -> None:
    for session in ("a", "b"):
        post(sessionId=session, text="")
        post(sessionId=session, text="1")
    threads = [threading.Thread(target=lambda one=one: post(sessionId=one, text="1*2")) for one in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert events() == 5  # the country once, two consents, two answers of which the later replaces the earlier


ODD_FORMS: list[tuple[str, bytes]] = [
    ("nothing at all", b""),
    ("no session", b"phoneNumber=%2B22370000001&text="),
    ("no number", b"sessionId=s1&text="),
    ("an alphanumeric sender", b"sessionId=s1&phoneNumber=ORANGE&text=1"),
    ("a number that is too short", b"sessionId=s1&phoneNumber=%2B1234&text=1"),
    ("JSON", b'{"sessionId": "s1"}'),
    ("octets that are no UTF-8", b"sessionId=s1&phoneNumber=%2B22370000001&text=%ff%fe\xff\x00"),
    ("NUL in every field", b"sessionId=%00&phoneNumber=%2B22370000001%00&text=%00"),
    ("a lone surrogate", b"sessionId=%ed%a0%80&phoneNumber=%2B22370000001&text=%ed%a0%80"),
    ("a thousand fields", b"&".join(b"a%d=1" % n for n in range(1000))),
    ("a field twice", b"sessionId=s1&sessionId=s2&phoneNumber=%2B22370000001&text=&text=1"),
    ("a plus that became a space", b"sessionId=s1&phoneNumber=+22370000001&text="),
    ("a long session id", b"sessionId=" + b"x" * 5000 + b"&phoneNumber=%2B22370000001&text="),
    ("a text of 10 kB", b"sessionId=s1&phoneNumber=%2B22370000001&text=" + b"1*" * 5000),
    ("a body of 1 MB", b"sessionId=s1&phoneNumber=%2B22370000001&text=" + b"9" * 1_000_000),
    ("semicolons", b"sessionId=s1;phoneNumber=%2B22370000001;text=1"),
    ("a percent sign that leads nowhere", b"sessionId=%&phoneNumber=%2B22370000001&text=%zz%"),
]


@pytest.mark.parametrize("body", [body for _, body in ODD_FORMS], ids=[name for name, _ in ODD_FORMS])
def test_anything_at_all_gets_a_screen(post: Callable[..., str], body: bytes) -> None:
    post(body)


@pytest.mark.parametrize(
    "typed", ["", " ", "#", "*", "**", "'; DROP TABLE", "<b>", "\u0000", "١", "²", "🙂", "é" * 500, "0" * 999, "-1"]
)
def test_anything_typed_gets_a_screen_at_every_question(post: Callable[..., str], typed: str) -> None:
    post(text="")
    for before in ("1", "1*6", "1*6*x", "1*6*x*1", "1*6*x*1*2"):
        session = f"{before}-{quote_plus(typed)[:100]}"
        post(sessionId=session, text="")
        said = ""
        for part in before.split("*"):
            said = f"{said}*{part}" if said else part
            post(sessionId=session, text=said)
        post(sessionId=session, text=f"{said}*{typed}")


def test_a_wrong_token_is_not_found(address: str) -> None:
    for path in (
        "/africastalking/wrong/ussd",
        "/africastalking/demo/sms2",
        "/africastalking//ussd",
        "/africastalking/demo/ussd/",
    ):
        assert requests.post(address + path, data=FORM, timeout=10).status_code == 404
    assert requests.get(f"{address}/africastalking/demo/ussd", timeout=10).status_code == 405


def test_redis_away_is_an_honest_end(address: str, post: Callable[..., str], runtime: Runtime) -> None:
    from workers.dialogs import Dialogs

    post(text="")
    runtime.__dict__["dialogs"] = Dialogs("unix:///nowhere/valkey.sock")
    assert post(text="1").startswith("END Le service est")
    del runtime.__dict__["dialogs"]
    assert post(text="1").startswith(FIRST_QUESTION)


@pytest.fixture
def call(address: str) -> Callable[..., int]:
    """Posts one callback that is no hop, and gives its status."""
    return lambda path, **form: requests.post(f"{address}/africastalking/demo/{path}", data=form, timeout=10).status_code


def test_a_stop_that_the_carrier_reports_is_kept_and_stops(
    call: Callable[..., int], runtime: Runtime, drain: Callable[[], int]
) -> None:
    for _ in range(2):  # it comes twice
        assert call("opt-out", senderId="36036", phoneNumber="+22370000001") == 200
    drain()
    with reading(runtime.engine) as session:
        assert session.execute(select(OptOut.said, OptOut.stopped)).all() == [("(carrier)", True)]
        assert session.scalars(select(Contact.stopped)).all() == [True]


def test_the_end_of_a_session_is_counted_by_how_it_ended(call: Callable[..., int], runtime: Runtime) -> None:
    for status in ("Success", "Incomplete", "odd"):
        assert call("session-end", sessionId="s1", status=status) == 200
    assert call("session-end") == call("opt-out", phoneNumber="EMDK") == 200  # they name nothing
    assert runtime.redis.hgetall("palabre:ended") == {b"success": b"1", b"incomplete": b"1", b"other": b"1"}


def test_who_is_not_allowed_to_call_is_turned_away(runtime: Runtime) -> None:
    elsewhere = replace(runtime.settings.channels[0], allow_from=("203.0.113.0/24",))
    runtime.settings = replace(runtime.settings, channels=(elsewhere,))
    with servers.gateway(runtime) as url:
        posted = requests.post(f"{url}/africastalking/demo/ussd", data=FORM, timeout=10)
    assert (posted.status_code, posted.text) == (403, "not allowed\n")


def test_reports_on_one_message_that_come_at_once_all_stand(call: Callable[..., int], events: Callable[[], int]) -> None:
    threads = [
        threading.Thread(target=call, args=("delivery",), kwargs={"id": "ATXid_1", "status": status})
        for status in ("Sent", "Submitted", "Buffered", "Success")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert events() == 4
