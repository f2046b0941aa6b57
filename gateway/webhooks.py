"""The phones' addresses: a WSGI callable in front of the Flask application, which costs more than the whole turn.

A USSD callback is always answered 200 with `CON` or `END`, whatever comes (rule 1); a wrong token is a 404.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from flows.gsm import fold
from flows.phrases import BUILT_IN, DEFAULT_LANGUAGE
from flows.screen import Page
from gateway.runtime import Runtime
from gateway.turns import Busy, Turns
from workers.channels.base import Provider

MAX_BODY = 16 * 1024
MAX_FIELDS = 50

log = logging.getLogger("palabre.webhooks")

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
Hook = Callable[[bytes], str]


def in_front_of(application: Application, runtime: Runtime) -> Application:
    """The application with the phones' addresses before it.

    An address is found by its digest, so that finding it tells nothing of a token, however it is timed.
    """
    hooks: dict[bytes, Hook] = {}
    prefixes = set()
    for provider in runtime.providers:
        answer = ussd_hook(Turns(runtime, provider), provider)
        prefixes.add(f"/{provider.name}/")
        for token in provider.channel.tokens:
            hooks[_digest(f"/{provider.name}/{token}/ussd")] = answer
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
        return _send(start_response, "200 OK", hook(_body(environ)).encode("utf-8", "replace"))

    return serve


def ussd_hook(turns: Turns, provider: Provider) -> Hook:
    """What answers a USSD callback's body. An error of ours is also an `END`, and says that nothing was taken."""

    def answer(body: bytes) -> str:
        try:
            if len(body) > MAX_BODY:
                return _end(provider, "unreadable")
            inbound = provider.ussd(read_form(body))
            return turns.ussd(inbound) if inbound else _end(provider, "unreadable")
        except (RedisError, SQLAlchemyError, Busy) as why:
            log.warning("a hop could not be taken: %s", type(why).__name__)
            return _end(provider, "unavailable")
        except (
            Exception
        ) as why:  # the edge: whatever went wrong, a phone gets a sentence. Never the message: it may hold a number
            log.error("a hop failed: %s at %s", type(why).__name__, _where(why))
            return _end(provider, "unavailable")

    return answer


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
