"""The phones' addresses: a WSGI callable in front of the Flask application, which costs more than the whole turn.

A USSD callback is always answered 200 with `CON` or `END`, whatever comes (rule 1); a wrong token is a 404.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from flows.gsm import fold
from flows.phrases import BUILT_IN, DEFAULT_LANGUAGE
from flows.screen import Page
from gateway.runtime import Runtime
from gateway.turns import Busy, Full, Turns
from workers.channels.base import Provider

MAX_BODY = 16 * 1024
MAX_FIELDS = 50

log = logging.getLogger("palabre.webhooks")

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
Hook = Callable[[bytes], tuple[str, str]]
"""Takes the body of a callback; gives the status line and the body of the answer."""

Told = TypeVar("Told")
OK, AGAIN = "200 OK", "503 Service Unavailable"


def in_front_of(application: Application, runtime: Runtime) -> Application:
    """The application with the phones' addresses before it.

    An address is found by its digest, so that finding it tells nothing of a token, however it is timed.
    """
    hooks: dict[bytes, Hook] = {}
    prefixes = set()
    for provider in runtime.providers:
        prefixes.add(f"/{provider.name}/")
        for path, hook in hooks_of(Turns(runtime, provider), provider).items():
            for token in provider.channel.tokens:
                hooks[_digest(f"/{provider.name}/{token}/{path}")] = hook
    openings = tuple(prefixes)

    def serve(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not openings or not path.startswith(openings):
            return application(environ, start_response)
        hook = hooks.get(_digest(path))
        if hook is None:
            return _send(start_response, "404 Not Found", b"not found\n")
        if environ["REQUEST_METHOD"] != "POST":
            return _send(start_response, "405 Method Not Allowed", b"POST only\n")
        status, body = hook(_body(environ))
        return _send(start_response, status, body.encode("utf-8", "replace"))

    return serve


def hooks_of(turns: Turns, provider: Provider) -> dict[str, Hook]:
    """What answers each of a channel's addresses, by the last part of its path."""
    return {
        "ussd": _ussd(turns, provider),
        "sms": _durable(provider.sms, turns.sms),
        "delivery": _durable(provider.delivery, turns.delivery),
    }


def _ussd(turns: Turns, provider: Provider) -> Hook:
    """A USSD callback: an error of ours is also a 200 with `END`, and says so."""

    def answer(body: bytes) -> tuple[str, str]:
        try:
            if len(body) > MAX_BODY:
                return OK, _end(provider, "unreadable")
            inbound = provider.ussd(read_form(body))
            return OK, turns.ussd(inbound) if inbound else _end(provider, "unreadable")
        except Exception as why:  # the edge: a phone gets a sentence; no message is logged, it may hold a number
            _report(why)
            return OK, _end(provider, "unavailable")

    return answer


def _durable(understand: Callable[[dict[str, str]], Told | None], take: Callable[[Told], None]) -> Hook:
    """Any other callback: 200 once something durable was written, 503 when not, so that the provider sends it again.

    One that names nothing to know it by is answered, and dropped.
    """

    def answer(body: bytes) -> tuple[str, str]:
        try:
            told = understand(read_form(body[:MAX_BODY]))
            if told is not None:
                take(told)
        except Exception as why:  # the edge: the provider keeps it and sends it again
            _report(why)
            return AGAIN, "later\n"
        return OK, "ok\n"

    return answer


def _report(why: Exception) -> None:
    expected = isinstance(why, RedisError | SQLAlchemyError | Busy | Full)
    log.log(logging.WARNING if expected else logging.ERROR, "a callback failed: %s at %s", type(why).__name__, _where(why))


def read_form(body: bytes) -> dict[str, str]:
    """The form's fields, the first of each name; nothing where it is not one.

    `urllib.parse` reads it in a third of the time of `request.form`. Bytes that are no UTF-8 become U+FFFD.
    """
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    return dict(reversed(pairs))


def _end(provider: Provider, phrase: str) -> str:
    return provider.ussd_reply(Page(fold(BUILT_IN.say(DEFAULT_LANGUAGE, phrase)), expects=False))


def _body(environ: dict[str, Any]) -> bytes:
    """At most one octet more than is allowed: enough to know."""
    length = environ.get("CONTENT_LENGTH") or ""
    wanted = min(int(length), MAX_BODY + 1) if length.isascii() and length.isdigit() else MAX_BODY + 1
    body: bytes = environ["wsgi.input"].read(wanted)
    return body


def _send(start_response: StartResponse, status: str, body: bytes) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]


def _where(why: BaseException) -> str:
    """The file and line of ours in which it happened, and nothing of what it was about."""
    frame = why.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}" if frame else "?"


def _digest(path: str) -> bytes:
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest()
