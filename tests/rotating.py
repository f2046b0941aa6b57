"""What can be seen of phone keys from outside, for the tests: their marks, what bears them, and what is counted meanwhile."""

from pathlib import Path

from sqlalchemy import select

from gateway.runtime import Runtime
from workers import publication
from workers.database.models import Phone
from workers.database.session import reading
from workers.figures import results, tallies
from workers.keys import keyfile, rotation
from workers.keys.keyring import Keyring
from workers.privacy import mark_of

ALL_OF_IT = ("1", "2", "1", "3", "1", "4", "0")
"""Agrees, answers three questions and two on the person."""


def watchful(runtime: Runtime) -> Runtime:
    """One that looks at its keys before each turn: nobody wants to wait for it in a test."""
    runtime.keyring = Keyring(runtime.settings, look_seconds=0.0)
    return runtime


def newest(path: Path) -> str:
    return mark_of(keyfile.read(path).phone_keys[0].encode())


def counted(runtime: Runtime) -> dict[str, int]:
    """The demonstration's first question; nobody may stand in the figures who is not in the ledger."""
    with reading(runtime.engine) as session:
        poll = publication.newest(session, "demo")
        assert poll is not None
        assert tallies.differences(session) == {}
        figures = results.results(session, poll)
    choices = {choice["name"]: choice["count"] for choice in figures["questions"][0]["choices"] if choice["count"]}
    assert sum(choices.values()) == figures["respondents"]
    return choices


def marks_of_phones(runtime: Runtime) -> set[str]:
    with reading(runtime.engine) as session:
        return {name[-2:] for name in session.scalars(select(Phone.phone_key))}


def wipe(runtime: Runtime) -> None:
    """Redis comes back with nothing in it."""
    runtime.redis.flushall()
    publication.announce(runtime.engine, runtime.redis)


def marks(path: Path) -> list[str]:
    return [mark_of(key.encode()) for key in keyfile.read(path).phone_keys]


def borne(runtime: Runtime) -> dict[str, rotation.Borne]:
    with reading(runtime.engine) as session:
        return rotation.borne(session, runtime.redis)
