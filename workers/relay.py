"""Work that never ends, in jobs of about a minute that hand over to each other; the clock restarts a missing one (rule 11).

Any number of one kind may run at once: what they claim in the database decides, never this lease.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from workers.database.session import open_engine
from workers.queues import queue
from workers.settings import Settings

SECONDS = 50
"""How long one job works before it hands over: well under the job's time-out."""

NICENESS = 10
"""Phones go first: a batch on their cores made some of them wait 100 ms (`make bench`), and what waits here is safe."""

JOB_TIMEOUT = 180
LEASE_SECONDS = 5
PAUSE_SECONDS = 0.3


class Relay:
    """One runner of a relay."""

    def __init__(self, client: Any, lease: str) -> None:
        self._client, self._lease = client, lease
        self._leased = 0.0
        self.stopping = False

    def run(
        self,
        seconds: float,
        step: Callable[[], int],
        lost: Callable[[], None] = lambda: None,
        until: Callable[[], bool] = lambda: False,
    ) -> int:
        """Takes steps for `seconds`, or until SIGTERM; what is behind may go away and come back. Returns their sum.

        Args:
            seconds: how long.
            step: does what there is to do, or waits a little for it; returns how much that was.
            lost: called when what is behind went away, so that the runner forgets what it knew of it.
            until: ends it sooner, once it is true.
        """
        signal.signal(signal.SIGTERM, self._stop)
        end, done = time.monotonic() + seconds, 0
        while not self.stopping and time.monotonic() < end and not until():
            try:
                self._hold_lease()
                done += step()
            except (redis.RedisError, OperationalError):
                lost()
                time.sleep(PAUSE_SECONDS)
        return done

    def _hold_lease(self) -> None:
        now = time.monotonic()
        if now - self._leased > LEASE_SECONDS / 3:
            self._client.set(self._lease, 1, ex=LEASE_SECONDS)
            self._leased = now

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True


@contextmanager
def turn(conf: Settings, name: str, lease: str, job: Callable[..., Any], *which: int) -> Iterator[tuple[Relay, Engine, Any]]:
    """One job of the relay: its runner, database and Redis; afterwards it hands over, unless it was told to stop.

    Phones go first on this machine's cores. The engine is made here, after RQ's fork (rule 13).
    """
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    engine, client = open_engine(conf.database_url), connect(conf.redis_url)
    runner = Relay(client, lease)
    try:
        yield runner, engine, client
    finally:
        engine.dispose()
        if not runner.stopping:
            hand_over(conf.queue_url, name, job, *which)


def hand_over(queue_url: str, name: str, job: Callable[..., Any], *which: int) -> None:
    """Enqueues the successor, where none waits: each outage would leave one more, for ever."""
    waiting = queue(queue_url, name)
    if not any(tuple(one.args) == which for one in waiting.jobs):
        waiting.enqueue(job, *which, job_timeout=JOB_TIMEOUT, result_ttl=0, failure_ttl=3600)


def keep_running(conf: Settings, name: str, lease: str, job: Callable[..., Any], *which: int) -> None:
    """Starts a runner where none holds the lease and none waits.

    A lease with longer to go than any is given was given under a clock that was ahead: its holder may be long dead.
    """
    if not 0 <= connect(conf.redis_url).ttl(lease) <= LEASE_SECONDS:
        hand_over(conf.queue_url, name, job, *which)


def connect(url: str, seconds: float = 5.0) -> Any:
    """A client that says when its server does not answer within `seconds`, and tries no second time."""
    once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(url, retry=once, socket_timeout=seconds, socket_connect_timeout=min(seconds, 2.0))
