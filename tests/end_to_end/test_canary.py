"""Two numbers and a few words, said to a whole installation in every way, right and wrong, and then looked for in every byte."""

import json
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode

import pytest
import redis
import requests

from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.simulator import Network
from tests.phone import Phone
from tests.processes import Watched, until
from workers.settings import Settings, embedded_redis_url

MALI, FRANCE = "+22370429184", "+33744918275"
DIGITS = [b"70429184", b"744918275", b"70 42 91 84", b"7 44 91 82 75"]
"""Whatever stands before them: a `+`, `%2B`, a country, a 0 or nothing."""

WORDS = "kanarivogel"
"""Somebody's own words: they are kept to be read by staff, and stand in no log and on no page of figures."""

READ_BY_STAFF = "/staff/messages"
"""The pages on which they may stand, and no number does."""


REQUESTED = [b"/africastalking", b"/nowhere", b"/polls/", b"/messages", b"GET ", b"POST "]
"""What an access log would hold, and with it the query behind it."""


class _Provider(BaseHTTPRequestHandler):
    """Where Africa's Talking would be: refuses, breaks and repeats the number in each of its ways before it takes a message."""

    called: ClassVar[list[dict[str, list[str]]]] = []

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        number = form["to"][0]
        self.called.append(form)
        match len(self.called):
            case 1:
                self._answer(201, {"SMSMessageData": {"Message": f"InvalidPhoneNumber {number}", "Recipients": []}})
            case 2:
                self._answer(500, {"error": f"{number} {form['message'][0]}"})
            case 3:
                self.connection.close()
            case _:
                taken = {"number": number, "status": "Success", "statusCode": 101, "messageId": f"id{len(self.called)}"}
                self._answer(201, {"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": [taken]}})

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Provider)
    _Provider.called.clear()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site(home: Path, provider: str) -> Iterator[Watched]:
    place = Path(tempfile.mkdtemp(dir=home))
    channel = f'name = "demo"\nprovider = "africastalking"\ntoken = "demo"\nbase_url = "{provider}"\n'
    codes = 'service_codes = ["*384*36#"]\nshort_code = "36036"\n'
    (place / "palabre.toml").write_text(f"[[channels]]\n{channel}{codes}")
    made = Watched(place, PALABRE_CONFIG=str(place / "palabre.toml"))
    made.start()
    yield made
    made.end()
    shutil.rmtree(place)


def test_no_number_and_no_word_of_anybody_s_is_anywhere(site: Watched) -> None:
    network = site.network()
    Phone(network, MALI).dials().types("1", "6", f"{WORDS} de Kayes", "1", "3", "1", "4", "1").is_done()
    _wrong_calls(site)
    _messages(network)
    _calls_without_redis(site)
    until(lambda: site.results()["respondents"] == 3, "one of them twice in the figures, who was erased between")
    letters = dict(_pages(site, of_messages=True))
    shown = [*dict(_pages(site, of_messages=False)).values(), *_commands(site)]
    stored = _everything_in(redis.Redis.from_url(embedded_redis_url(site.home)))
    assert site.stop() == 0
    files = {path: path.read_bytes() for path in site.home.rglob("*") if path.is_file()}
    logs = [files[path] for path in files if path.suffix == ".log"]
    assert FRANCE in {form["to"][0] for form in _Provider.called}
    assert any(WORDS.encode() in content for content in files.values())
    assert [path for path, content in files.items() if not _is_silent(content, DIGITS)] == []
    assert _is_silent(stored, DIGITS)
    assert all(_is_silent(said, [*DIGITS, WORDS.encode()]) for said in (*shown, *logs))
    assert WORDS.encode() in letters[READ_BY_STAFF]
    assert all(_is_silent(said, DIGITS) for said in letters.values())
    assert logs
    assert [line for log in logs for line in log.splitlines() if not _is_silent(line, REQUESTED)] == []


def _wrong_calls(site: Watched) -> None:
    """Whatever may be wrong with a callback; each is answered, and tells nobody."""
    ussd = {"sessionId": "s1", "phoneNumber": MALI, "serviceCode": "*384*36#", "text": ""}
    sms = {"id": "m1", "from": MALI, "text": f"{WORDS} {WORDS}", "to": "36036"}
    bodies = [
        urlencode({**ussd, "sessionId": ""}),
        urlencode({**ussd, "sessionId": MALI}),  # a provider whose sessions are numbers
        urlencode({**ussd, "phoneNumber": f"{MALI}0000000"}),
        urlencode({**ussd, "phoneNumber": f"tel:{MALI}"}),
        urlencode({**ussd, "networkCode": MALI, "serviceCode": MALI, "text": "1*\0"}),
        urlencode({**ussd, "sessionId": "s2", "text": f"{WORDS}*{'9' * 300}"}),
        urlencode({**ussd, "text": "x" * 20_000}),
        urlencode(sms),
        urlencode({**sms, "id": MALI}),  # one whose messages are
        urlencode({**sms, "id": "m2", "text": "x" * 20_000}),
        urlencode({**sms, "id": "m3", "from": f"Orange {MALI}"}),
        urlencode({"status": "Failed", "phoneNumber": MALI, "failureReason": MALI}),
        json.dumps(ussd),
        f"phoneNumber={MALI}&phoneNumber=%ff%fe&sessionId=%ff&text=%f0%28%8c",
        "&".join(f"{MALI}={n}" for n in range(100)),
        MALI,
        "",
    ]
    raw = [body.encode() for body in bodies] + [b"phoneNumber=" + MALI.encode() + b"&sessionId=\xff\xfe&text=\xc3"]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in raw:
        for path in ("ussd", "sms", "delivery"):
            answer = requests.post(f"{site.address}/africastalking/demo/{path}", data=body, headers=headers, timeout=20)
            assert answer.status_code == 200
    for path in ("/nowhere", "/polls/demo", "/staff/", "/phone/messages", "/africastalking/demo/ussd", "/africastalking/x/sms"):
        for method in ("GET", "POST"):
            requests.request(method, f"{site.address}{path}", params={"phone": MALI, "to": FRANCE}, data=ussd, timeout=20)
    requests.get(f"{site.address}/nowhere/{MALI}", headers={"User-Agent": MALI, "Referer": MALI}, timeout=20)


def _messages(network: Network) -> None:
    """Somebody abroad answers, says STOP and START, is erased, and answers again. Each message is answered before the next."""
    texts = ("RETOUR", "1", "6", f"{WORDS} de France", "1", "STOP", "START", "EFFACER", "1", "RETOUR", "1", "2", "1")
    for number, text in enumerate(texts, 1):
        network.text(FRANCE, text)
        until(lambda number=number: len(_Provider.called) >= number, f"what answers {text!r}")  # type: ignore[misc]


def _calls_without_redis(site: Watched) -> None:
    """A server that dies meanwhile: what goes wrong is reported."""
    victim = site.child("valkey")
    os.kill(victim, signal.SIGSTOP)
    ussd = {"sessionId": "s9", "phoneNumber": MALI, "serviceCode": "*384*36#", "text": WORDS}
    sms = {"id": "m9", "from": FRANCE, "text": WORDS, "to": "36036"}
    address = f"{site.address}/africastalking/demo"
    assert requests.post(f"{address}/ussd", data=ussd, timeout=20).text.startswith("END")
    assert requests.post(f"{address}/sms", data=sms, timeout=20).status_code == 503
    os.kill(victim, signal.SIGKILL)
    site.child("valkey", other_than=victim)
    until(site.is_ready, "a Valkey that answers")


def _pages(site: Watched, of_messages: bool) -> Iterator[tuple[str, bytes]]:
    """Every page that there is, as staff see it: those of the inbox, or all others."""
    staff = requests.Session()
    signed = {"name": "demo", "password": "palabre"}
    assert staff.post(f"{site.address}/staff/sign-in", data=signed, timeout=20).status_code == 200
    for rule in create_app(Runtime(Settings(secret_key="x"))).url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static" and rule.rule.startswith(READ_BY_STAFF) == of_messages:
            path = rule.rule.replace("<slug>", "demo").replace("<number>", "1")
            yield path, staff.get(f"{site.address}{path}", timeout=20).content


def _commands(site: Watched) -> Iterator[bytes]:
    for words in (["outbox", "--messages", "50"], ["outbox", "--messages", "50", "--format", "json"], ["results", "demo"]):
        yield site.palabre(*words).stdout.encode()
    for words in (["verify"], ["poll", "list"], ["keys", "retire"]):
        done = site.palabre(*words)
        assert done.returncode == 0, done.stderr
        yield (done.stdout + done.stderr).encode()


def _everything_in(client: Any) -> bytes:
    """Every key and value, jobs and their failures among them: in a file they may be compressed."""
    read = {b"string": client.get, b"hash": client.hgetall, b"set": client.smembers}
    ranges = {b"list": client.lrange, b"zset": client.zrange}
    found = []
    for key in client.scan_iter():
        kind = client.type(key)
        if kind in ranges:
            found.append((key, ranges[kind](key, 0, -1)))
        else:
            found.append((key, client.xrange(key) if kind == b"stream" else read[kind](key) if kind in read else b""))
    return repr(found).encode()


def _is_silent(content: bytes, about: list[bytes]) -> bool:
    return not any(one in content for one in about)
