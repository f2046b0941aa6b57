"""A small Africa's Talking: calls our webhooks as the network would. For `/phone`, `palabre dial` and `palabre rehearse`.

It shares nothing with the conversation: it knows the provider's protocol, and nothing of polls.
"""

import contextlib
import http.client
import secrets
import socket
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec
from flask import Blueprint, Response, abort, jsonify, render_template, request

from gateway import current, doors
from workers.channels.base import Channel
from workers.privacy import e164, phone_key

TIMEOUT_SECONDS = 15
"""How long Africa's Talking waits for an answer (facts/africastalking.md)."""

KEPT_MESSAGES, KEPT_SECONDS = 50, 24 * 3600
"""Of a simulated phone's conversation: the newest so many, for so long after the last."""

blueprint = Blueprint("simulator", __name__)


class Shown(NamedTuple):
    """What stands on the phone: the page, and whether the session goes on."""

    text: str
    goes_on: bool


class NetworkError(Exception):
    """The webhook did not answer as a USSD callback must; a real phone would show a network's error."""


class UnknownCodeError(Exception):
    """What was dialled is neither a service code nor below one; the message is one line for whoever runs the command."""


class Network:
    """Carries one handset's sessions to our webhook over a connection kept open."""

    def __init__(self, address: str, channel: Channel) -> None:
        self._address = urlsplit(address)
        self._path = f"/{channel.provider}/{channel.tokens[0]}"
        self.channel = channel
        self._connection: http.client.HTTPConnection | None = None

    def dialled(self, code: str) -> tuple[str, str]:
        """(the service code, what is dialled through it) of a code such as `*384*36*1#`.

        Raises:
            UnknownCodeError: where no service code begins it.
        """
        for service_code in sorted(self.channel.service_codes, key=len, reverse=True):
            base = service_code.rstrip("#")
            if code.endswith("#") and f"{code[:-1]}*".startswith(f"{base}*"):
                return service_code, code[len(base) + 1 : -1]
        known = " or ".join(self.channel.service_codes)
        raise UnknownCodeError(f"'{code}' leads nowhere: on channel '{self.channel.name}' dial {known}, or what is below it")

    def hop(self, session: str, phone: str, service_code: str, text: str) -> Shown:
        """Posts one callback: `text` is all that was typed in the session, joined by `*`.

        Raises:
            NetworkError: when there is no reply, or none that a network would show.
        """
        form = {
            "sessionId": session,
            "phoneNumber": phone,
            "networkCode": "61002",
            "serviceCode": service_code,
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
            "to": self.channel.short_code,
            "networkCode": "61002",
        }
        status, _ = self._post(urlencode(form), "sms")
        if status != 200:
            raise NetworkError(f"the webhook answered {status}")

    def report(self, phone: str, message: str) -> None:
        """Posts one delivery report: `message`, which we sent, reached the phone.

        Raises:
            NetworkError: when it was not taken.
        """
        form = {"id": message, "status": "Success", "phoneNumber": phone, "networkCode": "61002", "retryCount": "0"}
        status, _ = self._post(urlencode(form), "delivery")
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
        self._session, self._service_code, self._typed = "", "", ""
        self.shown = Shown("", goes_on=False)

    def dial(self, code: str = "") -> Shown:
        """Opens a session; what follows the service code in `code` (`*384*36*1#`) is dialled through.

        Raises:
            UnknownCodeError: where no service code begins it.
        """
        self._service_code, through = self._network.dialled(code or self._network.channel.service_codes[0])
        self._session = f"ATUid_{secrets.token_hex(16)}"
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
        self.shown = self._network.hop(self._session, self.phone, self._service_code, text)
        return self.shown


@blueprint.get("/phone")
@doors.demonstration
def phone() -> str:
    return render_template("phone.html", channels=[one for one in current.runtime().settings.channels if one.service_codes])


@blueprint.post("/phone/hop")
@doors.demonstration
def hop() -> Response | tuple[Response, int]:
    """One hop of the phone in the browser, which keeps the session, the code, and what was typed since, joined by `*`."""
    form, network = request.form, _network()
    try:
        service_code, through = network.dialled(form.get("code", ""))
        text = "*".join(part for part in (through, form.get("text", "")) if part)
        with contextlib.closing(network):
            shown = network.hop(form.get("session", ""), form.get("phone", ""), service_code, text)
    except UnknownCodeError:
        return jsonify(text=f"Code inconnu. Essayez {' ou '.join(network.channel.service_codes)}", goes_on=False)
    except NetworkError:
        return jsonify(text="Problème de connexion ou code MMI invalide.", goes_on=False), 502
    return jsonify(text=shown.text, goes_on=shown.goes_on)


@blueprint.post("/simulator/version1/messaging")
@doors.demonstration
def messaging() -> tuple[Response, int]:
    """Africa's Talking's messaging address: takes what we send, shows it on the phone in the browser, reports it."""
    form = request.form
    recipients = []
    for number in form.get("to", "").split(","):
        _keep(number, form.get("from") or "Palabre", form.get("message", ""))
        message = f"ATXid_{secrets.token_hex(16)}"
        recipients.append({"number": number, "status": "Success", "statusCode": 101, "messageId": message, "cost": "XOF 0"})
    total = f"Sent to {len(recipients)}/{len(recipients)} Total Cost: XOF 0"
    answer = jsonify(SMSMessageData={"Message": total, "Recipients": recipients})
    arrived = [(one["number"], one["messageId"]) for one in recipients]
    for channel in [one for one in current.runtime().settings.channels if _is_ours(one, form.get("from", ""))][:1]:
        reports = threading.Thread(target=_report, args=(current.runtime().settings.address, channel, arrived), daemon=True)
        answer.call_on_close(reports.start)  # a report follows the answer, and a server with one thread is free for it by then
    return answer, 201


def _is_ours(channel: Channel, sender: str) -> bool:
    """Whether a channel sends through this simulator, under this name."""
    return channel.base_url.endswith("/simulator") and (channel.sender_id or channel.short_code) == sender


def _report(address: str, channel: Channel, arrived: Iterable[tuple[str, str]]) -> None:
    with contextlib.closing(Network(address, channel)) as network, contextlib.suppress(NetworkError):
        for number, message in arrived:
            network.report(number, message)


@blueprint.get("/phone/messages")
@doors.demonstration
def messages() -> Response:
    """The conversation of a simulated phone, oldest first; `from` is empty where the phone itself said it."""
    kept = current.runtime().redis.lrange(_conversation(request.args.get("phone", "")), 0, -1)
    return jsonify([msgspec.json.decode(message) for message in kept])


@blueprint.post("/phone/text")
@doors.demonstration
def text() -> tuple[Response, int]:
    """Sends an SMS as the network would: a callback to our own webhook. `why` it did not go is empty where it did."""
    phone, said = request.form.get("phone", ""), request.form.get("text", "")
    if e164(phone) is None:
        return jsonify(why="Le message n'est pas parti: un numéro s'écrit comme +22370000001."), 400
    with contextlib.closing(_network()) as network:
        kept = _keep(phone, "", said)  # before it goes, so that no answer stands above it
        try:
            network.text(phone, said)
        except NetworkError:
            current.runtime().redis.lrem(_conversation(phone), -1, kept)
            return jsonify(why="Le message n'est pas parti: le réseau ne répond pas. Envoyez-le encore."), 502
    return jsonify(why=""), 200


def _network() -> Network:
    """The network of the channel that the phone in the browser chose; a 404 where there is none."""
    settings = current.runtime().settings
    chosen = next((one for one in settings.channels if one.name == request.form.get("channel")), None)
    return Network(settings.address, chosen) if chosen else abort(404)


def _keep(number: str, sender: str, text: str) -> bytes:
    """Adds a message to the conversation of a simulated phone; the newest are kept, for a day."""
    message, place = msgspec.json.encode({"from": sender, "text": text}), _conversation(number)
    moves = current.runtime().redis.pipeline().rpush(place, message)
    moves.ltrim(place, -KEPT_MESSAGES, -1).expire(place, KEPT_SECONDS).execute()
    return message


def _conversation(number: str) -> str:
    """Where a simulated phone's messages lie: under its pseudonym, as everywhere; the oldest, while its key is changed."""
    return f"palabre:conversation:{phone_key(e164(number) or '', current.runtime().keyring.current()[-1])}"
