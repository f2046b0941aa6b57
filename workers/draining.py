"""The job that reads the lanes into the database for about a minute, and the one that starts it where it is missing.

Any number of these may run at once, be started twice or be killed: the offset in SQL decides what counts (rules 10, 11).
"""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine

from workers import relay, settings
from workers.database.session import writing
from workers.dialogs import lane_key
from workers.intake import Entry, LaneMoved, Position, positions, take_in
from workers.lanes import epoch_of
from workers.privacy import LANES
from workers.queues import INTAKE

BLOCK_MILLISECONDS = 500
ENTRIES_A_LANE = 250
"""Entries of one lane in one batch, 4,000 in all: large enough to be cheap, small enough for flat memory."""

TRIM_SECONDS = 10


def drain(share: int = 0, seconds: float = relay.SECONDS) -> int:
    """The RQ job: reads its share of the lanes until its time is up, then enqueues its successor.

    Returns:
        How many entries it took in.
    """
    conf = settings.load()
    if share >= conf.intake_workers:
        return 0  # the shares are fewer than they were
    with relay.turn(conf, INTAKE, lease(share), drain, share) as (runner, engine, client):
        drainer = Drainer(engine, client, conf.lane_margin, range(share, LANES, conf.intake_workers))
        return runner.run(seconds, drainer.try_step, drainer.forget)


def keep_draining() -> None:
    """The clock's job: starts a drain for each share whose lease nobody holds and that does not wait."""
    conf = settings.load()
    for share in range(conf.intake_workers):
        relay.keep_running(conf, INTAKE, lease(share), drain, share)


def lease(share: int) -> str:
    """The key that a drain of this share holds in Redis for as long as it lives."""
    return f"palabre:draining:{share}"


class Drainer:
    """Reads its lanes, batch by batch: what waits there, up to a bound."""

    def __init__(self, engine: Engine, client: Any, margin: int, lanes: Sequence[int] = range(LANES)) -> None:
        self._engine, self._client, self._margin, self._lanes = engine, client, margin, lanes
        self._at: dict[int, Position] = {}
        self._trimmed = 0.0

    def try_step(self, block: int = BLOCK_MILLISECONDS) -> int:
        """A step; where another reader was faster, nothing, and the positions are read again."""
        try:
            return self.step(block)
        except LaneMoved:
            self.forget()
            return 0

    def forget(self) -> None:
        """What is behind went away: where the lanes stand is to be asked again."""
        self._at = {}

    def step(self, block: int = BLOCK_MILLISECONDS) -> int:
        """One look at the lanes, one transaction where there is something. Returns the entries taken in.

        Raises:
            LaneMoved: when another reader was faster, or the lanes are no longer those that were read.
            redis.RedisError, sqlalchemy.exc.OperationalError: when either is away.
        """
        if not self._at:
            epoch = epoch_of(self._client)
            with writing(self._engine) as session:
                self._at = positions(session, epoch, self._lanes)
        streams = {lane_key(lane): f"{position.last}-9" for lane, position in self._at.items()}
        answer = self._client.xread(streams, count=ENTRIES_A_LANE, block=block) or []
        entries = _entries(answer)
        if (
            epoch_of(self._client) != self._at[self._lanes[0]].epoch
        ):  # asked after reading: the client reconnects to a restarted server unasked
            raise LaneMoved
        if entries:
            self._at = take_in(self._engine, self._at, entries)
        self._trim()
        return len(entries)

    def _trim(self) -> None:
        """Lanes are kept to the offset less a margin (rule 11)."""
        now = time.monotonic()
        if now - self._trimmed > TRIM_SECONDS:
            self._trimmed = now
            for lane, position in self._at.items():
                if position.last > self._margin:
                    self._client.xtrim(lane_key(lane), minid=f"{position.last - self._margin}-0", approximate=True)


def _entries(answer: Any) -> list[Entry]:
    lanes = {lane_key(lane): lane for lane in range(LANES)}
    streams = answer.items() if isinstance(answer, dict) else answer
    entries = []
    for name, items in streams:
        for batch in [items[0]] if items and isinstance(items[0], list) else [items]:
            entries += [Entry(lanes[name], int(entry.split(b"-")[0]), fields.get(b"e", b"")) for entry, fields in batch]
    return entries
