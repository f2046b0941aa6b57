"""Dialogs, people and lanes in Redis: keys, formats, the round trip that loads and the script that commits.

Nothing here decides anything; a turn that cannot be made durable raises, and the webhook says so to the phone.
"""

import hashlib
import itertools
import socket
import struct
import threading
from importlib.resources import files
from typing import Any, NamedTuple

import hiredis
import msgspec
from msgspec import Struct
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError
from redis.retry import Retry

from flows.dialog import Dialog, Person
from workers.privacy import LANES, lane_of

DIALOG_SECONDS = 600
"""A USSD session lives 180 s (facts/africastalking.md); its last reply is kept a while for what the network repeats."""

SMS_DIALOG_SECONDS = 15 * 24 * 3600
"""A question asked by SMS stays open as long as a dialog can be resumed."""

TIMEOUT_SECONDS = 0.8
"""For each answer of Redis; with one retry a phone still gets its END within two seconds (rule 2)."""

_SCRIPT = files(__package__).joinpath("commit.lua").read_bytes()
_SHA = hashlib.sha1(_SCRIPT, usedforsecurity=False).hexdigest().encode()


class Session(Struct, frozen=True, array_like=True):
    """One USSD session between two hops.

    `prev` is the raw cumulative text of the last accepted hop; `reply` what was answered to it, to the byte; `tag` stands
    for the provider's session id in event keys. `hop`: the provider's number or id of that hop, where it gives one.
    """

    prev: str
    reply: str
    tag: str
    dialog: Dialog
    hop: str = ""


class Loaded(NamedTuple):
    """What one round trip brought: the stored bytes (b"" for none), and the number of the catalogue in force."""

    session: bytes
    person: bytes
    catalogue: int


class Keys(NamedTuple):
    """The keys of one phone's turn: one hash slot, so that one script serves on a cluster too (rule 4)."""

    dialog: bytes
    person: bytes
    lane: bytes
    seq: bytes
    catalogue: bytes


def keys(phone: str, session: str) -> Keys:
    """The keys for a phone key and the pseudonym of a session."""
    lane = lane_of(phone)
    slot = f"palabre:{{{lane}}}:"
    return Keys(
        f"{slot}dialog:{session}".encode(),
        f"{slot}person:{phone}".encode(),
        lane_key(lane),
        seq_key(lane),
        catalogue_key(lane),
    )


def person_pattern() -> bytes:
    """What fits the key of every person, to be scanned for; a phone key ends it."""
    return b"palabre:{*}:person:*"


def keys_of_dialogs(lane: int | str) -> str:
    """A pattern of all sessions of a lane; `*` for every lane."""
    return f"palabre:{{{lane}}}:dialog:*"


def shorten(client: Any) -> None:
    """Takes back from sessions what a clock gave them that was ahead: after it is put right they would live for years."""
    sessions = client.scan_iter(keys_of_dialogs("*"), count=1000)
    while some := list(itertools.islice(sessions, 1000)):
        pipeline = client.pipeline(transaction=False)
        for name in some:
            pipeline.expire(name, SMS_DIALOG_SECONDS, lt=True)
        pipeline.execute()


def phone_of(person: bytes) -> str:
    """The phone key at the end of a person's key."""
    return person.rpartition(b":")[2].decode()


def lane_key(lane: int) -> bytes:
    """The stream of a lane: entries `N-1` with N counting from 1 without a gap, one field `e`, a record each."""
    return b"palabre:{%d}:lane" % lane


def seq_key(lane: int) -> bytes:
    """The number of the last entry of a lane."""
    return b"palabre:{%d}:seq" % lane


def catalogue_key(lane: int) -> bytes:
    """The number of the catalogue in force, kept once a lane so that it comes with the same round trip."""
    return b"palabre:{%d}:catalogue" % lane


def announce(client: Any, version: int) -> None:
    """Tells every web process to read the catalogue again."""
    pipeline = client.pipeline(transaction=False)
    for lane in range(LANES):
        pipeline.set(catalogue_key(lane), version)
    pipeline.execute()


class Dialogs:
    """The hot path's own door to Redis: a connection a thread, commands packed by hiredis, no client in between.

    The pool only knows how to connect: it counts what it makes up to a limit, and threads come and go.
    """

    def __init__(self, url: str) -> None:
        self._pool = ConnectionPool.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            redis_connect_func=_time_out_in_kernel,
        )
        self._local = threading.local()

    def load(self, keys: Keys) -> Loaded:
        """The session, the person and the catalogue's number, in one round trip.

        Raises:
            redis.RedisError: when Redis does not answer in time.
        """
        session, person, catalogue = self._call(b"MGET", keys.dialog, keys.person, keys.catalogue)
        return Loaded(session or b"", person or b"", int(catalogue or 0))

    def commit(
        self,
        keys: Keys,
        loaded: Loaded,
        session: bytes,
        person: bytes,
        events: list[bytes],
        seconds: int = DIALOG_SECONDS,
    ) -> bool:
        """Stores the turn and appends its events; False where another request of the phone got there first.

        `seconds` is how long the dialog is kept; a person stays until workers/strangers.py lets go of them.

        Raises:
            redis.RedisError: when Redis does not answer in time; the turn may then stand or not.
        """
        args = (
            *(b"4", *keys[:4]),
            *(loaded.session, loaded.person, session, person, b"%d" % seconds),
            *events,
        )
        try:
            return bool(self._call(b"EVALSHA", _SHA, *args))
        except NoScriptError:
            return bool(self._call(b"EVAL", _SCRIPT, *args))

    def _call(self, *command: bytes) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._pool.connection_class(**self._pool.connection_kwargs)
        try:
            connection.send_packed_command([_pack(command)], check_health=False)
            answer = connection.read_response(disable_decoding=True)
        except NoScriptError:
            raise
        except BaseException:
            connection.disconnect()  # whatever is still on its way must not answer the next call
            raise
        return answer


def _time_out_in_kernel(connection: Any) -> None:
    """Opens a connection whose time-out is the kernel's (socket(7)); one that passes is a `redis.ConnectionError`.

    Python's own costs a poll(2) before each read and write, and one more fight of the threads for the interpreter.
    """
    connection.on_connect()
    connection._sock.settimeout(None)
    timeval = struct.pack("ll", 0, int(TIMEOUT_SECONDS * 1_000_000))
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        connection._sock.setsockopt(socket.SOL_SOCKET, option, timeval)


_pack: Any = hiredis.pack_command  # its stub knows commands of one word only

session_to_bytes = msgspec.msgpack.Encoder().encode
session_from_bytes = msgspec.msgpack.Decoder(Session).decode
_nobody = Person()
_encode_person = msgspec.msgpack.Encoder().encode


def person_to_bytes(person: Person) -> bytes:
    """The person as MessagePack; empty for one of whom nothing is known, which leaves no key behind."""
    return b"" if person == _nobody else _encode_person(person)


person_from_bytes = msgspec.msgpack.Decoder(Person).decode
