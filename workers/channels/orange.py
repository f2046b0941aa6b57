"""Orange's SMS API for Africa and the Middle East: SMS out under an OAuth token, SMS in and receipts as JSON.

Sources: https://developer.orange.com/apis/sms/getting-started and its API reference (GSMA OneAPI); docs/channels.md says which
parts were read where.
"""

import base64
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from workers.channels import documents, moments
from workers.channels.base import MAX_ID, MAX_TEXT, MAX_WORD, Channel, Delivery, Kind, Provider, Sent, Text, settled
from workers.channels.calling import Answered, call, not_taken
from workers.channels.documents import UnreadableError, find
from workers.channels.request import Request
from workers.privacy import e164

BASE_URL = "https://api.orange.com"
_ADDRESS = re.compile(r"\+[0-9]{4,15}")
EARLY_SECONDS = 60
"""A token is asked for again this long before it ends: it lives an hour."""

DELIVERED, FAILED = ("DeliveredToTerminal",), ("DeliveryImpossible",)
"""`DeliveredToNetwork`, `DeliveryUncertain`, `MessageWaiting` settle nothing."""

_MESSAGE, _REPORT = "inboundSMSMessageNotification.inboundSMSMessage", "deliveryInfoNotification"


class Orange(Provider):
    """The provider as one channel uses it: `username` and `api_key` are the application's client id and secret."""

    name: ClassVar[str] = "orange"
    paths: ClassVar[Mapping[str, Kind]] = {"sms": "sms", "delivery": "delivery"}
    most_octets: ClassVar[int] = 1024 * 1024
    needs: ClassVar[tuple[str, ...]] = ("username", "api_key", "sender_address")

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        if not _ADDRESS.fullmatch(channel.sender_address):
            raise ValueError(f"channel {channel.name}: sender_address is the number that Orange gave, such as +2230000")
        self._base = channel.base_url.rstrip("/") or BASE_URL
        self._token, self._until = "", 0.0

    def sms(self, request: Request) -> Sequence[Text]:
        """POST, JSON: senderAddress, destinationAddress, messageId (it may be missing), message, dateTime."""
        told = documents.read(request.body, "json")
        sender = find(told, f"{_MESSAGE}.senderAddress").removeprefix("tel:")
        if not sender:
            return ()
        moment = moments.seconds(find(told, f"{_MESSAGE}.dateTime"))
        known_by = find(told, f"{_MESSAGE}.messageId")[:MAX_ID]
        return (Text(known_by, e164(sender), find(told, f"{_MESSAGE}.message")[:MAX_TEXT], moment),)

    def delivery(self, request: Request) -> Sequence[Delivery]:
        """POST, JSON: callbackData is our reference, or Orange's id of the message: the last part of its resourceURL."""
        told = documents.read(request.body, "json")
        known_by = find(told, f"{_REPORT}.callbackData")[:MAX_ID]
        status = find(told, f"{_REPORT}.deliveryInfo.deliveryStatus").strip()[:MAX_WORD]
        if not known_by:
            return ()
        return (Delivery(known_by, settled(status, DELIVERED, FAILED), known_by, status),)

    def send(self, phone: str, text: str, reference: str) -> Sent:
        """One message. A token that is refused is asked for once more."""
        answer: Answered | Sent = Sent("later", why="no token")
        for _ in range(2):
            token = self._current_token()
            if isinstance(token, Sent):
                return token
            answer = self._post(phone, text, reference, token)
            if isinstance(answer, Sent) or answer.status != 401:
                break
            self._until = 0.0
        return answer if isinstance(answer, Sent) else _outcome(answer)

    def _post(self, phone: str, text: str, reference: str, token: str) -> Answered | Sent:
        sender = f"tel:{self.channel.sender_address}"
        said: dict[str, Any] = {
            "address": f"tel:{phone}",
            "senderAddress": sender,
            "outboundSMSTextMessage": {"message": text},
            "receiptRequest": {"callbackData": reference},
        }
        if self.channel.sender_id:
            said["senderName"] = self.channel.sender_id
        url = f"{self._base}/smsmessaging/v1/outbound/{quote(sender, safe='')}/requests"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
        return call("POST", url, headers, msgspec.json.encode({"outboundSMSMessageRequest": said}))

    def _current_token(self) -> str | Sent:
        """The token in force, or a new one (OAuth 2.0, client_credentials). Without one the message waits: nobody took it."""
        if time.monotonic() < self._until:
            return self._token
        channel = self.channel
        basic = base64.b64encode(f"{channel.username}:{channel.api_key}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        answer = call("POST", f"{self._base}/oauth/v3/token", headers, b"grant_type=client_credentials")
        if isinstance(answer, Sent):
            return Sent("later", why=answer.why)
        try:
            told = documents.read(answer.body, "json")
        except UnreadableError:
            told = {}
        token, lives = find(told, "access_token"), find(told, "expires_in")
        if answer.status != 200 or not token:
            return Sent("later", why=f"no token: HTTP {answer.status}")
        self._token = token
        self._until = time.monotonic() + max(0, (int(lives) if lives.isdecimal() else 0) - EARLY_SECONDS)
        return token


def _outcome(answer: Answered) -> Sent:
    """A 201 with a resourceURL is taken; its last part is the id. 403 is a policy: no contract, or no SMS left."""
    if refused := not_taken(answer):
        return refused
    try:
        told = documents.read(answer.body, "json")
    except UnreadableError:
        return Sent("unknown", why="the provider's answer cannot be read")
    taken = find(told, "outboundSMSMessageRequest.resourceURL") or find(told, "resourceReference.resourceURL")
    if not taken:
        return Sent("failed", why="the answer names no message")
    return Sent("sent", taken.rstrip("/").rpartition("/")[2][:128])
