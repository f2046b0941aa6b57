"""Africa's Talking: USSD callbacks. Every field is an optional string typed by an attacker.

Source: facts gathered from https://developers.africastalking.com/docs/ussd/overview and its SDKs.
"""

from collections.abc import Mapping
from typing import ClassVar

from flows.screen import Page
from workers.channels.base import Channel, Inbound
from workers.privacy import e164

MAX_SESSION_ID = 200


class AfricasTalking:
    """The provider as one channel uses it."""

    name: ClassVar[str] = "africastalking"

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def ussd(self, form: Mapping[str, str]) -> Inbound | None:
        """POST, form-encoded: sessionId, phoneNumber, networkCode, serviceCode, text."""
        session, phone = form.get("sessionId", ""), e164(form.get("phoneNumber", ""))
        if not session or len(session) > MAX_SESSION_ID or phone is None:
            return None
        return Inbound(session, phone, text=form.get("text", ""), service_code=form.get("serviceCode", ""))

    def ussd_reply(self, page: Page) -> str:
        """`CON` goes on, `END` ends; any other first word kills the session."""
        return f"{'CON' if page.expects else 'END'} {page.text}"
