"""Kannel: what its `get-url` and `dlr-url` say, as a Kannel 1.4.5 said it, and what becomes of what `sendsms` answers."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.aggregator import Aggregator
from workers.channels import provider
from workers.channels.base import Channel, Delivery, Sent, Text
from workers.channels.kannel import Kannel
from workers.channels.request import Request

CHANNEL = Channel(
    name="box",
    provider="kannel",
    token="token",
    short_code="36036",
    base_url="http://127.0.0.1:9",
    username="palabre",
    password="se cret",
    public_url="https://here.example/",
)
PHONE, WHO = "+33612345678", "from=33612345678&to=36036"
AT = 1796028478.0


def called(query: str, body: bytes = b"", method: str = "GET") -> Request:
    return Request({"REQUEST_METHOD": method, "QUERY_STRING": query, "PATH_INFO": "/kannel/token/sms"}, body)


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        (
            f"id=3e0a&{WHO}&text=RETOUR+%C3%A9+1&coding=0&charset=UTF-8&time=1796028478",
            [Text("3e0a", PHONE, "RETOUR é 1", AT)],
        ),
        (
            "id=9d95&from=%2B33612345678&to=36036&text=%00R%00%E9%01K&coding=2&charset=UTF-16BE&time=1796028478",
            [Text("9d95", PHONE, "Réŋ", AT)],
        ),
        (f"id=1&{WHO}&text=R%C3%A9&coding=0&time=2026-11-30+08:47:58", [Text("1", PHONE, "Ré", AT)]),  # `%t`
        (f"id=1&{WHO}&text=%00R%00&coding=2", [Text("1", PHONE, "R�")]),  # cut in the middle of a letter
        (f"id=1&{WHO}&text=caf%E9&charset=ISO-8859-1", [Text("1", PHONE, "café")]),  # an older Kannel
        (f"id=1&{WHO}&text=caf%E9&charset=zip", [Text("1", PHONE, "caf�")]),  # an odd charset, and no UTF-8
        (f"id=1&{WHO}&text=&time=", [Text("1", PHONE, "")]),
        ("id=1&from=EMDK&to=36036&text=1", [Text("1", None, "1")]),
        (f"{WHO}&text=1", [Text("", PHONE, "1")]),  # known by its words
        ("id=1&from=&text=", []),
        ("&".join(f"a{n}=1" for n in range(1000)), []),
    ],
)
def test_a_message_is_what_kannel_says(query: str, texts: list[Text]) -> None:
    assert list(Kannel(CHANNEL).sms(called(query))) == texts


def test_a_message_may_be_posted_as_a_form_too() -> None:
    body = f"id=1&{WHO}&text=caf%C3%A9&charset=UTF-8".encode()
    assert list(Kannel(CHANNEL).sms(called("", body, "POST"))) == [Text("1", PHONE, "café")]


@pytest.mark.parametrize(
    ("query", "reports"),
    [
        ("reference=r1&status=8&why=ACK%2F", [Delivery("", "", "r1", "submitted", "ACK/")]),
        ("reference=r1&status=1&why=", [Delivery("", "delivered", "r1", "delivered")]),
        ("reference=r1&status=16&why=NACK%2F0x0000000b", [Delivery("", "failed", "r1", "rejected", "NACK/0x0000000b")]),
        (
            "reference=r1&status=2&why=id:7+sub:001+dlvrd:000+done+date:2611300848+stat:UNDELIV+err:027+text:Bonjour",
            [Delivery("", "failed", "r1", "failed", "UNDELIV 027")],
        ),
        ("reference=r1&status=4", [Delivery("", "", "r1", "buffered")]),
        ("reference=r1&status=64", [Delivery("", "", "r1", "64")]),
        ("status=1", []),
    ],
)
def test_a_report_is_what_kannel_says(query: str, reports: list[Delivery]) -> None:
    assert list(Kannel(CHANNEL).delivery(called(query))) == reports


ANSWERS = [
    (202, "0: Accepted for delivery", "sent", ""),
    (202, "3: Queued for later delivery", "sent", ""),
    (403, "Not routable. Do not try again.", "failed", "Not routable. Do not try again."),
    (403, "Authorization failed for sendsms", "later", "HTTP 403: Authorization failed for sendsms"),
    (400, "Missing receiver number, rejected", "failed", "HTTP 400: Missing receiver number, rejected"),
    (503, "Temporal failure, try again later.", "later", "HTTP 503: Temporal failure, try again later."),
    (200, "<html>", "unknown", "HTTP 200, as no Kannel does: <html>"),
]


@pytest.mark.parametrize(("status", "said", "state", "why"), ANSWERS)
def test_what_sendsms_answers_is_understood(aggregator: Aggregator, status: int, said: str, state: str, why: str) -> None:
    aggregator.answers(status, said.encode())
    sent = _box(aggregator).send(PHONE, "Bonjour", "r1")
    assert (sent.state, sent.why) == (state, why)


@pytest.mark.parametrize(("text", "coding"), [("Où? 5 & 6 €", "0"), ("sɔgɔma", "2")])
def test_a_message_goes_as_letters_or_as_ucs2_with_where_to_report(aggregator: Aggregator, text: str, coding: str) -> None:
    aggregator.answers(202, b"0: Accepted for delivery")
    _box(aggregator).send(PHONE, text, "a reference")
    ((method, target, _, _),) = aggregator.asked
    asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
    assert (method, urlsplit(target).path) == ("GET", "/cgi-bin/sendsms")
    assert (asked["text"], asked["coding"], asked["charset"]) == (text, coding, "UTF-8")
    assert (asked["to"], asked["from"], asked["password"]) == (PHONE, "36036", "se cret")
    where, _, query = asked["dlr-url"].partition("?")
    assert (where, query) == ("https://here.example/kannel/token/delivery", "reference=a+reference&status=%d&why=%A")


def test_a_kannel_that_is_away_is_asked_again() -> None:
    assert Kannel(CHANNEL).send(PHONE, "Bonjour", "r1") == Sent("later", why="ConnectionError")


def test_a_channel_without_what_it_needs_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match="kannel needs also base_url, username, password, public_url"):
        provider(Channel(name="box", provider="kannel", token="token"))


def _box(aggregator: Aggregator) -> Kannel:
    return Kannel(aggregator.known_to(CHANNEL))
