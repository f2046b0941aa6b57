"""Africa's Talking: USSD and SMS callbacks, delivery reports, and SMS out through its own package.

Every field is an optional string typed by an attacker. Source: facts gathered from
https://developers.africastalking.com/docs and its SDKs.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import requests
from africastalking.Service import AfricasTalkingException
from africastalking.SMS import SMSService

from flows.screen import Page
from workers.channels import calling, moments
from workers.channels.base import MAX_ID, MAX_WORD, Delivery, Ended, Inbound, Kind, Provider, Sent, Text, settled
from workers.channels.request import Request
from workers.privacy import e164

WORTH_A_LATER_TRY = {405, 500, 501, 502}
THE_NUMBER_S_FAULT = {403, 404, 406, 407, 409}
DELIVERED, FAILED = ("Success",), ("Failed", "Rejected", "Expired", "AbsentSubscriber")


class AfricasTalking(Provider):
    """The provider as one channel uses it. Nothing that it sends is signed (facts/africastalking.md)."""

    name: ClassVar[str] = "africastalking"
    paths: ClassVar[Mapping[str, Kind]] = {
        "ussd": "ussd",
        "sms": "sms",
        "delivery": "delivery",
        "opt-out": "opt_out",
        "session-end": "session_end",
    }

    def ussd(self, request: Request) -> Inbound | None:
        """POST, form-encoded: sessionId, phoneNumber, networkCode, serviceCode, text."""
        form = request.form
        session, phone = form.get("sessionId", ""), e164(form.get("phoneNumber", ""))
        if not session or len(session) > MAX_ID or phone is None:
            return None
        return Inbound(session, phone, text=form.get("text", ""), service_code=form.get("serviceCode", ""))

    def ussd_reply(self, page: Page, session: str = "") -> str:
        """`CON` goes on, `END` ends; any other first word kills the session."""
        return f"{'CON' if page.expects else 'END'} {page.text}"

    def sms(self, request: Request) -> Sequence[Text]:
        """POST, form-encoded: date, from, id, linkId, text, to, networkCode. `id` is opaque, and what it is known by."""
        form = request.form
        sender, text = form.get("from", ""), form.get("text", "")
        if not sender and not text:
            return ()
        known_by, moment = form.get("id", "")[:MAX_ID], moments.seconds(form.get("date", ""))
        return (Text(known_by, e164(sender), text, moment),)

    def delivery(self, request: Request) -> Sequence[Delivery]:
        """POST, form-encoded: id, status, phoneNumber, networkCode, failureReason, retryCount. Unknown statuses pass."""
        form = request.form
        if not 0 < len(form.get("id", "")) <= MAX_ID:
            return ()
        status, why = form.get("status", "").strip(), form.get("failureReason", "").strip()
        words = {"status": status[:MAX_WORD], "why": why[:MAX_WORD]}
        return (Delivery(form["id"], settled(status, DELIVERED, FAILED), **words, phone=e164(form.get("phoneNumber", ""))),)

    def opt_out(self, request: Request) -> str | None:
        """POST, form-encoded: senderId, phoneNumber."""
        return e164(request.form.get("phoneNumber", ""))

    def session_end(self, request: Request) -> Ended | None:
        """POST, form-encoded: sessionId, status (Success, Incomplete, Failed), hopsCount, cost and more."""
        form = request.form
        session = form.get("sessionId", "")
        return Ended(session, form.get("status", "").strip().lower()[:MAX_WORD]) if session else None

    def send(self, phone: str, text: str, reference: str) -> Sent:
        """One message to one number. There is no idempotency key, and no place for `reference`: after a time-out the outcome is
        unknown.
        """
        channel = self.channel
        service = _Messaging(channel.username or "sandbox", channel.api_key, channel.base_url)
        try:
            answer = service.send(text, [phone], sender_id=channel.sender_id or channel.short_code or None)
        except AfricasTalkingException:
            return _refused(service.status)
        except requests.RequestException as why:
            return calling.lost(why)
        except ValueError:
            return Sent("failed", why="the package takes it for no number")
        return _outcome(answer, phone)


class _Messaging(SMSService):  # type: ignore[misc]
    """The package's service, pointed at another address where the channel names one; it has no argument for that."""

    def __init__(self, username: str, api_key: str, base_url: str) -> None:
        self._elsewhere = base_url
        self.status = 0
        super().__init__(username, api_key)

    def _init_service(self) -> None:
        super()._init_service()
        if self._elsewhere:
            self._baseUrl = f"{self._elsewhere.rstrip('/')}/version1"

    def _Service__make_post_request(self, **request: Any) -> requests.Response:  # noqa: N802 - the package hides the status
        answer = requests.post(**request)  # noqa: S113 - `request` has the package's time-out
        self.status = answer.status_code
        return answer


def _refused(status: int) -> Sent:
    """What an HTTP status says. After 429, 500 and 503 it is tried again (facts: "back off"); a proxy's 502 says nothing."""
    again = (429, 500, 503)
    said = calling.not_taken(calling.Answered(status, b""), refusing=again)
    return said or Sent("unknown", why=f"HTTP {status}")


def _outcome(answer: Any, phone: str) -> Sent:
    """What became of our one recipient. A `Content-Type` with a charset makes the package return text instead of a dict."""
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except ValueError:
            return Sent("unknown", why="the provider's answer cannot be read")
    data = answer.get("SMSMessageData", {}) if isinstance(answer, dict) else {}
    recipients = data.get("Recipients", []) if isinstance(data, dict) else []
    mine = next((one for one in recipients if isinstance(one, dict) and one.get("number") == phone), None)
    if mine is None:  # a bad sender is a success without recipients
        return Sent("failed", why=str(data.get("Message", "no recipient"))[:80] if isinstance(data, dict) else "no recipient")
    code = int(mine.get("statusCode") or 0) if str(mine.get("statusCode", "")).isdigit() else 0
    if code in WORTH_A_LATER_TRY:
        return Sent("later", why=f"status {code}")
    if code in (100, 101, 102) or mine.get("status") == "Success":
        return Sent("sent", str(mine.get("messageId", ""))[:128], str(mine.get("cost", ""))[:32])
    return Sent("failed", why=f"status {code}", unreachable=code in THE_NUMBER_S_FAULT)
