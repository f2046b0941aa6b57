"""How an aggregator speaks HTTP, as palabre.toml describes it: four tables below a channel of provider `http`.

A field is named by its path (`results.0.status.name`); a status may end in `*`. What does not hold is refused at the start.
"""

from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct, field

from workers.channels import templates
from workers.channels.documents import Format

OUT = frozenset({"to", "msisdn", "from", "text", "reference", "coding", "username", "api_key", "basic"})
"""What a message's templates may ask for beside the channel's secrets: `msisdn` is the number without its `+`."""

REPLY = frozenset({"text", "session", "word", "phone", "msisdn", "now"})
"""What a USSD reply may ask for; `now` is XML-RPC's `20261130T09:15:00`, UTC."""


class Ussd(Struct, frozen=True, forbid_unknown_fields=True):
    """`[channels.ussd]`: which fields hold what, how a hop tells what it is, and the reply.

    `cumulative`: the input is all that was typed in the session; else what was typed now. `with_code`: it begins with what was
    dialled. `hop`: the provider's number or id of the hop, by which one that comes twice is known.
    """

    session: str
    phone: str
    input: str
    cumulative: bool
    format: Format = "form"
    service_code: str = ""
    with_code: bool = False
    type: str = ""
    begin: tuple[str, ...] = ()
    abort: tuple[str, ...] = ()
    hop: str = ""
    reply: str = "{word} {text}"
    goes_on: str = field(name="continue", default="CON")
    ends: str = field(name="end", default="END")
    content_type: str = "text/plain; charset=utf-8"

    def __post_init__(self) -> None:
        templates.check(self.reply, REPLY, "reply")
        if "{text}" not in self.reply or "{word}" not in self.reply:
            raise ValueError("reply shows {text}, and by {word} whether the session goes on")
        if (self.begin or self.abort) and not self.type:
            raise ValueError("begin and abort are values of the field that type names")


class Inbound(Struct, frozen=True, forbid_unknown_fields=True):
    """`[channels.inbound]`: an SMS that comes in. `list`: where several come in one callback. `utc`: its dates are UTC."""

    sender: str = field(name="from")
    text: str
    format: Format = "form"
    list: str = ""
    id: str = ""
    to: str = ""
    date: str = ""
    utc: bool = False
    part_ref: str = ""
    part_number: str = ""
    part_total: str = ""

    def __post_init__(self) -> None:
        parts = (self.part_ref, self.part_number, self.part_total)
        if any(parts) and not all(parts):
            raise ValueError("part_ref, part_number and part_total are set together")


class Outbound(Struct, frozen=True, forbid_unknown_fields=True):
    """`[channels.outbound]`: an SMS that goes out, and what is read of the answer.

    `not_taken`: HTTP statuses that say that nothing was taken and that it may be tried again. `state`: the field that tells;
    one of `sent` is taken, one of `later` is not yet, any other is refused. `gsm`, `ucs2`: what {coding} stands for.
    """

    url: str
    method: Literal["GET", "POST"] = "POST"
    content_type: str = "application/x-www-form-urlencoded"
    headers: dict[str, str] = {}
    body: str = ""
    gsm: str = "text"
    ucs2: str = "unicode"
    not_taken: tuple[int, ...] = (429,)
    answer: Format = "json"
    state: str = ""
    sent: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    id: str = ""
    cost: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError("url begins with https:// or http://")
        if bool(self.state) != bool(self.sent):
            raise ValueError("state names a field, and sent its values that say that the message was taken")


class Reports(Struct, frozen=True, forbid_unknown_fields=True):
    """`[channels.reports]`: what became of a message, known by the provider's `id` or by our `reference`."""

    status: str
    delivered: tuple[str, ...]
    failed: tuple[str, ...]
    format: Format = "form"
    list: str = ""
    id: str = ""
    reference: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        if not self.id and not self.reference:
            raise ValueError("reports name the field of an id or of our reference")


def check_outbound(outbound: Outbound, secrets: dict[str, str]) -> None:
    """Refuses templates that ask for what there is not.

    Raises:
        ValueError: in one line.
    """
    names = OUT | secrets.keys()
    for where, template in {"url": outbound.url, "body": outbound.body, **outbound.headers}.items():
        templates.check(template, names, where)
