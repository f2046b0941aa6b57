"""Channels for the tests, as docs/channels.md writes them, and a provider's side of HTTP that answers as it is told."""

import contextlib
import re
import textwrap
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from workers.channels.base import Channel
from workers.channels.request import Request

PAGE = Path(__file__).parent.parent / "docs" / "channels.md"


def documented(name: str, base_url: str = "") -> Channel:
    """The channel of that name in docs/channels.md, with token `t`; its messages go to `base_url`."""
    blocks = re.findall(r"(?:^(?:    .*)?\n)+", PAGE.read_text(), re.MULTILINE)
    found = [one for block in blocks if f'name = "{name}"' in (one := textwrap.dedent(block))]
    channel = msgspec.convert(tomllib.loads(found[0])["channels"][0], Channel)
    if base_url and channel.outbound:
        channel = replace(channel, outbound=replace(channel.outbound, url=base_url + urlsplit(channel.outbound.url).path))
    return replace(channel, token="t", base_url=base_url)


def get(query: str) -> Request:
    return Request({"REQUEST_METHOD": "GET", "QUERY_STRING": query}, b"")


def post(body: str | bytes) -> Request:
    return Request({"REQUEST_METHOD": "POST"}, body if isinstance(body, bytes) else body.encode())


class Asked(NamedTuple):
    """One request that came to the provider."""

    path: str
    headers: dict[str, str]
    body: str


class Side:
    """The provider's side: answers each request with the next of `answers`, and keeps what it was asked.

    An answer is (status, body); `hang` answers never, `cut` closes the line once it has read the request.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.answers: list[Any] = []
        self.over = threading.Event()


@contextlib.contextmanager
def side() -> Iterator[Side]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            made.asked.append(Asked(self.path, dict(self.headers), body))
            answer = made.answers.pop(0)
            if answer == "hang":
                made.over.wait(30)
            if isinstance(answer, str):
                return self.connection.close()
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(answer[1].encode())))
            self.end_headers()
            self.wfile.write(answer[1].encode())
            return None

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Side(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield made
    finally:
        made.over.set()
        server.shutdown()
        server.server_close()
