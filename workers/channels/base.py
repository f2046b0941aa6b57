"""What all providers have in common: the channel's settings, and one shape for what comes in."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Protocol

from msgspec import Struct

from flows.gsm import fold, septets
from flows.screen import MIN_PAGE_SEPTETS, Page

MAX_PAGE_SEPTETS = 182
"""160 octets of a USSD page hold 182 GSM-7 septets (facts/phones.md)."""

MAX_COST_SEPTETS = 140
"""With the help before it, two parts of an SMS."""


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
    username: str = ""
    api_key: str = ""
    sender_id: str = ""
    base_url: str = ""

    def __post_init__(self) -> None:
        if not MIN_PAGE_SEPTETS <= self.page_septets <= MAX_PAGE_SEPTETS:
            raise ValueError(f"page_septets is between {MIN_PAGE_SEPTETS} and {MAX_PAGE_SEPTETS}")
        if septets(fold(self.cost_line)) > MAX_COST_SEPTETS:
            raise ValueError(f"cost_line has at most {MAX_COST_SEPTETS} septets")

    @property
    def tokens(self) -> tuple[str, ...]:
        """The secret parts of its webhook addresses that are valid now: two while rotating."""
        return (self.token,) if isinstance(self.token, str) else self.token

    def codes_to(self, dial: str) -> tuple[str, ...]:
        """What is dialled to come to a poll with these `dial` digits; the service codes themselves where it has none."""
        return tuple(f"{code.rstrip('#')}*{dial}#" if dial else code for code in self.service_codes)


class Inbound(Struct, frozen=True):
    """One hop of a USSD session, as its provider told it, its quirks not yet undone.

    `phone` is E.164; `text` the raw cumulative text; `service_code` what was dialled.
    """

    session: str
    phone: str
    text: str
    service_code: str


class Typed(Struct, frozen=True):
    """What one hop brought. `text` is what was newly typed; for a new session what followed the code.

    repeat: the network repeats itself. stale: an older hop comes late. odd: it fits nothing. All three change nothing.
    """

    kind: Literal["new", "step", "repeat", "stale", "odd"]
    text: str = ""


class Text(Struct, frozen=True):
    """One SMS, as its provider told it. `phone` is None for a sender that is no number, such as a name."""

    id: str
    phone: str | None
    text: str


class Delivery(Struct, frozen=True):
    """What became of a message that we sent: `delivered` or `failed`; None while it is on its way."""

    provider_id: str
    state: Literal["delivered", "failed"] | None


class Sent(Struct, frozen=True):
    """What the provider said to a message of ours. `later`: it may pass at another time; `unknown`: no answer came."""

    state: Literal["sent", "failed", "later", "unknown"]
    provider_id: str = ""
    cost: str = ""
    why: str = ""


class Provider(Protocol):
    """What a provider's file offers."""

    name: ClassVar[str]
    channel: Channel

    def __init__(self, channel: Channel) -> None: ...

    def ussd(self, form: Mapping[str, str]) -> Inbound | None:
        """The hop in a USSD callback; None where it names no session or no number."""

    def ussd_reply(self, page: Page) -> str:
        """The body that shows `page` on the phone."""

    def sms(self, form: Mapping[str, str]) -> Text | None:
        """The SMS in a callback; None where it has no id to know it by."""

    def delivery(self, form: Mapping[str, str]) -> Delivery | None:
        """The report in a callback; None where it names no message."""

    def send(self, phone: str, text: str) -> Sent:
        """Sends one message. Never raises: what went wrong is in what it returns."""


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
