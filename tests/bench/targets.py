"""What the turn is compared with: a server that only answers, and a bare Flask that parses the same form."""

from collections.abc import Iterable
from typing import Any

from flask import Flask, request

REPLY = b"CON ok"

bare_flask = Flask("bare")


def static(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The least that a server can be asked for."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(REPLY)))])
    return [REPLY]


@bare_flask.post("/africastalking/<token>/ussd")
def answer(token: str) -> bytes:
    """Reads the form as a handler would, and does nothing with it."""
    return REPLY if request.form["sessionId"] else b"END"
