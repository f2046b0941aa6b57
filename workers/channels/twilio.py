"""Twilio: SMS in and out, and what became of them. Everything that it sends is signed.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request, /docs/messaging/api/message-resource,
/docs/usage/security and /docs/api/errors.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from workers.channels.base import Delivery, Kind, Provider, Sent, Text
from workers.channels.calling import Answered, call, not_taken
from workers.channels.request import Request
from workers.privacy import e164

API = "https://api.twilio.com"
MAX_ID, MAX_WORD = 64, 40
DELIVERED, FAILED = {"delivered", "read"}, {"undelivered", "failed", "canceled"}
WORTH_A_LATER_TRY = {20003, 20005, 20429, 21611}
"""Errors that are ours or pass: who are you, suspended, too many calls, too many messages waiting."""
OPTED_OUT = 21610


class Twilio(Provider):
    """One number, sender name or messaging service (`sender_id = "MG..."`) of one account."""

    name: ClassVar[str] = "twilio"
    paths: ClassVar[Mapping[str, Kind]] = {"sms": "sms", "status": "delivery"}
    taken: ClassVar[tuple[str, str]] = ("application/xml", '<?xml version="1.0" encoding="UTF-8"?><Response/>')
    """TwiML that says nothing: what we answer goes through the outbox."""
    needs: ClassVar[tuple[str, ...]] = ("account_sid", "auth_token")

    def is_genuine(self, request: Request) -> bool:
        """Signed with our account's token, over the address that Twilio called and every field.

        Behind a proxy that address is the public one: `public_url`, else what the proxy says.
        """
        ours = self.channel.public_url
        url = f"{ours.rstrip('/')}{request.target}" if ours else request.url
        signed = RequestValidator(self.channel.auth_token).validate(url, request.form, request.header(SIGNATURE_HEADER))
        return bool(signed) and super().is_genuine(request)

    def sms(self, request: Request) -> Sequence[Text]:
        """POST, form-encoded: MessageSid, From, To, Body, OptOutType and more. There is no moment in it."""
        form = request.form
        if not 0 < len(form.get("MessageSid", "")) <= MAX_ID:
            return ()
        opted_out = form.get("OptOutType", "") == "STOP"
        return (Text(form["MessageSid"], e164(form.get("From", "")), form.get("Body", ""), opted_out=opted_out),)

    def delivery(self, request: Request) -> Sequence[Delivery]:
        """POST, form-encoded: MessageSid, MessageStatus, ErrorCode and more. Unknown statuses pass."""
        form = request.form
        if not 0 < len(form.get("MessageSid", "")) <= MAX_ID:
            return ()
        status, why = form.get("MessageStatus", "").strip().lower(), form.get("ErrorCode", "").strip()
        return (Delivery(form["MessageSid"], _settled(status), status=status[:MAX_WORD], why=why[:MAX_WORD]),)

    def send(self, phone: str, text: str, reference: str) -> Sent:
        """One message to one number; a plain POST, since the package's client loads hundreds of modules for it."""
        channel = self.channel
        sender = channel.sender_id or channel.short_code
        form = {"To": phone, "MessagingServiceSid" if sender.startswith("MG") else "From": sender, "Body": text}
        if channel.public_url:
            form["StatusCallback"] = f"{channel.public_url.rstrip('/')}/{self.name}/{channel.tokens[0]}/status"
        url = f"{(channel.base_url or API).rstrip('/')}/2010-04-01/Accounts/{channel.account_sid}/Messages.json"
        answer = call("POST", url, self._headers(), urlencode(form).encode())
        return answer if isinstance(answer, Sent) else _outcome(answer)

    def _headers(self) -> dict[str, str]:
        who = base64.b64encode(f"{self.channel.account_sid}:{self.channel.auth_token}".encode()).decode()
        return {"Authorization": f"Basic {who}", "Content-Type": "application/x-www-form-urlencoded"}


def _settled(status: str) -> Literal["delivered", "failed", ""]:
    return "delivered" if status in DELIVERED else "failed" if status in FAILED else ""


def _outcome(answer: Answered) -> Sent:
    """201 with the message; else an error with its code. What a gateway between us says with a 5xx tells nothing."""
    said = _read(answer.body)
    code = said.get("code")
    why = f"error {code}" if code else f"HTTP {answer.status}"
    if code in WORTH_A_LATER_TRY:
        return Sent("later", why=why)
    if code == OPTED_OUT:
        return Sent("failed", why=f"{why}: stopped at Twilio")
    if refused := not_taken(answer, refusing=(429, 503)):
        return replace(refused, why=why)
    if not said.get("sid"):
        return Sent("unknown", why="the provider's answer cannot be read")
    price = f"{said.get('price_unit') or ''} {said['price']}".strip() if said.get("price") else ""
    return Sent("sent", str(said["sid"])[:128], price[:32])


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
