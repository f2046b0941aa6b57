"""Africa's Talking's messaging address on loopback: takes what the real package posts, and answers as it is told to."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

Form = dict[str, str]
Reply = tuple[int, str, str]
"""Status, content type, body."""


class Carrier:
    """The server, and the words of each message that it took, in order; `behaves` is what a test may put in its place."""

    def __init__(self) -> None:
        self.took: list[str] = []
        self.behaves: Callable[[Form], Reply] = self.accepts
        self._numbers = count(1)

    def accepts(self, form: Form) -> Reply:
        """As on a good day."""
        return self.says(form, status="Success", statusCode=101, messageId=f"ATXid_{next(self._numbers)}", cost="XOF 15.0000")

    def says(self, form: Form, **recipient: Any) -> Reply:
        """One recipient, in the documented shape."""
        return self.recipients([{"number": form["to"], **recipient}])

    def recipients(self, recipients: list[dict[str, Any]], said: str = "Sent to 1/1 Total Cost: XOF 15.0000") -> Reply:
        return 201, "application/json", json.dumps({"SMSMessageData": {"Message": said, "Recipients": recipients}})

    def answer(self, form: Form) -> Reply:
        self.took.append(form["message"])
        return self.behaves(form)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up before its answer is one of the tests."""


@contextlib.contextmanager
def carrier() -> Iterator[tuple[Carrier, str]]:
    """A carrier, and its address."""
    made = Carrier()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            status, media, body = made.answer(form)
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """No access log: it would hold numbers."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
