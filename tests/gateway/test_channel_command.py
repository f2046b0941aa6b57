"""`palabre channel test`: what it refuses in one line, and how it ends. Nothing that it says holds the number."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.commands import main
from gateway.commands.channels import follow
from gateway.runtime import Runtime, load_settings
from tests import aggregator
from tests.outgoing import send_all, sender_of
from workers.channels import provider
from workers.database.models import Contact, Message
from workers.database.session import reading, writing
from workers.messages import probes

NUMBER = "+33612345678"
CONFIG = """
[[channels]]
name = "box"
provider = "kannel"
token = "token"
short_code = "36036"
username = "palabre"
password = "secret"
base_url = "{address}"
public_url = "http://127.0.0.1:8000"
"""

Say = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def carrier() -> Iterator[aggregator.Aggregator]:
    with aggregator.serving() as made:
        yield made


@pytest.fixture
def say(
    sqlite_url: str,
    redis_url: str,
    tmp_path: Path,
    carrier: aggregator.Aggregator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Say:
    """Runs the command on an installation of its own; (exit code, what it said)."""
    assert sqlite_url.endswith(f"{tmp_path}/palabre.db")
    (tmp_path / "palabre.toml").write_text(CONFIG.format(address=carrier.address))
    monkeypatch.setenv("PALABRE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PALABRE_REDIS_URL", redis_url)
    monkeypatch.setenv("PALABRE_CONFIG", str(tmp_path / "palabre.toml"))

    def said(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["palabre", "channel", "test", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        seen = capsys.readouterr()
        assert NUMBER[3:] not in seen.out + seen.err
        return int(ended.value.code or 0), seen.out + seen.err

    return said


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("nobody", "--to", NUMBER), "palabre: no channel 'nobody'; there are: box\n"),
        (("box", "--to", "0612345678"), "palabre: --to is not a number: write it with its country, as +33 and the rest\n"),
    ],
)
def test_what_cannot_be_sent_is_one_line(say: Say, words: tuple[str, ...], line: str) -> None:
    assert say(*words) == (2, line)


def test_a_message_that_nobody_sends_is_called_off(say: Say) -> None:
    code, said = say("box", "--to", NUMBER, "--wait", "0")
    assert (code, said) == (1, "queued\nstill queued after 0 seconds: called off; is 'palabre up' running?\n")
    with reading(Runtime(load_settings()).engine) as session:
        assert session.execute(select(Message.state, Message.kind)).all() == [("cancelled", "test")]


def test_whoever_said_stop_gets_no_test_either(say: Say) -> None:
    say("box", "--to", NUMBER, "--wait", "0")
    with writing(Runtime(load_settings()).engine) as session:
        session.execute(update(Contact).values(stopped=True))
    assert say("box", "--to", NUMBER) == (2, "palabre: this number said STOP: only a START from it brings it back\n")


def test_it_says_why_a_message_failed(say: Say, carrier: aggregator.Aggregator) -> None:
    carrier.answers(400, b"Sender missing")
    runtime, ended = Runtime(load_settings()), threading.Event()
    sender = threading.Thread(target=_send_until, args=(runtime, ended))
    sender.start()
    code, said = say("box", "--to", NUMBER)
    ended.set()
    sender.join()
    assert (code, said.splitlines()[-1]) == (1, "failed: HTTP 400: Sender missing")


def test_it_says_that_the_provider_refused_what_was_called_off(runtime: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    with writing(runtime.engine) as session:
        message = probes.put(session, "demo", NUMBER, "essai", runtime.vault, runtime.keyring.current())
        session.execute(update(Message).values(why="HTTP 401"))
    assert not follow(runtime, message, 0)
    said = capsys.readouterr().out.splitlines()
    assert said == ["queued: HTTP 401", "still queued after 0 seconds: called off; the provider did not take it (HTTP 401)"]


def _send_until(runtime: Runtime, ended: threading.Event) -> None:
    sender = sender_of(runtime, provider(runtime.settings.channels[0]))
    while not ended.wait(0.05):
        send_all(sender)


ENDS = [
    ("delivered", True, "delivered: Success"),
    ("sent", True, "no report in 0 seconds: the provider took it; whether it arrived is not known"),
    ("unknown", False, "still unknown after 0 seconds"),
    ("cancelled", False, "cancelled: Success"),
]


def test_it_ends_as_the_message_does(runtime: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    for state, is_fine, end in ENDS:
        with writing(runtime.engine) as session:
            message = probes.put(session, "demo", NUMBER, "essai", runtime.vault, runtime.keyring.current())
            session.execute(update(Message).values(state=state, reported="Success"))
        assert follow(runtime, message, 0) == is_fine
        assert capsys.readouterr().out.splitlines()[-1] == end
