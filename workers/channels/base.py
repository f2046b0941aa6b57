"""What all providers have in common: the channel's settings, and one shape for what comes in."""

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import ClassVar, Literal

from msgspec import Struct

from flows.gsm import fold, septets
from flows.screen import MIN_PAGE_SEPTETS, Page
from workers.channels import dialect
from workers.channels.request import Request, is_from

MAX_PAGE_SEPTETS = 182
"""160 octets of a USSD page hold 182 GSM-7 septets (facts/phones.md)."""

MAX_COST_SEPTETS = 140
"""With the help before it, two parts of an SMS."""


MAX_ID, MAX_WORD = 200, 40
"""Of a provider's id, and of its words, no more is kept."""

MAX_TEXT = 16 * 1024
"""Of one SMS no more is read: it is a hundred parts."""


SAME_WORDS_SECONDS = 30
"""The same words of a phone within this, and at most twice this, are one message where nothing else tells them apart."""


class Channel(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[channels]]` of palabre.toml (contract, "Settings")."""

    name: str
    provider: str
    token: str | tuple[str, ...]
    service_codes: tuple[str, ...] = ()
    short_code: str = ""
    page_septets: int = 160
    zero_rated: bool = False
    cost_line: str = ""
    rate: int = 10
    daily_parts: int = 0
    part_cost: str = ""
    username: str = ""
    password: str = ""
    api_key: str = ""
    account_sid: str = ""
    auth_token: str = ""
    sender_id: str = ""
    base_url: str = ""
    public_url: str = ""
    allow_from: tuple[str, ...] = ()
    sender_address: str = ""
    secrets: dict[str, str] = {}
    ussd: dialect.Ussd | None = None
    inbound: dialect.Inbound | None = None
    outbound: dialect.Outbound | None = None
    reports: dialect.Reports | None = None

    def __post_init__(self) -> None:
        if not MIN_PAGE_SEPTETS <= self.page_septets <= MAX_PAGE_SEPTETS:
            raise ValueError(f"page_septets is between {MIN_PAGE_SEPTETS} and {MAX_PAGE_SEPTETS}")
        if self.rate < 1 or self.daily_parts < 0:
            raise ValueError("rate is 1 or more, daily_parts 0 or more")
        if septets(fold(self.cost_line)) > MAX_COST_SEPTETS:
            raise ValueError(f"cost_line has at most {MAX_COST_SEPTETS} septets")
        price(self.part_cost)
        for network in self.allow_from:
            ipaddress.ip_network(network, strict=False)  # a ValueError of one line
        if self.outbound:
            dialect.check_outbound(self.outbound, self.secrets)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The secret parts of its webhook addresses that are valid now: two while rotating."""
        return (self.token,) if isinstance(self.token, str) else self.token

    @property
    def can_text(self) -> bool:
        """Whether a message of ours has somewhere to come from."""
        return bool(self.short_code or self.sender_id)

    def codes_to(self, dial: str) -> tuple[str, ...]:
        """What is dialled to come to a poll with these `dial` digits; the service codes themselves where it has none."""
        return tuple(f"{code.rstrip('#')}*{dial}#" if dial else code for code in self.service_codes)


def price(part_cost: str) -> tuple[Decimal, str]:
    """What one part of an SMS costs, and in what: `25 FCFA`, `0,05 EUR`; nought of nothing where it is not said.

    Raises:
        ValueError: where it begins with no number.
    """
    found = re.fullmatch(r"\s*([0-9]+(?:[.,][0-9]+)?)\s*([^0-9].*)?", part_cost)
    if part_cost and not found:
        raise ValueError("part_cost is a number and a currency, such as '25 FCFA'")
    return (Decimal(found[1].replace(",", ".")), (found[2] or "").strip()) if found else (Decimal(0), "")


class Inbound(Struct, frozen=True):
    """One hop of a USSD session, as its provider told it, its quirks not yet undone.

    `phone` is E.164; `text` the raw cumulative text; `service_code` what was dialled. Where the hop `is_step`, `text` is only
    what was typed now (for the first one, what followed the code), `begins` says whether it is the first (None: it is not
    told), and `hop` is the provider's number or id of it, where it gives one.
    """

    session: str
    phone: str
    text: str
    service_code: str
    is_step: bool = False
    begins: bool | None = None
    hop: str = ""


class Typed(Struct, frozen=True):
    """What one hop brought. `text` is what was newly typed; for a new session what followed the code.

    repeat: the network repeats itself. stale: an older hop comes late. odd: it fits nothing. All three change nothing.
    """

    kind: Literal["new", "step", "repeat", "stale", "odd"]
    text: str = ""


class Text(Struct, frozen=True):
    """One SMS, as its provider told it. `phone` is None for a sender that is no number, such as a name.

    `id` is what it is known by, empty where the provider gives none; `sent_at` when it was written, in seconds since 1970,
    where the provider says so with a zone. `opted_out`: the carrier took it for a STOP, and has answered it. `part` is
    (reference, number from 1, total) where it is one part of a longer one.
    """

    id: str
    phone: str | None
    text: str
    sent_at: float | None = None
    part: tuple[str, int, int] | None = None
    opted_out: bool = False


class Delivery(Struct, frozen=True):
    """What became of a message that we sent: `delivered` or `failed`; empty while it is on its way, or where nobody can say.

    It is known by the provider's id, or by our `reference` where the provider gives that back; `status` is the provider's word.
    `phone`, E.164, is where it went, for providers whose id we never learn after a time-out.
    """

    provider_id: str
    state: Literal["delivered", "failed", ""]
    reference: str = ""
    status: str = ""
    why: str = ""
    phone: str | None = None


class Ended(Struct, frozen=True):
    """A USSD session ended, as its provider tells it: `status` is its word."""

    session: str
    status: str


class Sent(Struct, frozen=True):
    """What the provider said to a message of ours. `later`: it may pass at another time; `unknown`: no answer came.

    `unreachable`: the number itself is at fault, and the next message will not reach it either.
    """

    state: Literal["sent", "failed", "later", "unknown"]
    provider_id: str = ""
    cost: str = ""
    why: str = ""
    unreachable: bool = False


Kind = Literal["ussd", "sms", "delivery", "opt_out", "session_end"]
"""What an address of ours is called for."""


class Provider:
    """What a provider's file offers; here, what most of them do. One that has no USSD, say, leaves that as it is here."""

    name: ClassVar[str]
    paths: ClassVar[Mapping[str, Kind]]
    """The last part of each of its addresses, and what it is called for."""
    methods: ClassVar[tuple[str, ...]] = ("POST",)
    most_octets: ClassVar[int] = 16 * 1024
    """Of the body of any callback but USSD's; what is longer is cut."""
    media: str = "text/plain; charset=utf-8"
    """The type of what answers a USSD callback."""
    taken: ClassVar[tuple[str, str]] = ("text/plain; charset=utf-8", "ok\n")
    """(type, body) of what answers any other callback."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Keys of palabre.toml without which it neither sends nor hears what became of it."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def is_genuine(self, request: Request) -> bool:
        """Whether a callback comes from the provider, as far as that can be known."""
        return is_from(request.sender, self.channel.allow_from)

    def ussd(self, request: Request) -> Inbound | Ended | None:
        """The hop in a USSD callback, or that the session ended; None where it names no session or no number."""
        return None

    def ussd_reply(self, page: Page, session: str = "") -> str:
        """The body that shows `page` on the phone."""
        raise NotImplementedError

    def addressed(self, reply: str, inbound: Inbound) -> str:
        """A reply as it leaves, with whatever of the hop the provider wants back."""
        return reply

    def sms(self, request: Request) -> Sequence[Text]:
        """The SMS in a callback."""
        return ()

    def delivery(self, request: Request) -> Sequence[Delivery]:
        """The reports in a callback."""
        return ()

    def opt_out(self, request: Request) -> str | None:
        """The number that the carrier says wants no more messages."""
        return None

    def session_end(self, request: Request) -> Ended | None:
        """The end of a USSD session."""
        return None

    def send(self, phone: str, text: str, reference: str) -> Sent:
        """Sends one message, known to us by `reference`. Never raises: what went wrong is in what it returns."""
        raise NotImplementedError


def is_one_of(word: str, known: Iterable[str]) -> bool:
    """Whether a provider's word is one of those that are known, in any case; one of these may end in `*`."""
    return any(fnmatchcase(word.strip().lower(), one.lower()) for one in known)


def settled(status: str, delivered: Iterable[str], failed: Iterable[str]) -> Literal["delivered", "failed", ""]:
    """What a provider's status says of a message; empty where it settles nothing."""
    return "delivered" if is_one_of(status, delivered) else "failed" if is_one_of(status, failed) else ""


def all_typed(prev: str | None, hop: str, inbound: Inbound) -> str:
    """The cumulative text of a hop that is a step: what it adds to `prev`, or `prev` itself where it is known to be a repeat.

    A session that is lost goes on from its beginning: what was typed in it is then no code that was dialled. Without a `hop`
    nothing tells the same key twice from one that the network repeats.
    """
    if prev is None:
        return "" if inbound.begins is False else inbound.text
    is_older = hop.isdecimal() and inbound.hop.isdecimal() and int(inbound.hop) <= int(hop)
    if inbound.begins or is_older or (hop and inbound.hop == hop):
        return prev
    return f"{prev}*{inbound.text}" if prev else inbound.text


def newly_typed(prev: str | None, text: str) -> Typed:
    """What `text`, all that was typed in a session joined by `*`, adds to `prev`, the raw text of the last accepted hop.

    Splitting on `*` and taking the last part would lose free text such as `5*6 km` (facts/africastalking.md).
    `prev` is None where the session is unknown.
    """
    if prev is None:
        return Typed("new", text)
    if text == prev:
        return Typed("repeat")
    if not prev:
        return Typed("step", text)
    if text.startswith(prev + "*"):
        return Typed("step", text[len(prev) + 1 :])
    if prev.startswith(text):
        return Typed("stale")
    return Typed("odd")


def known_by(text: Text, now: float) -> tuple[str, ...]:
    """What an SMS is known by: the provider's id; else its words at its own moment; else its words within half a minute or so.

    Such a window is as short as a provider's second try lets it be: `1` twice may well be two answers.
    """
    if text.id:
        return (text.id,)
    if text.sent_at is not None:
        return (f"at {text.sent_at} {text.text}",)
    window = int(now // SAME_WORDS_SECONDS)
    return (f"in {window} {text.text}", f"in {window - 1} {text.text}")
