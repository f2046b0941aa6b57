"""What the turn is compared with: a server that only answers, and a bare Flask that parses the same form; and a carrier."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

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


def messaging(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Africa's Talking's messaging address, which takes whatever comes."""
    form = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
    taken = {"status": "Success", "statusCode": 101, "messageId": f"ATXid_{form['message'][0]}", "cost": "XOF 15.0000"}
    said = {"Message": "Sent to 1/1", "Recipients": [{"number": form["to"][0], **taken}]}
    start_response("201 Created", [("Content-Type", "application/json")])
    return [json.dumps({"SMSMessageData": said}).encode()]
