"""The job that sends what lies in the outbox, and the one that starts it where it is missing.

Several messages of each channel are with the provider at once, in threads; the job's own thread alone touches the database.
Some places of each channel are kept for replies: a provider that hangs on a campaign, or another channel's, delays none.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

from sqlalchemy import Engine

from workers import relay, settings
from workers.channels import provider
from workers.channels.base import Channel, Provider, Sent
from workers.database.session import reading
from workers.keys.keyring import Keyring
from workers.keys.vault import Vault
from workers.messages import claiming, settling
from workers.messages.outbox import KINDS_TO_MANY, REPLIES, TO_MANY, Claimed
from workers.messages.pace import Pace
from workers.messages.settling import Answer
from workers.queues import MESSAGES

LEASE = "palabre:sending"
LOOK_SECONDS = 0.25
"""How often the outbox is looked at: a reply leaves within two seconds of what it answers."""

FEWEST_PLACES, MOST_PLACES = 8, 64
"""How many messages of a channel are with its provider at once: as many as its rate, between these."""

KEPT_PLACES = 4
"""As many more, for replies alone."""

CALL_SECONDS = 15
"""Longer than a call to a provider takes until it times out."""

SLOW_SECONDS = 2


def send(seconds: float = relay.SECONDS) -> int:
    """The RQ job: sends until its time is up, then enqueues its successor. Returns how many messages it sent.

    Before it ends it waits for what is with providers, and sends replies meanwhile.
    """
    conf = settings.load()
    with relay.turn(conf, MESSAGES, LEASE, send) as (runner, engine, client):
        keyring = Keyring(conf)
        providers = {channel.name: provider(channel) for channel in conf.channels}
        sender = Sender(engine, Pace(client), lambda: Vault(keyring.current()), providers)
        settling.give_up_on_stuck(engine)
        claiming.bring_forward(engine)
        sent = runner.run(seconds, sender.work)
        sent += runner.run(CALL_SECONDS, sender.wind_down, until=sender.is_idle)
        return sent + sender.finish(CALL_SECONDS)


def keep_sending() -> None:
    """The clock's job: starts a sender where none holds the lease and none waits."""
    relay.keep_running(settings.load(), MESSAGES, LEASE, send)


class Sender:
    """Claims what is due, has it sent, and writes down what became of it."""

    def __init__(self, engine: Engine, pace: Pace, vault: Callable[[], Vault], providers: Mapping[str, Provider]) -> None:
        self._engine, self._pace, self._vault, self._providers = engine, pace, vault, providers
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._begun: dict[int, tuple[Claimed, float]] = {}
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        self._unwritten: list[Answer] = []

    def work(self) -> int:
        """One step, or a wait for something to do."""
        return self.step() or self._wait(LOOK_SECONDS)

    def wind_down(self) -> int:
        """One step with replies alone, on channels whose replies do not hang."""
        return self.step(last=True) or self._wait(LOOK_SECONDS)

    def step(self, last: bool = False) -> int:
        """Writes down what came back, and starts what is due. Returns how many messages were started."""
        self._write()
        started = 0
        for channel, priority, due in self._due(last):
            allowed = self._pace.take(channel, due)
            if allowed:
                started += (now := self._start(channel, priority, allowed))
                if now < allowed:
                    self._pace.take(channel, now - allowed)
        return started

    def finish(self, seconds: float = CALL_SECONDS) -> int:
        """Waits for what is with providers; what has no answer after that is unknown. Returns how many were waited for."""
        waited, until = len(self._begun), time.monotonic() + seconds
        while self._begun and (left := until - time.monotonic()) > 0:
            self._wait(left)
            self._write()
        for message, _ in [*self._begun.values()]:
            self._answered(message, Sent("unknown", why="no answer in time"))
        self._write()
        return waited

    def is_idle(self) -> bool:
        """Whether nothing is with a provider, and nothing waits to be written down."""
        return not self._begun and not self._unwritten

    def _due(self, last: bool) -> list[tuple[Channel, int, int]]:
        """(channel, priority, how many) of what is due and has a place: replies first."""
        channels = [one.channel for one in self._providers.values() if not (last and self._hangs(one.channel))]
        with reading(self._engine) as session:
            places = [
                (channel, priority, claiming.waiting(session, channel.name, priority, datetime.now(UTC), free))
                for priority in ((REPLIES,) if last else (REPLIES, TO_MANY))
                for channel in channels
                if (free := self._free(channel, priority)) > 0
            ]
        return [place for place in places if place[2]]

    def _free(self, channel: Channel, priority: int) -> int:
        taken = sum(one.channel == channel.name for one, _ in self._begun.values())
        return _places(channel) - taken - (KEPT_PLACES if priority == TO_MANY else 0)

    def _hangs(self, channel: Channel) -> bool:
        since = time.monotonic() - SLOW_SECONDS
        theirs = (began for one, began in self._begun.values() if one.channel == channel.name and not _is_to_many(one))
        return any(began < since for began in theirs)

    def _start(self, channel: Channel, priority: int, at_most: int) -> int:
        free = min(at_most, self._free(channel, priority))
        claimed: list[Claimed] = []
        if free > 0:
            claimed = claiming.claim(self._engine, self._vault(), channel, priority, datetime.now(UTC), free)
        if channel.name not in self._pools:
            self._pools[channel.name] = ThreadPoolExecutor(_places(channel))
        for message in claimed:
            self._begun[message.id] = (message, time.monotonic())
            self._pools[channel.name].submit(self._call, message)
        return len(claimed)

    def _call(self, message: Claimed) -> None:
        """In a thread of its own. A provider's file never raises; one that does has sent the message or not."""
        try:
            sent = self._providers[message.channel].send(message.phone, message.text, message.reference)
        except Exception as why:
            sent = Sent("unknown", why=type(why).__name__)
        self._answers.put((message, sent))

    def _wait(self, seconds: float) -> int:
        """Until something comes back, or for so long."""
        with contextlib.suppress(Empty):
            self._answered(*self._answers.get(timeout=seconds))
        return 0

    def _answered(self, message: Claimed, sent: Sent) -> None:
        if self._begun.pop(message.id, None):
            self._unwritten.append((message, sent))

    def _write(self) -> None:
        """All that came back, in one transaction; kept, and written at the next step, where the database is away."""
        while not self._answers.empty():
            self._answered(*self._answers.get())
        if self._unwritten:
            settling.settle(self._engine, self._unwritten)
            self._unwritten = []


def _places(channel: Channel) -> int:
    return min(MOST_PLACES, max(FEWEST_PLACES, channel.rate)) + KEPT_PLACES


def _is_to_many(message: Claimed) -> bool:
    return message.kind in KINDS_TO_MANY
