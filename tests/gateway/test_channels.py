"""What comes from any aggregator, through the real webhooks: nothing is lost, nothing is counted twice, nothing breaks."""

import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from msgspec.structs import replace
from sqlalchemy import select
from werkzeug.test import Client, TestResponse

from flows.events import Answered, Record, Replied, Unlinked, from_bytes
from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.webhooks import in_front_of
from tests import servers
from tests.channels import documented
from workers import erasure
from workers.database.models import InboxRow
from workers.database.session import reading
from workers.dialogs import lane_key
from workers.messages import parts
from workers.privacy import LANES

Call = Callable[..., TestResponse]
MALI, FRANCE = "22370000001", "33612345678"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is shown here happens before any database."""
    return sqlite_url


@pytest.fixture
def channels(runtime: Runtime) -> None:
    """Those of docs/channels.md, each with its name for a token."""
    names = ("crossgate", "hubtel", "operator", "vonage", "infobip", "orange")
    made = [replace(documented(name), token=name) for name in names]
    runtime.settings = replace(runtime.settings, channels=(*runtime.settings.channels, *made))


@pytest.fixture
def call(runtime: Runtime, channels: None) -> Call:
    """Calls a channel's address, with JSON or a body as it is."""
    client = Client(in_front_of(create_app(runtime), runtime))

    def made(path: str, said: Any = None, method: str = "POST") -> TestResponse:
        answer = client.open(path, method=method, data=said if isinstance(said, bytes) else json.dumps(said).encode())
        assert "Traceback" not in answer.text
        return answer

    return made


@pytest.fixture
def heard(runtime: Runtime) -> Callable[[], list[Record]]:
    """What lies in the lanes, in order."""

    def records() -> list[Record]:
        entries = [kept for lane in range(LANES) for _, kept in runtime.redis.xrange(lane_key(lane))]
        return sorted((from_bytes(kept[b"e"]) for kept in entries), key=lambda record: record.at)

    return records


def counted(records: list[Record]) -> list[Any]:
    return [one.event.value for one in records if isinstance(one.event, Answered)]


def hop(call: Call, typed: str, sequence: int, kind: str = "Response", session: str = "s1") -> str:
    """One hop of Hubtel's; what stands on the phone."""
    said = {
        "Type": kind,
        "Message": typed,
        "ServiceCode": "384*36",
        "Mobile": MALI,
        "SessionId": session,
        "Sequence": str(sequence),
    }
    answer = call("/http/hubtel/ussd", said)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    return str(json.loads(answer.text)["Message"])


def test_a_session_told_key_by_key_counts_each_key_once(call: Call, heard: Callable[[], list[Record]]) -> None:
    assert hop(call, "*384*36#", 1, "Initiation").startswith("EMDK demande")
    assert hop(call, "1", 2).startswith("Au retour")
    page = hop(call, "1", 3)  # the same key, and another hop
    assert hop(call, "1", 3) == hop(call, "1", 2) == hop(call, "*384*36#", 1, "Initiation") == page  # repeated, and late
    assert counted(heard()) == ["emploi"]
    assert len({record.key for record in heard()}) == len(heard())


def test_the_same_hop_at_once_counts_once_even_where_nothing_numbers_it(
    call: Call, heard: Callable[[], list[Record]], runtime: Runtime
) -> None:
    hop(call, "*384*36#", 0, "Initiation")
    hop(call, "1", 1)
    threads = [threading.Thread(target=lambda: hop(call, "1", 2)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(heard()) == ["emploi"]


def test_a_session_that_was_lost_is_no_code_that_was_dialled(call: Call) -> None:
    assert hop(call, "77", 5).startswith("EMDK demande")
    assert hop(call, "*384*36*77#", 1, "Initiation", session="s2").startswith("Code inconnu.")


def test_a_session_that_was_cut_is_answered_with_nothing_and_counted(call: Call, runtime: Runtime) -> None:
    said = {"Type": "Release", "Message": "", "Mobile": MALI, "SessionId": "s1"}
    answer = call("/http/hubtel/ussd", said)
    assert (answer.status_code, answer.text) == (200, "")
    assert runtime.redis.hgetall("palabre:ended") == {b"incomplete": b"1"}


def test_a_cumulative_aggregator_is_answered_like_africas_talking(runtime: Runtime, channels: None) -> None:
    query = {"session_id": "7", "msisdn": MALI, "service_code": "384*36"}
    with servers.gateway(runtime) as url:  # over a real line: a GET has no body to wait for
        first, second = (
            requests.get(f"{url}/http/crossgate/ussd", params=query | {"ussd_string": text}, timeout=10).text
            for text in ("", "1")
        )
    assert first.startswith("CON EMDK demande")
    assert second.startswith("CON Au retour")


def test_what_cannot_be_read_gets_a_page_in_the_dialects_own_words(call: Call) -> None:
    assert call("/http/hubtel/ussd", b"\xff{").get_json()["Type"] == "release"
    assert "<name>action</name><value><string>end</string>" in call("/http/operator/ussd", b"<x>").text


def vonage(text: str = "RETOUR", number: str = "1", **fields: Any) -> dict[str, Any]:
    return {"msisdn": FRANCE, "to": "33757000000", "messageId": f"m{number}", "text": text, **fields}


def part(number: int, total: int, text: str, ref: str = "171", message: str = "") -> dict[str, Any]:
    told = {"concat": "true", "concat-ref": ref, "concat-part": str(number), "concat-total": str(total)}
    return vonage(text, message or f"{ref}.{number}", **told)


def unlinked(records: list[Record]) -> list[str]:
    return [record.event.words for record in records if isinstance(record.event, Unlinked)]


def test_parts_make_one_message_in_any_order_and_however_often_they_come(
    call: Call, heard: Callable[[], list[Record]], runtime: Runtime
) -> None:
    said = ["Il faut un guichet ", "dans chaque cercle ", "pour les papiers"]
    for number in (3, 1, 1, 3, 2, 2, 1):
        assert call("/http/vonage/sms", part(number, 3, said[number - 1])).status_code == 200
    call("/http/vonage/sms", part(1, 2, "Une autre ", message="x1"))  # the reference again, for another message
    call("/http/vonage/sms", part(2, 2, "chose", message="x2"))
    everything = [record.event for record in heard()]
    assert [one for one in everything if isinstance(one, Replied)]
    assert parts.hand_on(runtime.redis, runtime.dialogs, now=10**10) == 0
    assert unlinked(heard()) == ["".join(said), "Une autre chose"]


def test_what_never_becomes_whole_goes_to_staff_as_it_is(call: Call, drain: Callable[[], int], runtime: Runtime) -> None:
    call("/http/vonage/sms", part(1, 3, "un"))
    call("/http/vonage/sms", part(3, 3, "trois"))
    call("/http/vonage/sms", part(1, 3, "au secours", message="reused"))  # another message under the same reference
    assert parts.hand_on(runtime.redis, runtime.dialogs) == 0  # the others may yet come
    assert parts.hand_on(runtime.redis, runtime.dialogs, now=10**10) == 2
    drain()
    with reading(runtime.engine) as session:
        assert set(session.execute(select(InboxRow.words, InboxRow.distress))) == {
            ("au secours", True),
            ("un [...] trois", False),
        }
    assert parts.hand_on(runtime.redis, runtime.dialogs, now=10**10) == 0
    assert runtime.redis.smembers(parts.WAITING) == set()


def test_a_number_stands_nowhere_in_what_waits(call: Call, runtime: Runtime) -> None:
    call("/http/vonage/sms", part(1, 2, "un"))
    for key in runtime.redis.scan_iter("*"):
        assert FRANCE[2:].encode() not in key + (runtime.redis.dump(key) or b"")


def test_whoever_is_erased_leaves_no_part_behind(
    call: Call, runtime: Runtime, drain: Callable[[], int], heard: Callable[[], list[Record]]
) -> None:
    call("/http/vonage/sms", vonage("RETOUR", "1"))
    call("/http/vonage/sms", part(1, 2, "un secret"))
    for number in range(100):  # reports leave a mark where dialogs lie, in every lane
        call("/http/vonage/delivery", {"messageId": f"r{number}", "status": "delivered"})
    call("/http/vonage/sms", vonage("EFFACER", "2"))
    call("/http/vonage/sms", vonage("1", "3"))
    drain()
    erasure.sweep(runtime.engine, runtime.redis)
    assert list(runtime.redis.scan_iter("*:parts:*")) == []
    assert parts.hand_on(runtime.redis, runtime.dialogs, now=10**10) == 0


def orange(text: str, date: str = "") -> dict[str, Any]:
    return {
        "inboundSMSMessageNotification": {
            "inboundSMSMessage": {"senderAddress": f"tel:+{FRANCE}", "message": text, "dateTime": date}
        }
    }


def replies(records: list[Record]) -> int:
    return sum(isinstance(record.event, Replied) for record in records)


@pytest.mark.parametrize(
    ("second", "answered"),
    [
        (orange("RETOUR"), 1),  # neither id nor date: the same words at once are one message
        (orange("AIDE"), 2),
        (orange("RETOUR", "2026-11-30T10:00:00Z"), 2),  # another moment is another message
    ],
)
def test_without_an_id_the_same_words_at_once_are_one_message(
    call: Call, heard: Callable[[], list[Record]], second: dict[str, Any], answered: int
) -> None:
    for said in (orange("RETOUR"), second, second):
        assert call("/orange/orange/sms", said).status_code == 200
    assert replies(heard()) == answered


ODD: dict[str, dict[str, str]] = {
    "plain": {},
    "nothing written": {"text": ""},
    "a date with a zone": {"date": "2017-05-03T06:04:45Z"},
    "a date without one": {"date": "2017-05-03 06:04:45"},
    "a date with milliseconds": {"date": "2017-05-03T06:04:45.123Z"},
    "a date that is none": {"date": "hier"},
    "a linkId, which else is missing": {"linkId": "L1"},
    "no id": {"id": ""},
    "a megabyte": {"text": "x" * 1_000_000},
    "octets that are no UTF-8": {"text": "RETOUR\udcff"},
    "a name for a number": {"from": "ORANGE"},  # there is nobody to answer: staff read it
}
"""What is odd, and the fields of an SMS that make it so."""


def as_form(one: dict[str, str]) -> bytes:
    return urlencode(one, errors="surrogateescape").encode()


def as_vonage(one: dict[str, str]) -> bytes:
    names = {"id": "messageId", "from": "msisdn", "to": "to", "text": "text", "date": "message-timestamp"}
    return json.dumps({names.get(name, name): value for name, value in one.items()}, ensure_ascii=False).encode(
        errors="surrogateescape"
    )


def as_infobip(one: dict[str, str]) -> bytes:
    names = {"id": "messageId", "from": "from", "to": "to", "text": "text", "date": "receivedAt"}
    told = {names.get(name, name): value for name, value in one.items()}
    return json.dumps({"results": [told]}, ensure_ascii=False).encode(errors="surrogateescape")


def as_orange(one: dict[str, str]) -> bytes:
    names = {"id": "messageId", "from": "senderAddress", "to": "destinationAddress", "text": "message", "date": "dateTime"}
    told = {names.get(name, name): value for name, value in one.items()}
    said = {"inboundSMSMessageNotification": {"inboundSMSMessage": told}}
    return json.dumps(said, ensure_ascii=False).encode(errors="surrogateescape")


SPEAKERS = {
    "/africastalking/demo/sms": as_form,
    "/http/vonage/sms": as_vonage,
    "/http/infobip/sms": as_infobip,
    "/orange/orange/sms": as_orange,
}


@pytest.mark.parametrize("path", SPEAKERS)
def test_odd_messages_are_each_answered_once_however_often_they_come(
    call: Call, heard: Callable[[], list[Record]], runtime: Runtime, path: str
) -> None:
    for number, (why, fields) in enumerate(ODD.items()):
        one = {"id": f"o{number}", "from": f"+336123456{number:02}", "to": "36036", "text": "RETOUR", **fields}
        for _ in range(2):
            assert call(path, SPEAKERS[path](one)).status_code == 200, why
    answered = [record.phone for record in heard() if isinstance(record.event, Replied)]
    assert len(answered) == len(set(answered)) == len(ODD) - 1
    assert [record.event.words for record in heard() if isinstance(record.event, Unlinked)] == ["RETOUR"]  # from a name


@pytest.mark.parametrize("path", SPEAKERS)
def test_people_who_say_the_same_at_once_are_each_heard_though_no_message_has_an_id(
    call: Call, heard: Callable[[], list[Record]], path: str
) -> None:
    for number in range(3):
        one = {"id": "", "from": f"+3361234560{number}", "to": "36036", "text": "RETOUR", "date": "2026-11-24T10:00:00Z"}
        assert call(path, SPEAKERS[path](one)).status_code == 200
    answered = [record for record in heard() if isinstance(record.event, Replied)]
    assert len({record.phone for record in answered}) == len({record.key for record in answered}) == 3


def test_what_tells_nothing_is_taken_and_counted(call: Call, runtime: Runtime) -> None:
    for path in ("/http/infobip/sms", "/http/infobip/delivery", "/orange/orange/delivery"):
        assert call(path, b"<html>").status_code == 200
    assert runtime.redis.hget("palabre:counts", "unreadable") == b"3"
