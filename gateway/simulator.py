"""A small Africa's Talking: calls our webhooks as the network would. For `/phone`, `palabre dial` and `palabre rehearse`.

It shares nothing with the conversation: it knows the provider's protocol, and nothing of polls.
"""

import contextlib
import http.client
import secrets
import socket
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, jsonify, render_template, request

from gateway import current, doors
from workers.channels.base import Channel
from workers.privacy import e164, phone_key

TIMEOUT_SECONDS = 15
"""How long Africa's Talking waits for an answer (facts/africastalking.md)."""

blueprint = Blueprint("simulator", __name__)


class Shown(NamedTuple):
    """What stands on the phone: the page, and whether the session goes on."""

    text: str
    goes_on: bool


class NetworkError(Exception):
    """The webhook did not answer as a USSD callback must; a real phone would show a network's error."""


class Network:
    """Carries one handset's sessions to our webhook over a connection kept open."""

    def __init__(self, address: str, channel: Channel) -> None:
        self._address = urlsplit(address)
        self._path = f"/{channel.provider}/{channel.tokens[0]}"
        self.service_code = channel.service_codes[0] if channel.service_codes else ""
        self.short_code = channel.short_code
        self._connection: http.client.HTTPConnection | None = None

    def hop(self, session: str, phone: str, text: str) -> Shown:
        """Posts one callback: `text` is all that was typed in the session, joined by `*`.

        Raises:
            NetworkError: when there is no reply, or none that a network would show.
        """
        form = {
            "sessionId": session,
            "phoneNumber": phone,
            "networkCode": "61002",
            "serviceCode": self.service_code,
            "text": text,
        }
        status, body = self._post(urlencode(form), "ussd")
        word, _, page = body.partition(" ")
        if status != 200 or word not in ("CON", "END"):
            raise NetworkError(f"the webhook answered {status}: {body[:80]!r}")
        return Shown(page, goes_on=word == "CON")

    def text(self, phone: str, text: str, message: str = "") -> None:
        """Posts one SMS callback, known by `message`.

        Raises:
            NetworkError: when it was not taken; a network would send it again.
        """
        form = {
            "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "from": phone,
            "id": message or secrets.token_hex(16),
            "linkId": "",
            "text": text,
            "to": self.short_code,
            "networkCode": "61002",
        }
        status, _ = self._post(urlencode(form), "sms")
        if status != 200:
            raise NetworkError(f"the webhook answered {status}")

    def close(self) -> None:
        """Lets the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _post(self, body: str, address: str) -> tuple[int, str]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            if self._connection is None:
                host, port = self._address.hostname or "", self._address.port
                self._connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
                self._connection.connect()
                self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection.request("POST", f"{self._path}/{address}", body, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException) as why:
            self.close()
            raise NetworkError(f"no reply ({type(why).__name__})") from None


class Handset:
    """A basic phone: dials, shows a page, types, hangs up."""

    def __init__(self, network: Network, phone: str) -> None:
        self._network, self.phone = network, phone
        self._session, self._typed = "", ""
        self.shown = Shown("", goes_on=False)

    def dial(self, code: str = "") -> Shown:
        """Opens a session; what follows the service code in `code` (`*384*36*1#`) is dialled through."""
        self._session = f"ATUid_{secrets.token_hex(16)}"
        base = self._network.service_code.rstrip("#")
        through = code.rstrip("#").removeprefix(base).lstrip("*") if code.startswith(base) else ""
        return self._hop(through)

    def types(self, key: str) -> Shown:
        """Sends what was typed."""
        return self._hop(f"{self._typed}*{key}" if self._typed else key)

    def again(self) -> Shown:
        """The network repeats its last request."""
        return self._hop(self._typed)

    def hangs_up(self) -> None:
        """Forgets the session; nobody is told, as on a cut line."""
        self._session, self._typed, self.shown = "", "", Shown("", goes_on=False)

    def _hop(self, text: str) -> Shown:
        self._typed = text
        self.shown = self._network.hop(self._session, self.phone, text)
        return self.shown


@blueprint.get("/phone")
@doors.demonstration
def phone() -> str:
    return render_template("phone.html", channels=[one for one in current.runtime().settings.channels if one.service_codes])


@blueprint.post("/phone/hop")
@doors.demonstration
def hop() -> Response | tuple[Response, int]:
    """One hop of the phone in the browser, which keeps the session and the cumulative text as a network would."""
    form = request.form
    try:
        with contextlib.closing(_network()) as network:
            if not network.service_code:
                abort(404)
            shown = network.hop(form.get("session", ""), form.get("phone", ""), form.get("text", ""))
    except NetworkError:
        return jsonify(text="Problème de connexion ou code MMI invalide.", goes_on=False), 502
    return jsonify(text=shown.text, goes_on=shown.goes_on)


@blueprint.post("/simulator/version1/messaging")
@doors.demonstration
def messaging() -> tuple[Response, int]:
    """Africa's Talking's messaging address: takes what we send, and shows it on the phone in the browser."""
    form, client = request.form, current.runtime().redis
    recipients = []
    for number in form.get("to", "").split(","):
        box = _boxes(number)[0]
        client.pipeline().lpush(box, form.get("message", "")).ltrim(box, 0, 19).expire(box, 86400).execute()
        message = f"ATXid_{secrets.token_hex(16)}"
        recipients.append({"number": number, "status": "Success", "statusCode": 101, "messageId": message, "cost": "XOF 0"})
    total = f"Sent to {len(recipients)}/{len(recipients)} Total Cost: XOF 0"
    return jsonify(SMSMessageData={"Message": total, "Recipients": recipients}), 201


@blueprint.get("/phone/messages")
@doors.demonstration
def messages() -> Response:
    """What lies in the message box of a simulated phone, newest first."""
    boxes, client = _boxes(request.args.get("phone", "")), current.runtime().redis
    return jsonify([text.decode() for box in boxes for text in client.lrange(box, 0, -1)])


@blueprint.post("/phone/text")
@doors.demonstration
def text() -> tuple[Response, int]:
    """Sends an SMS as the network would: a callback to our own webhook."""
    form = request.form
    try:
        with contextlib.closing(_network()) as network:
            network.text(form.get("phone", ""), form.get("text", ""))
    except NetworkError:
        return jsonify(sent=False), 502
    return jsonify(sent=True), 200


def _network() -> Network:
    """The network of the channel that the phone in the browser chose; a 404 where there is none."""
    settings = current.runtime().settings
    chosen = next((one for one in settings.channels if one.name == request.form.get("channel")), None)
    return Network(settings.address, chosen) if chosen else abort(404)


def _boxes(number: str) -> list[str]:
    """Where a simulated phone's messages lie, the place of new ones first. It may be somebody's own: a pseudonym here too."""
    return [f"palabre:simulator:{phone_key(e164(number) or number, key)}" for key in current.runtime().keyring.current()]
