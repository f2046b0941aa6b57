"""The job that reads the lanes into the database for about a minute, and the one that starts it where it is missing.

Any number of these may run at once, be started twice or be killed: the offset in SQL decides what counts (rules 10, 11).
"""

import os
import secrets
import signal
import time
from types import FrameType
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from workers import settings
from workers.database.session import open_engine, writing
from workers.dialogs import lane_key
from workers.intake import Entry, LaneMoved, Position, positions, take_in
from workers.privacy import LANES
from workers.queues import INTAKE, queue

DRAIN_SECONDS = 50
"""How long one job reads before it hands over: well under the job's time-out."""

NICENESS = 10
"""Phones go first: what waits in the lanes is safe, and a batch on their cores made some of them wait 100 ms (`make bench`)."""

JOB_TIMEOUT = 180
BLOCK_MILLISECONDS = 500
ENTRIES_A_LANE = 250
"""Entries of one lane in one batch, 4,000 in all: large enough to be cheap, small enough for flat memory."""

TRIM_SECONDS = 10
LEASE = "palabre:draining"
LEASE_SECONDS = 5
EPOCH = "palabre:epoch"
PAUSE_SECONDS = 0.3


def drain(seconds: float = DRAIN_SECONDS) -> int:
    """The RQ job: reads the lanes until its time is up, then enqueues its successor. Returns how many entries it took in."""
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    conf = settings.load()
    engine = open_engine(conf.database_url)  # made here, after RQ's fork (rule 13)
    drainer = Drainer(engine, connect(conf.redis_url), conf.lane_margin)
    try:
        return drainer.run(seconds)
    finally:
        engine.dispose()
        waiting = queue(conf.queue_url, INTAKE)
        if not drainer.stopping and not waiting.count:  # each outage would leave one more in the queue, for ever
            enqueue(waiting)


def keep_draining() -> None:
    """The clock's job: starts a drain where none holds the lease and none waits."""
    conf = settings.load()
    waiting = queue(conf.queue_url, INTAKE)
    if not connect(conf.redis_url).exists(LEASE) and not waiting.count:
        enqueue(waiting)


def enqueue(waiting: Queue) -> None:
    """Puts a drain into its queue."""
    waiting.enqueue(drain, job_timeout=JOB_TIMEOUT, result_ttl=0, failure_ttl=3600)


def connect(url: str, seconds: float = 5.0) -> Any:
    """A client that says when its server does not answer within `seconds`, and tries no second time."""
    return redis.Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=seconds, socket_connect_timeout=min(seconds, 2.0)
    )


class Drainer:
    """Reads all lanes until its time is up or it is told to stop."""

    def __init__(self, engine: Engine, client: Any, margin: int) -> None:
        self._engine, self._client, self._margin = engine, client, margin
        self._at: dict[int, Position] = {}
        self._leased = self._trimmed = 0.0
        self.stopping = False

    def run(self, seconds: float) -> int:
        """Reads for `seconds`. What is behind may go away and come back: nothing is lost, it waits in the lanes."""
        signal.signal(signal.SIGTERM, self._stop)
        until, taken = time.monotonic() + seconds, 0
        while not self.stopping and time.monotonic() < until:
            try:
                taken += self.step()
            except LaneMoved:
                self._at = {}
            except (redis.RedisError, OperationalError):
                self._at = {}
                time.sleep(PAUSE_SECONDS)
        return taken

    def step(self, block: int = BLOCK_MILLISECONDS) -> int:
        """One look at the lanes, one transaction where there is something. Returns the entries taken in.

        Raises:
            LaneMoved: when another reader was faster, or the lanes are no longer those that were read.
            redis.RedisError, sqlalchemy.exc.OperationalError: when either is away.
        """
        if not self._at:
            epoch = self._epoch()
            with writing(self._engine) as session:
                self._at = positions(session, epoch, range(LANES))
        self._hold_lease()
        streams = {lane_key(lane): f"{position.last}-9" for lane, position in self._at.items()}
        answer = self._client.xread(streams, count=ENTRIES_A_LANE, block=block) or []
        entries = _entries(answer)
        if self._epoch() != self._at[0].epoch:  # asked after reading: the client reconnects to a restarted server unasked
            raise LaneMoved
        if entries:
            self._at = take_in(self._engine, self._at, entries)
        self._trim()
        return len(entries)

    def _epoch(self) -> str:
        """The server's run and a mark in it: a restart, a roll-back and a wipe each begin another epoch."""
        pipeline = self._client.pipeline(transaction=False)
        _, mark, server = pipeline.set(EPOCH, secrets.token_hex(8), nx=True).get(EPOCH).info("server").execute()
        return f"{server['run_id']}.{mark.decode()}"

    def _hold_lease(self) -> None:
        now = time.monotonic()
        if now - self._leased > LEASE_SECONDS / 3:
            self._client.set(LEASE, 1, ex=LEASE_SECONDS)
            self._leased = now

    def _trim(self) -> None:
        """Lanes are kept to the offset less a margin (rule 11)."""
        now = time.monotonic()
        if now - self._trimmed > TRIM_SECONDS:
            self._trimmed = now
            for lane, position in self._at.items():
                if position.last > self._margin:
                    self._client.xtrim(lane_key(lane), minid=f"{position.last - self._margin}-0", approximate=True)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True


def _entries(answer: Any) -> list[Entry]:
    lanes = {lane_key(lane): lane for lane in range(LANES)}
    streams = answer.items() if isinstance(answer, dict) else answer
    entries = []
    for name, items in streams:
        for batch in [items[0]] if items and isinstance(items[0], list) else [items]:
            entries += [Entry(lanes[name], int(entry.split(b"-")[0]), fields.get(b"e", b"")) for entry, fields in batch]
    return entries
