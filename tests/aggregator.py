"""A provider's address on loopback for the tests: says what it is told to say, and keeps what it was asked."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from msgspec.structs import replace

from workers.channels.base import Channel


class Asked(NamedTuple):
    """One request, as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Aggregator:
    """Where a channel sends to."""

    def __init__(self) -> None:
        self.address = ""
        self.asked: list[Asked] = []
        self.said = (200, b"")

    def answers(self, status: int, body: bytes) -> None:
        """From now on, to whatever is asked."""
        self.asked.clear()
        self.said = (status, body)

    def known_to(self, channel: Channel) -> Channel:
        """The channel, with this as its provider."""
        return replace(channel, base_url=self.address)


@contextlib.contextmanager
def serving() -> Iterator[Aggregator]:
    """One that listens."""
    here = Aggregator()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            here.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            status, said = here.said
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_: object) -> None:
            """Nothing: the address holds a number."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02})
    thread.start()
    here.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
