"""The phones' addresses: a WSGI callable in front of the Flask application, which costs more than the whole turn.

A USSD callback is always answered 200 with `CON` or `END`, whatever comes (rule 1); a wrong token is a 404, and
who is not the provider gets a 403.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from flows.gsm import fold
from flows.phrases import BUILT_IN, DEFAULT_LANGUAGE
from flows.screen import Page
from gateway.line import Busy, Full, Line
from gateway.reports import Reports
from gateway.runtime import Runtime
from gateway.texts import Texts
from gateway.turns import Turns
from workers.channels.base import Ended, Inbound, Kind, Provider
from workers.channels.documents import UnreadableError
from workers.channels.request import Request

MAX_HOP = 16 * 1024
"""Octets of a USSD callback."""

log = logging.getLogger("palabre.webhooks")

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
OK, FORBIDDEN, AGAIN = "200 OK", "403 Forbidden", "503 Service Unavailable"
PLAIN = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """What answers a callback."""

    status: str
    body: str
    media: str = PLAIN


Hook = Callable[[Request], Answer]


class Address(NamedTuple):
    """One address of ours: what answers there, and by which methods it may be called."""

    hook: Hook
    methods: tuple[str, ...]
    most_octets: int


def in_front_of(application: Application, runtime: Runtime) -> Application:
    """The application with the phones' addresses before it.

    An address is found by its digest, so that finding it tells nothing of a token, however it is timed.
    """
    addresses: dict[bytes, Address] = {}
    prefixes = set()
    for provider in runtime.providers:
        prefixes.add(f"/{provider.name}/")
        for path, hook in hooks_of(Line(runtime, provider)).items():
            for token in provider.channel.tokens:
                addresses[_digest(f"/{provider.name}/{token}/{path}")] = Address(hook, provider.methods, provider.most_octets)
    openings = tuple(prefixes)

    def serve(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not openings or not path.startswith(openings):
            return application(environ, start_response)
        address = addresses.get(_digest(path))
        if address is None:
            return _send(start_response, Answer("404 Not Found", "not found\n"))
        if environ["REQUEST_METHOD"] not in address.methods:
            return _send(start_response, Answer("405 Method Not Allowed", f"{' or '.join(address.methods)} only\n"))
        return _send(start_response, address.hook(Request(environ, _body(environ, address.most_octets))))

    return serve


def hooks_of(line: Line) -> dict[str, Hook]:
    """What answers each of a channel's addresses, by the last part of its path."""
    provider, turns, texts, reports = line.provider, Turns(line), Texts(line), Reports(line)
    taking: dict[Kind, Callable[[Request], None]] = {
        "sms": _each(line, texts.take, provider.sms),
        "delivery": _each(line, reports.delivery, provider.delivery),
        "opt_out": _each(line, texts.opt_out, lambda request: [provider.opt_out(request)]),
        "session_end": _each(line, reports.session_end, lambda request: [provider.session_end(request)]),
    }
    return {
        path: _ussd(turns, reports, provider) if kind == "ussd" else _durable(provider, taking[kind])
        for path, kind in provider.paths.items()
    }


def _each(line: Line, take: Callable[[Any], None], tell: Callable[[Request], Iterable[Any]]) -> Callable[[Request], None]:
    """Takes each thing that a callback tells; one that tells nothing is counted: sent again it would tell no more."""

    def take_all(request: Request) -> None:
        try:
            told = [one for one in tell(request) if one is not None]
        except UnreadableError:
            told = []
        for one in told:
            take(one)
        if not told:
            line.count("unreadable")

    return take_all


def _ussd(turns: Turns, reports: Reports, provider: Provider) -> Hook:
    """A USSD callback: an error of ours is also a 200 with `END`, and says so."""

    def answer(request: Request) -> Answer:
        told: Inbound | Ended | None = None
        try:
            if not provider.is_genuine(request):
                return Answer(FORBIDDEN, "not allowed\n")
            told = provider.ussd(request) if len(request.body) <= MAX_HOP else None
            if told is None:
                return _end(provider, "unreadable", told)
            if isinstance(told, Ended):
                reports.session_end(told)
                return Answer(OK, "", provider.media)
            return Answer(OK, provider.addressed(turns.take(told), told), provider.media)
        except Exception as why:  # the edge: a phone gets a sentence; no message is logged, it may hold a number
            _report(why)
            return _end(provider, "unavailable", told)

    return answer


def _durable(provider: Provider, take: Callable[[Request], None]) -> Hook:
    """Any other callback: 200 once something durable was written, 503 when not, so that the provider sends it again."""
    media, body = provider.taken

    def answer(request: Request) -> Answer:
        try:
            if not provider.is_genuine(request):
                return Answer(FORBIDDEN, "not allowed\n")
            request.body = request.body[: provider.most_octets]
            take(request)
        except Exception as why:  # the edge: the provider keeps it and sends it again
            _report(why)
            return Answer(AGAIN, "later\n")
        return Answer(OK, body, media)

    return answer


def _report(why: Exception) -> None:
    expected = isinstance(why, RedisError | SQLAlchemyError | Busy | Full)
    log.log(logging.WARNING if expected else logging.ERROR, "a callback failed: %s at %s", type(why).__name__, _where(why))


def _end(provider: Provider, phrase: str, told: Inbound | Ended | None) -> Answer:
    page = Page(fold(BUILT_IN.say(DEFAULT_LANGUAGE, phrase)), expects=False)
    reply = provider.ussd_reply(page, told.session if told else "")
    return Answer(OK, provider.addressed(reply, told) if isinstance(told, Inbound) else reply, provider.media)


def _body(environ: dict[str, Any], most: int) -> bytes:
    """At most one octet more than is allowed: enough to know. A GET has none, and its connection may stay open and silent."""
    if environ["REQUEST_METHOD"] == "GET":
        return b""
    length = environ.get("CONTENT_LENGTH") or ""
    wanted = min(int(length), most + 1) if length.isascii() and length.isdigit() else most + 1
    body: bytes = environ["wsgi.input"].read(wanted)
    return body


def _send(start_response: StartResponse, answer: Answer) -> Iterable[bytes]:
    body = answer.body.encode("utf-8", "replace")
    start_response(answer.status, [("Content-Type", answer.media), ("Content-Length", str(len(body)))])
    return [body]


def _where(why: BaseException) -> str:
    """The file and line of ours in which it happened, and nothing of what it was about."""
    frame = why.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}" if frame else "?"


def _digest(path: str) -> bytes:
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest()
