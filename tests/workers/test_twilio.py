"""Twilio: recorded callbacks, their signature, and what becomes of what its API answers."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
import pytest
import requests
from msgspec.structs import replace
from sqlalchemy import select

from gateway.runtime import Runtime
from tests import servers
from tests.aggregator import Aggregator
from workers.channels.base import Channel, Delivery, Text
from workers.channels.request import Request
from workers.channels.twilio import Twilio
from workers.database.models import OptOut
from workers.database.session import reading

CHANNEL = Channel(
    name="france",
    provider="twilio",
    token="token",
    short_code="+33757000000",
    account_sid="AC0123",
    auth_token="the token of the account",
    public_url="https://here.example",
)
PHONE = "+33612345678"
SMS = {
    "ToCountry": "FR",
    "ToState": "",
    "SmsMessageSid": "SM1",
    "NumMedia": "0",
    "ToCity": "",
    "FromZip": "",
    "SmsSid": "SM1",
    "FromState": "",
    "SmsStatus": "received",
    "FromCity": "",
    "Body": "1 3 été",
    "FromCountry": "FR",
    "To": "+33757000000",
    "NumSegments": "1",
    "MessageSid": "SM1",
    "AccountSid": "AC0123",
    "From": PHONE,
    "ApiVersion": "2010-04-01",
}
STATUS = {
    "SmsSid": "SM2",
    "SmsStatus": "sent",
    "To": PHONE,
    "MessageSid": "SM2",
    "AccountSid": "AC0123",
    "From": "+33757000000",
}


def signature(url: str, form: dict[str, str], key: str = CHANNEL.auth_token) -> str:
    """By Twilio's own description: https://www.twilio.com/docs/usage/security."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def posted(form: dict[str, str], path: str = "sms", **headers: str) -> Request:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/twilio/token/{path}",
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "inside:8000",
    }
    return Request(environ | {f"HTTP_{name.upper()}": value for name, value in headers.items()}, urlencode(form).encode())


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({}, [Text("SM1", PHONE, "1 3 été")]),
        ({"Body": ""}, [Text("SM1", PHONE, "")]),
        ({"From": "EMDK"}, [Text("SM1", None, "1 3 été")]),
        ({"From": "whatsapp:+33612345678"}, [Text("SM1", None, "1 3 été")]),
        ({"Body": "Unsubscribe", "OptOutType": "STOP"}, [Text("SM1", PHONE, "Unsubscribe", opted_out=True)]),
        ({"Body": "START", "OptOutType": "START"}, [Text("SM1", PHONE, "START")]),
        ({"MessageSid": ""}, []),
    ],
)
def test_a_message_is_what_twilio_says(fields: dict[str, str], texts: list[Text]) -> None:
    assert list(Twilio(CHANNEL).sms(posted(SMS | fields))) == texts


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        ("queued", "", ""),
        ("sent", "", ""),
        ("delivered", "", "delivered"),
        ("undelivered", "30003", "failed"),
        ("failed", "30008", "failed"),
        ("partially_delivered", "", ""),  # a word of next year
    ],
)
def test_a_report_is_what_twilio_says(status: str, code: str, state: Any) -> None:
    form = STATUS | {"MessageStatus": status} | ({"ErrorCode": code} if code else {})
    assert list(Twilio(CHANNEL).delivery(posted(form, "status"))) == [Delivery("SM2", state, status=status, why=code)]


PUBLIC = "https://here.example/twilio/token/sms"


@pytest.mark.parametrize(
    ("known_as", "headers", "url", "is_genuine"),
    [
        ("https://here.example", {}, PUBLIC, True),
        ("https://here.example/", {}, PUBLIC, True),
        ("", {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "here.example"}, PUBLIC, True),
        ("", {}, "http://inside:8000/twilio/token/sms", True),
        ("", {}, PUBLIC, False),  # we are not there, for all we know
        ("https://here.example", {}, "https://here.example/twilio/token/status", False),
    ],
)
def test_a_callback_is_signed_over_the_address_that_twilio_called(
    known_as: str, headers: dict[str, str], url: str, is_genuine: bool
) -> None:
    request = posted(SMS, X_Twilio_Signature=signature(url, SMS), **headers)
    assert Twilio(replace(CHANNEL, public_url=known_as)).is_genuine(request) == is_genuine


@pytest.mark.parametrize(
    "signed",
    ["", "no signature", signature(PUBLIC, SMS | {"Body": "1"}), signature(PUBLIC, SMS, "another account's")],
    ids=["none", "not one", "of other words", "by somebody else"],
)
def test_a_callback_with_a_wrong_signature_is_not_twilio_s(signed: str) -> None:
    assert not Twilio(CHANNEL).is_genuine(posted(SMS, X_Twilio_Signature=signed))


def test_a_stop_that_twilio_answered_stops_here_and_says_nothing(runtime: Runtime, drain: Any) -> None:
    runtime.settings = replace(runtime.settings, channels=(CHANNEL,))
    form = SMS | {"Body": "Unsubscribe", "OptOutType": "STOP"}
    with servers.gateway(runtime) as url:
        statuses = []
        for signed in (signature(PUBLIC, form), "wrong"):
            answer = requests.post(f"{url}/twilio/token/sms", data=form, headers={"X-Twilio-Signature": signed}, timeout=10)
            statuses.append((answer.status_code, answer.headers["Content-Type"], answer.text[-11:]))
    assert statuses == [(200, "application/xml", "<Response/>"), (403, "text/plain; charset=utf-8", "ot allowed\n")]
    drain()
    with reading(runtime.engine) as session:
        assert session.execute(select(OptOut.said, OptOut.stopped)).all() == [("(carrier)", True)]


CREATED = {"sid": "SM3", "status": "queued", "price": None, "price_unit": "USD", "num_segments": "1", "error_code": None}
ANSWERS = [
    (201, CREATED, ("sent", "SM3", "", "")),
    (201, CREATED | {"price": "-0.0075"}, ("sent", "SM3", "USD -0.0075", "")),
    (
        400,
        {"code": 21610, "message": "Attempt to send to unsubscribed recipient"},
        ("failed", "", "", "error 21610: stopped at Twilio"),
    ),
    (400, {"code": 21211, "message": "Invalid 'To' Phone Number"}, ("failed", "", "", "error 21211")),
    (429, {"code": 20429, "message": "Too Many Requests"}, ("later", "", "", "error 20429")),
    (429, {"code": 21611, "message": "exceeded the maximum number of queued messages"}, ("later", "", "", "error 21611")),
    (401, {"code": 20003, "message": "Authenticate"}, ("later", "", "", "error 20003")),
    (503, {"code": 20503}, ("later", "", "", "error 20503")),
    (500, {"code": 20500}, ("unknown", "", "", "error 20500")),
    (502, "<html>", ("unknown", "", "", "HTTP 502")),
    (200, "<html>", ("unknown", "", "", "the provider's answer cannot be read")),
    (201, [], ("unknown", "", "", "the provider's answer cannot be read")),
]


@pytest.mark.parametrize(("status", "said", "outcome"), ANSWERS)
def test_what_the_api_answers_is_understood(aggregator: Aggregator, status: int, said: Any, outcome: tuple[str, ...]) -> None:
    aggregator.answers(status, said.encode() if isinstance(said, str) else msgspec.json.encode(said))
    sent = Twilio(aggregator.known_to(CHANNEL)).send(PHONE, "Bonjour", "r1")
    assert (sent.state, sent.provider_id, sent.cost, sent.why) == outcome


@pytest.mark.parametrize(("sender", "field"), [("", "From"), ("EMDK", "From"), ("MG0123", "MessagingServiceSid")])
def test_a_message_names_its_sender_and_where_to_report(aggregator: Aggregator, sender: str, field: str) -> None:
    aggregator.answers(201, msgspec.json.encode(CREATED))
    Twilio(aggregator.known_to(replace(CHANNEL, sender_id=sender))).send(PHONE, "Où? 5 & 6", "r1")
    ((method, target, headers, body),) = aggregator.asked
    assert (method, target) == ("POST", "/2010-04-01/Accounts/AC0123/Messages.json")
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"AC0123:the token of the account"
    assert parse_qs(body.decode()) == {
        "To": [PHONE],
        "Body": ["Où? 5 & 6"],
        field: [sender or "+33757000000"],
        "StatusCallback": ["https://here.example/twilio/token/status"],
    }
