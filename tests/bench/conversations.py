"""What the phones of the benchmark say: whole conversations of the demo poll, by USSD or by SMS, each of a number never seen.

The script is played through the engine once: what it expects of a reply, and of the lanes, is the engine's own word.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from msgspec.structs import replace

from flows import texting, xlsform
from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.engine import Step, advance
from flows.events import Consented
from flows.poll import Poll
from flows.scene import Turn
from tests.bench.load import Request

DEMO = Path(__file__).parents[2] / "flows" / "polls" / "demo.xlsx"
KEYS = ("1", "1", "1 3", "4", "1", "1")
"""Agrees, then answers five questions, two of them of the profile: seven turns, dialling among them."""
CALLED = (*KEYS, "0")
"""The same by USSD, where we ask at the end whether messages may come: an eighth turn."""

_HEAD = (
    "POST /africastalking/demo/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: {}\r\n\r\n"
)


class Hop(NamedTuple):
    """One turn of the script: the cumulative text, and what the engine makes of it."""

    text: str
    step: Step

    @property
    def word(self) -> str:
        return "CON" if self.step.page.expects else "END"


def demo_poll() -> Poll:
    """The demonstration's poll, as it is when published first."""
    poll = xlsform.read(DEMO).poll
    assert poll is not None
    return replace(poll, version="1")


def demo_catalogue() -> Catalogue:
    poll = demo_poll()
    return Catalogue("1", (poll,), (poll,))


def played(catalogue: Catalogue, keys: tuple[str, ...] = CALLED, now: float = 1.78e9, seed: int = 1) -> list[Hop]:
    """The conversation of somebody never heard of who dials and then types `keys`."""
    dialog: Dialog | None = None
    person = Person()
    hops: list[Hop] = []
    for typed in (None, *keys):
        step = advance(dialog, person, catalogue, Turn(typed, now, seed, country="ml", can_text=True))
        text = "" if typed is None else "*".join(keys[: len(hops)])
        hops.append(Hop(text, step))
        dialog, person = step.dialog, step.person
    return hops


class Message(NamedTuple):
    """One SMS of the script, and how many events it leaves in the lanes, our reply among them."""

    text: str
    events: int


def texted(catalogue: Catalogue, now: float = 1.78e9, seed: int = 1) -> list[Message]:
    """The same conversation by SMS, one answer a message. A consent is also a yes to messages; each reply is an event."""
    dialog: Dialog | None = None
    person = Person()
    messages: list[Message] = []
    for text in (catalogue.open[0].keyword, *KEYS):
        answer = texting.answer(dialog, person, catalogue, Turn(text, now, seed, country="ml", page_septets=459, by_sms=True))
        agreed = sum(isinstance(event, Consented) for event in answer.events)
        messages.append(Message(text, len(answer.events) + agreed + (answer.reply is not None)))
        dialog, person = answer.dialog, answer.person
    return messages


def phones(script: list[Hop] | list[Message], first: int) -> Iterator[Request]:
    """Endless conversations after the script, numbers and sessions counted up from `first`: no two are ever the same."""
    templates = [_hop(one) if isinstance(one, Hop) else _message(one, n) for n, one in enumerate(script)]
    for number in itertools.count(first):
        for template, opens, events in templates:
            yield Request(template % (number, number), opens, events)


def _hop(hop: Hop) -> tuple[bytes, bytes, int]:
    """The request with places for two numbers of eight digits; its length is always the same."""
    form = {"networkCode": "61002", "serviceCode": "*384*36#", "text": hop.text}
    body = "sessionId=ATUid_0123456789abcdef%016d&phoneNumber=%%2B223%08d&" + urlencode(form).replace("%", "%%")
    return _post("ussd", body), f"{hop.word} ".encode(), len(hop.step.events)


def _message(message: Message, place: int) -> tuple[bytes, bytes, int]:
    form = {"date": "2026-11-24 10:00:00", "linkId": "", "text": message.text, "to": "36036", "networkCode": "61002"}
    body = f"id={place}-%016d&from=%%2B223%08d&" + urlencode(form).replace("%", "%%")
    return _post("sms", body), b"ok", message.events


def _post(path: str, body: str) -> bytes:
    return (_HEAD.format(path, len(body % (0, 0))) + body).encode()
