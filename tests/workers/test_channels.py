"""Aggregators as docs/channels.md describes them, and Orange: recorded requests in and out, and what is made of each."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from defusedxml import ElementTree
from msgspec.structs import replace

from flows.screen import Page
from tests.channels import Side, documented, get, post, side
from workers.channels import calling, moments, provider
from workers.channels.base import Channel, Delivery, Ended, Inbound, Provider, Sent, Text
from workers.channels.documents import UnreadableError
from workers.settings import Settings

MALI, FRANCE = "+22370000001", "+33612345678"
ODD = 'a "b" \\ <c> & {text} é\n2'


def xml_rpc(response: str, typed: str) -> str:
    """As `mwclemy/Reporting` sends it."""
    members = {"TransactionId": "00001", "MSISDN": "22370000001", "USSDServiceCode": "384", "USSDRequestString": typed}
    members |= {"response": response, "USSDEncoding": "GSM0338", "TransactionTime": "20060723T14:08:55"}
    inside = "".join(f"<member><name>{n}</name><value><string>{v}</string></value></member>" for n, v in members.items())
    struct = f"<param><value><struct>{inside}</struct></value></param>"
    return f'<?xml version="1.0"?><methodCall><methodName>handleUSSDRequest</methodName><params>{struct}</params></methodCall>'


def hubtel(**fields: str) -> str:
    said = {"Sequence": "1", "Type": "initiation", "Message": "*384*36#", "ServiceCode": "384*36", "Operator": "mtn"}
    return json.dumps(said | {"ClientState": "", "Mobile": "22370000001", "SessionId": "8d44"} | fields)


STEP = Inbound("8d44", MALI, "", "384*36", is_step=True, begins=False, hop="2")
HOPS = [
    # channel, request, what is made of it
    ("crossgate", get("network_code=2541&msisdn=22370000001&service_code=384*36&session_id=70381&ussd_string=1*2"),
     Inbound("70381", MALI, "1*2", "384*36")),
    ("crossgate", get("msisdn=22370000001&ussd_string="), None),  # no session
    ("hubtel", post(hubtel()), replace(STEP, begins=True, hop="1")),
    ("hubtel", post(hubtel(Message="384*36*2*1")), replace(STEP, text="2*1", begins=True, hop="1")),  # dialled through
    ("hubtel", post(hubtel(Message="*999#")), replace(STEP, begins=True, hop="1")),  # a code that is not ours
    ("hubtel", post(hubtel(Type="Response", Message="5*6 km", Sequence="2")), replace(STEP, text="5*6 km")),
    ("hubtel", post(hubtel(Type="Release")), Ended("8d44", "incomplete")),
    ("hubtel", post(hubtel(Mobile="EMDK")), None),
    ("hubtel", post(hubtel()[:-9]), None),  # JSON that is cut
    ("hubtel", post("[" * 100_000), None),
    ("operator", post(xml_rpc("false", "384*36#")), Inbound("00001", MALI, "", "384", is_step=True, begins=True)),
    ("operator", post(xml_rpc("true", "&lt;1&gt;")), Inbound("00001", MALI, "<1>", "384", is_step=True, begins=False)),
    ("operator", post('<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><x>&b;</x>'), None),  # an attack
    ("operator", post("<html>"), None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "request_", "made"), HOPS)
def test_a_ussd_request_is_read_as_its_table_says(name: str, request_: Any, made: Any) -> None:
    assert provider(documented(name)).ussd(request_) == made


@pytest.mark.parametrize(("expects", "word"), [(True, "response"), (False, "release")])
def test_a_page_stays_what_it_is_in_json(expects: bool, word: str) -> None:
    reply = json.loads(provider(documented("hubtel")).ussd_reply(Page(ODD, expects), 's"1'))
    assert (reply["Message"], reply["Type"], reply["SessionId"]) == (ODD, word, 's"1')


def test_a_page_stays_what_it_is_in_xml() -> None:
    reply = provider(documented("operator")).ussd_reply(Page(ODD, expects=False), "<1>\x00")
    found = ElementTree.fromstring(reply).iter("member")
    members = {one.findtext("name"): "".join(one.find("value").itertext()) for one in found}
    assert (members["USSDResponseString"], members["action"], members["TransactionId"]) == (ODD, "end", "<1>\ufffd")


def test_a_reply_that_wants_the_number_back_is_kept_without_it() -> None:
    channel = documented("hubtel")
    assert channel.ussd
    told = replace(channel, ussd=replace(channel.ussd, reply='{"m": "{msisdn}", "p": "{phone}", "t": "{text}", "c": {word}}'))
    nalo = provider(replace(told, ussd=replace(told.ussd, goes_on="true")))
    kept = nalo.ussd_reply(Page("oui", expects=True))
    assert "2237" not in kept
    assert json.loads(nalo.addressed(kept, STEP)) == {"m": MALI[1:], "p": MALI, "t": "oui", "c": True}


AT = datetime(2020, 1, 1, 12, tzinfo=UTC).timestamp()
VONAGE = {
    "msisdn": "33612345678",
    "to": "33757000000",
    "messageId": "0B",
    "text": "RETOUR",
    "type": "text",
    "message-timestamp": "2020-01-01 12:00:00",
}
INFOBIP = {
    "messageId": "81",
    "from": "33612345678",
    "to": "36036",
    "text": "RETOUR",
    "cleanText": "",
    "receivedAt": "2020-01-01T12:00:00.000+0000",
    "smsCount": 1,
}
ORANGE = {
    "dateTime": "2020-01-01T12:00:00Z",
    "destinationAddress": "tel:+2230000",
    "messageId": None,
    "message": "RETOUR",
    "senderAddress": "tel:+33612345678",
}
PART = {"concat": "true", "concat-ref": "171", "concat-total": "2", "concat-part": "1"}
TEXTS = [
    ("vonage", json.dumps(VONAGE), [Text("0B", FRANCE, "RETOUR", AT)]),
    ("vonage", json.dumps(VONAGE | PART), [Text("0B", FRANCE, "RETOUR", AT, ("33757000000 171", 1, 2))]),
    ("vonage", json.dumps(VONAGE | PART | {"concat-part": "3"}), [Text("0B", FRANCE, "RETOUR", AT)]),  # part 3 of 2
    ("infobip", json.dumps({"results": [INFOBIP, INFOBIP | {"messageId": 82, "from": "ORANGE", "text": ""}], "messageCount": 2}),
     [Text("81", FRANCE, "RETOUR", AT), Text("82", None, "", AT)]),
    ("infobip", '{"results": []}', []),
    ("orange", json.dumps({"inboundSMSMessageNotification": {"callbackData": "x", "inboundSMSMessage": ORANGE}}), [Text("", FRANCE, "RETOUR", AT)]),
    ("orange", '{"requestError": {}}', []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "made"), TEXTS)
def test_an_sms_is_read_as_its_table_says(name: str, body: str, made: list[Text]) -> None:
    assert list(provider(documented(name)).sms(post(body))) == made


@pytest.mark.parametrize("name", ["vonage", "infobip", "orange"])
@pytest.mark.parametrize("body", ["", "<html>502</html>", "null", "7", '{"a":', b"\xff\xfe", '{"results": [7, null, [], "x"]}'])
def test_what_is_no_message_is_none(name: str, body: str | bytes) -> None:
    made = provider(documented(name))
    for read in (made.sms, made.delivery):
        try:
            assert list(read(post(body))) == []
        except UnreadableError:
            continue


def receipt(status: str) -> str:
    return json.dumps(
        {
            "deliveryInfoNotification": {
                "callbackData": "r1",
                "deliveryInfo": {"address": f"tel:{MALI}", "deliveryStatus": status},
            }
        }
    )


REPORTS = [
    ("vonage", '{"messageId": "0C", "status": "delivered", "err-code": "0", "client-ref": "r1"}', Delivery("0C", "delivered", "r1", "delivered", "0")),
    ("vonage", '{"messageId": "0C", "status": "buffered"}', Delivery("0C", "", "", "buffered")),
    ("infobip", '{"results": [{"messageId": "m", "callbackData": "r1", "status": {"name": "DELIVERED_TO_HANDSET"}, "error": {"name": "NO_ERROR"}}]}',
     Delivery("m", "delivered", "r1", "DELIVERED_TO_HANDSET", "NO_ERROR")),
    ("infobip", '{"results": [{"messageId": "m", "status": {"name": "DELIVERED_TO_OPERATOR"}}]}', Delivery("m", "", "", "DELIVERED_TO_OPERATOR")),
    ("infobip", '{"results": [{"messageId": "m", "status": {"name": "UNDELIVERABLE_NOT_DELIVERED"}}]}', Delivery("m", "failed", "", "UNDELIVERABLE_NOT_DELIVERED")),
    ("orange", receipt("DeliveredToTerminal"), Delivery("r1", "delivered", "r1", "DeliveredToTerminal")),
    ("orange", receipt("DeliveryUncertain"), Delivery("r1", "", "r1", "DeliveryUncertain")),
    ("orange", receipt("DeliveryImpossible"), Delivery("r1", "failed", "r1", "DeliveryImpossible")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "made"), REPORTS)
def test_a_report_is_read_as_its_table_says(name: str, body: str, made: Delivery) -> None:
    assert list(provider(documented(name)).delivery(post(body))) == [made]


@pytest.fixture(scope="module")
def _server() -> Iterator[Side]:
    with side() as made:
        yield made


@pytest.fixture
def there(_server: Side) -> Side:
    """The provider's side, with nothing asked yet."""
    _server.asked.clear()
    _server.answers.clear()
    return _server


TOKEN = (200, '{"token_type": "Bearer", "access_token": "tok", "expires_in": "3600"}')
TAKEN = {
    "africastalking": (
        201,
        json.dumps({"SMSMessageData": {"Recipients": [{"number": MALI, "statusCode": 101, "messageId": "m1"}]}}),
    ),
    "vonage": (
        200,
        '{"message-count": "1", "messages": [{"to": "223", "message-id": "m1", "status": "0", "message-price": "0.0333"}]}',
    ),
    "infobip": (
        200,
        '{"messages": [{"to": "223", "status": {"groupId": 1, "groupName": "PENDING", "name": "PENDING_ENROUTE"}, "messageId": "m1"}]}',
    ),
    "orange": (
        201,
        '{"outboundSMSMessageRequest": {"resourceURL": "https://api.orange.com/smsmessaging/v1/outbound/tel:+2230000/requests/m1"}}',
    ),
}
"""What each provider answers to a message that it takes."""


def sender(name: str, there: Side) -> Provider:
    """The provider as it calls `there`; Orange's token is asked for first."""
    there.answers[:0] = [TOKEN] if name == "orange" else []
    if name == "africastalking":
        return provider(Channel(name=name, provider=name, token="t", username="u", base_url=there.url))
    return provider(documented(name, there.url))


@pytest.mark.parametrize("name", TAKEN)
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("its own", "sent"),
        ("cut", "unknown"),  # the line broke once the request was out
        ((200, "<html>Welcome</html>"), "unknown"),
        ((200, ""), "unknown"),
        ((200, "{}"), "failed"),  # a success that names no recipient
    ],
)
def test_no_answer_is_taken_for_more_than_it_says(name: str, answer: Any, state: str, there: Side) -> None:
    there.answers = [TAKEN[name] if answer == "its own" else answer]
    sent = sender(name, there).send(MALI, "Bonjour", "r1")
    assert sent.state == state
    assert state != "sent" or sent.provider_id == "m1"


@pytest.mark.parametrize("name", ["vonage", "infobip", "orange"])
@pytest.mark.parametrize(
    ("status", "state"), [(429, "later"), (403, "later"), (400, "failed"), (500, "unknown"), (302, "unknown"), (408, "unknown")]
)
def test_a_status_says_whether_the_message_was_taken(name: str, status: int, state: str, there: Side) -> None:
    there.answers = [(status, "{}")]
    assert sender(name, there).send(MALI, "Bonjour", "r1").state == state


@pytest.mark.parametrize("name", TAKEN)
def test_a_provider_that_is_not_there_took_nothing(name: str) -> None:
    nowhere = Side("http://127.0.0.1:9")
    assert sender(name, nowhere).send(MALI, "Bonjour", "r1").state == "later"


@pytest.mark.parametrize("name", ["vonage", "orange"])
def test_a_provider_that_hangs_may_have_taken_it(name: str, there: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "TIMEOUT", (1, 0.2))
    there.answers = ["hang"]
    assert sender(name, there).send(MALI, "Bonjour", "r1") == Sent("unknown", why="ReadTimeout")


@pytest.mark.parametrize(("status", "state"), [("1", "later"), ("9", "failed")])
def test_a_refusal_in_an_answer_is_told_from_one_that_passes(status: str, state: str, there: Side) -> None:
    there.answers = [(200, json.dumps({"messages": [{"status": status, "error-text": "Throttled"}]}))]
    assert sender("vonage", there).send(MALI, "x", "r1") == Sent(state, why=f"{status} Throttled")  # type: ignore[arg-type]


def test_what_was_typed_stays_one_field_of_the_form(there: Side) -> None:
    there.answers = [TAKEN["vonage"]]
    sent = sender("vonage", there).send(MALI, "a&to=1 {api_key} ɛ", "r1")
    form = parse_qs(there.asked[0].body)
    assert sent == Sent("sent", "m1", "0.0333")
    assert (form["to"], form["text"], form["type"], form["client-ref"]) == (
        [MALI[1:]],
        ["a&to=1 {api_key} ɛ"],
        ["unicode"],
        ["r1"],
    )


def test_what_was_typed_stays_one_value_of_the_json(there: Side) -> None:
    there.answers = [TAKEN["infobip"]]
    sender("infobip", there).send(MALI, ODD, "r1")
    message = json.loads(there.asked[0].body)["messages"][0]
    assert (message["text"], message["callbackData"], there.asked[0].headers["Authorization"]) == (ODD, "r1", "App ...")


def test_oranges_token_is_kept_and_asked_for_again_once_where_it_is_refused(there: Side) -> None:
    orange = sender("orange", there)
    there.answers += [TAKEN["orange"], (401, "{}"), TOKEN, TAKEN["orange"], (401, "{}"), TOKEN, (401, "{}")]
    assert [orange.send(MALI, ODD, "r1").state for _ in range(3)] == ["sent", "sent", "later"]
    assert [one.path.rpartition("/")[2] for one in there.asked] == [
        "token",
        "requests",
        "requests",
        "token",
        "requests",
        "requests",
        "token",
        "requests",
    ]
    said = json.loads(there.asked[1].body)["outboundSMSMessageRequest"]
    assert there.asked[1].path == "/smsmessaging/v1/outbound/tel%3A%2B2230000/requests"
    assert said == {
        "address": f"tel:{MALI}", "senderAddress": "tel:+2230000", "senderName": "EMDK",
        "outboundSMSTextMessage": {"message": ODD}, "receiptRequest": {"callbackData": "r1"},
    }  # fmt: skip


def test_without_a_token_a_message_waits(there: Side) -> None:
    there.answers = [(500, "oops")]
    assert provider(documented("orange", there.url)).send(MALI, "x", "r1").state == "later"


@pytest.mark.parametrize(
    ("date", "is_utc", "moment"),
    [
        ("2020-01-01T12:00:00Z", False, AT),
        ("2020-01-01T12:00:00.000+0000", False, AT),
        ("2020-01-01T14:00:00.5+02:00", False, AT + 0.5),
        ("2020-01-01 12:00:00", False, None),  # no zone: an hour's error would make an answer late
        ("2020-01-01 12:00:00", True, AT),
        ("1577880000", False, AT),
        ("1577880000500", False, AT + 0.5),
        ("2020-13-01T12:00:00Z", False, None),
        ("hier", True, None),
        ("", True, None),
    ],
)
def test_a_date_is_a_moment_only_where_its_zone_is_known(date: str, is_utc: bool, moment: float | None) -> None:
    assert moments.seconds(date, is_utc) == moment


WRONG = [
    ('[channels.ussd]\nsession="a"\nphone="b"\ninput="c"\ncumulative=true\nreply="{word} {txt}"', "reply has no {txt}"),
    ('[channels.ussd]\nsession="a"\nphone="b"\ninput="c"\ncumulative=true\nreply="{text}"', "by {word}"),
    ('[channels.ussd]\nsession="a"\nphone="b"\ninput="c"\ncumulative=false\nbegin=["x"]', "the field that type names"),
    ('[channels.inbound]\nfrom="a"\ntext="b"\npart_ref="c"', "set together"),
    ('[channels.inbound]\nfrom="a"\ntext="b"\ntaxt="c"', "unknown field `taxt`"),
    ('[channels.outbound]\nurl="ftp://x"', "https://"),
    ('[channels.outbound]\nurl="https://x"\nstate="a"', "sent its values"),
    ('[channels.outbound]\nurl="https://x"\nbody="{key}"', "body has no {key}"),
    ('[channels.reports]\nstatus="a"\ndelivered=[]\nfailed=[]', "an id or of our reference"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "says"), WRONG)
def test_settings_that_cannot_work_are_refused_in_one_line(table: str, says: str) -> None:
    written = f'[[channels]]\nname="x"\nprovider="http"\ntoken="t"\n{table}'
    with pytest.raises(ValueError, match=r".") as refused:
        provider(msgspec.toml.decode(written, type=Settings).channels[0])
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
