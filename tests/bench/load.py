"""The load generator: one process, non-blocking sockets, epoll, requests whose bytes are there before they are sent.

It speaks just enough HTTP/1.1 to be cheap, to loopback only; a reply that is not the scripted one stops everything.
"""

import math
import select
import socket
import time
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

PATIENCE_SECONDS = 10
"""How long outstanding replies are waited for once nothing more is sent."""

RECEIVED_AT_ONCE = 65536


class Request(NamedTuple):
    """One request's bytes, what its reply's body must open with, and the events that the turn makes durable."""

    raw: bytes
    opens: bytes
    events: int = 0


class Measured(NamedTuple):
    """What came of one run. `latencies` in seconds, sorted; `busy` is the share of one core that the generator itself used."""

    replies: int
    events: int
    seconds: float
    busy: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        """Replies a second."""
        return self.replies / self.seconds

    def milliseconds(self, percent: float) -> float:
        """The latency that `percent` of the requests did not exceed (nearest rank)."""
        rank = math.ceil(len(self.latencies) * percent / 100)
        return self.latencies[max(rank, 1) - 1] * 1000


class WrongReply(Exception):
    """The server answered something else than the script says, or not at all: what was measured says nothing."""


class Load:
    """A connection for each iterator of requests; one request of it at a time, the next after the reply."""

    def __init__(self, port: int, scripts: Sequence[Iterator[Request]]) -> None:
        self._lines = [_Line(port, script) for script in scripts]
        self._by_descriptor = {line.socket.fileno(): line for line in self._lines}
        self._epoll = select.epoll()
        for descriptor in self._by_descriptor:
            self._epoll.register(descriptor, select.EPOLLIN)
        self.events = 0
        """What all replies so far made durable."""

    def closed(self, seconds: float) -> Measured:
        """Each connection sends as soon as it has its reply: how much can be served."""
        started, used = time.perf_counter(), time.process_time()
        until = started + seconds
        latencies, events = array("d"), self.events
        for line in self._lines:
            line.send(time.perf_counter())
        waiting = len(self._lines)
        while waiting:
            for line in self._replied(until):
                now = time.perf_counter()
                latencies.append(now - line.since)
                if now < until:
                    line.send(now)
                else:
                    waiting -= 1
        return self._measured(latencies, events, started, used)

    def open(self, rate: float, seconds: float) -> Measured:
        """A request every 1/`rate` seconds, whatever the server does; latency counts from when it was due.

        The connections take turns; one whose reply is not there yet sends late, and the delay counts.
        """
        started, used = time.perf_counter(), time.process_time()
        latencies, events = array("d"), self.events
        total, sent, waiting = round(rate * seconds), 0, 0
        while sent < total or waiting:
            now = time.perf_counter()
            while sent < total and started + sent / rate <= now:
                line = self._lines[sent % len(self._lines)]
                line.owe(started + sent / rate)
                sent, waiting = sent + 1, waiting + 1
            due = started + sent / rate if sent < total else started + seconds
            for line in self._replied(due, at_once=sent < total):
                latencies.append(time.perf_counter() - line.since)
                waiting -= 1
                line.pay()
        return self._measured(latencies, events, started, used)

    def close(self) -> None:
        """Hangs up."""
        self._epoll.close()
        for line in self._lines:
            line.socket.close()

    def _replied(self, until: float, at_once: bool = False) -> Iterator["_Line"]:
        """The connections whose reply is complete, once one is; with `at_once` none where `until` comes first."""
        left = max(until - time.perf_counter(), 0)
        ready = self._epoll.poll(left if at_once else left + PATIENCE_SECONDS)
        if not ready and not at_once:
            raise WrongReply(f"no reply within {PATIENCE_SECONDS} seconds")
        for descriptor, _ in ready:
            line = self._by_descriptor[descriptor]
            if line.receive():
                self.events += line.request.events
                yield line

    def _measured(self, latencies: "array[float]", events: int, started: float, used: float) -> Measured:
        seconds = time.perf_counter() - started
        busy = (time.process_time() - used) / seconds
        return Measured(len(latencies), self.events - events, seconds, busy, sorted(latencies))


class _Line:
    """One kept-alive connection and its script. `since` is when the request under way was sent, or was due."""

    def __init__(self, port: int, script: Iterator[Request]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self._script = script
        self._received = b""
        self._due: list[float] = []
        self.request = Request(b"", b"")
        self.since = 0.0

    def send(self, since: float) -> None:
        self.since = since
        self.request = next(self._script)
        if self.socket.send(self.request.raw) != len(self.request.raw):
            raise WrongReply("a request did not fit into the socket's buffer")

    def owe(self, due: float) -> None:
        """Sends a request now, or as soon as the line is free."""
        self._due.append(due)
        if len(self._due) == 1:
            self.send(due)

    def pay(self) -> None:
        """The request under way was answered: sends the next that is due."""
        del self._due[0]
        if self._due:
            self.send(self._due[0])

    def receive(self) -> bool:
        """Takes what came; whether the reply is complete.

        Raises:
            WrongReply: where it is not a 200 whose body opens as scripted.
        """
        came = self.socket.recv(RECEIVED_AT_ONCE)
        self._received += came
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if came and (not separator or len(body) < _length(head)):
            return False
        if not head.startswith(b"HTTP/1.1 200") or not body.startswith(self.request.opens):
            raise WrongReply(f"{self.request.raw!r}\nwas answered\n{self._received!r}\nand not {self.request.opens!r}")
        self._received = b""
        return True


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
