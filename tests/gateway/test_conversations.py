"""Whole conversations as text files that can be read aloud, played over the real webhook and compared to the letter.

`> ` is what the person does, `< ` what the phone shows. A missing transcript is never made silently: write the `> ` lines,
run with PALABRE_UPDATE_CONVERSATIONS=1, and read what came of it before you commit it.
"""

import os
import re
from pathlib import Path

import pytest

from gateway.runtime import Runtime
from gateway.simulator import Network
from tests import polls
from tests.phone import Phone
from tests.texter import Texter
from workers import publication
from workers.database.session import writing

FOLDER = Path(__file__).parent.parent / "conversations"
CONVERSATIONS, BY_SMS = sorted(FOLDER.glob("*.txt")), sorted((FOLDER / "sms").glob("*.txt"))
CODE = re.compile(r"(code: )[A-Z0-9]{3,4}(?=[.\n])")
"""The one thing in a transcript that is drawn by chance."""


@pytest.mark.parametrize("path", CONVERSATIONS, ids=lambda path: path.stem)
def test_the_conversation_goes_as_written(path: Path, network: Network, runtime: Runtime) -> None:
    written = path.read_text(encoding="utf-8")
    head = [line for line in written.splitlines() if line.startswith("#")]
    acts = [line for line in written.splitlines() if line.startswith(">")]
    _open(runtime, head[1:])
    phone = Phone(network)
    for act in acts:
        _play(phone, act.removeprefix("> "))
    _compare(path, written, "\n".join(head), phone.transcript)


@pytest.mark.parametrize("path", BY_SMS, ids=lambda path: path.stem)
def test_the_messages_go_as_written(path: Path, texter: Texter, runtime: Runtime) -> None:
    written = path.read_text(encoding="utf-8")
    head = [line for line in written.splitlines() if line.startswith("#")]
    acts = [line for line in written.splitlines() if line.startswith(">")]
    _open(runtime, head[1:])
    for act in acts:
        texter.texts(act.removeprefix("> "))
    _compare(path, written, "\n".join(head), texter.transcript)


def _compare(path: Path, written: str, head: str, transcript: list[str]) -> None:
    played = f"{head}\n\n" + CODE.sub(r"\1····", "\n".join(transcript)).rstrip() + "\n"
    if os.environ.get("PALABRE_UPDATE_CONVERSATIONS"):
        path.write_text(played, encoding="utf-8")
    assert played == written


def _open(runtime: Runtime, lines: list[str]) -> None:
    """The polls that a transcript is played with, beside the demonstration's."""
    with writing(runtime.engine) as session:
        for line in lines:
            publication.publish(session, polls.BY_NAME[line.removeprefix("# with the poll ")]())
    publication.announce(runtime.engine, runtime.redis)


def test_there_are_conversations() -> None:
    assert len(CONVERSATIONS) > 8
    assert len(BY_SMS) > 3


def _play(phone: Phone, act: str) -> None:
    if act == "(the line drops)":
        phone.line_drops().transcript += [f"> {act}", ""]
    elif act == "(the network repeats itself)":
        phone.network_repeats().transcript += [f"> {act}", ""]
    elif act.startswith("dials "):
        phone.dials(act.removeprefix("dials "))
    else:
        phone.types(act)
