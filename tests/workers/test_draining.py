"""The drain on a real Valkey and both databases: what it trims, and what it makes of a server that came back with less."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine

from tests import records
from tests.installation import PATIENCE_SECONDS
from tests.records import assert_counted, drawn, in_lanes, lay
from workers.database.session import open_engine
from workers.dialogs import lane_key
from workers.draining import Drainer, lease
from workers.embedded import EmbeddedValkey
from workers.queues import INTAKE, queue
from workers.relay import Relay, connect, hand_over
from workers.settings import embedded_redis_url


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """With the polls that the records speak of."""
    records.publish_all(engine)
    return engine


class Mortal:
    """A Valkey that a test may kill, and bring back as it was at an earlier moment."""

    def __init__(self, place: Path) -> None:
        self.url = embedded_redis_url(place)
        self._server = EmbeddedValkey(str(place), self.url, "always")
        self._log, self._saved = place / "valkey" / "appendonlydir", place / "saved"
        self._server.start()

    def save(self) -> None:
        """What an operator's snapshot, or a disk that lost its last seconds, would hold."""
        shutil.copytree(self._log, self._saved)

    def come_back_as_saved(self) -> None:
        os.kill(int(redis.Redis.from_url(self.url).info("server")["process_id"]), signal.SIGKILL)
        while self._server.is_running:
            time.sleep(0.01)
        shutil.rmtree(self._log)
        self._saved.rename(self._log)
        self._server.start()

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture
def valkey(home: Path) -> Iterator[Mortal]:
    place = Path(tempfile.mkdtemp(dir=home))
    server = Mortal(place)
    yield server
    server.stop()
    shutil.rmtree(place)


def drain_all(drainer: Drainer) -> None:
    """Lets one and the same drain read, as its job does, until three looks in a row found nothing: one may find its lanes moved."""
    before = signal.getsignal(signal.SIGTERM)
    runner, taken = Relay(drainer._client, lease(0)), [1]

    def step() -> int:
        taken.append(drainer.try_step(block=1))
        runner.stopping = not any(taken[-3:])
        return taken[-1]

    runner.run(PATIENCE_SECONDS, step, drainer.forget)
    assert runner.stopping
    signal.signal(signal.SIGTERM, before)


def test_two_drains_take_turns_and_count_once(engine: Engine, redis_url: str) -> None:
    client, said = redis.Redis.from_url(redis_url), drawn(21, 300)
    drains = [Drainer(engine, connect(redis_url), margin=1000) for _ in range(2)]
    for start in range(0, 300, 100):
        lay(client, said[start : start + 100])
        drain_all(drains[start // 100 % 2])
    assert_counted(engine, said)


def test_a_server_that_came_back_with_less_loses_nothing_under_a_drain_that_goes_on(engine: Engine, valkey: Mortal) -> None:
    client, said, later = redis.Redis.from_url(valkey.url), drawn(22, 100), drawn(23, 30)
    drain = Drainer(engine, connect(valkey.url), margin=1000)
    lay(client, said[:60])
    valkey.save()
    lay(client, said[60:])
    drain_all(drain)
    valkey.come_back_as_saved()
    lay(client, later)
    drain_all(drain)
    assert_counted(engine, [*said, *later])


def test_a_lane_that_is_wiped_under_a_drain_is_read_from_its_beginning(engine: Engine, redis_url: str) -> None:
    client, said, later = redis.Redis.from_url(redis_url), drawn(24, 100), drawn(25, 30)
    drain = Drainer(engine, connect(redis_url), margin=1000)
    lay(client, said)
    drain_all(drain)
    client.flushall()
    lay(client, later)
    drain_all(drain)
    assert_counted(engine, [*said, *later])


@pytest.mark.parametrize("margin", [0, 5])
def test_a_lane_is_trimmed_to_what_was_taken_in_less_the_margin(sqlite_url: str, redis_url: str, margin: int) -> None:
    engine = open_engine(sqlite_url)
    records.publish_all(engine)
    client, said = redis.Redis.from_url(redis_url), drawn(26, 600)
    client.config_set("stream-node-max-entries", 1)  # a server trims by whole nodes; so small a node shows every entry
    lay(client, said)
    last = {lane_key(lane): number for lane, number, _ in in_lanes(said)}
    drain_all(Drainer(engine, connect(redis_url), margin))
    drain_all(Drainer(engine, connect(redis_url), margin))  # begins by trimming what the first took in
    client.config_set("stream-node-max-entries", 100)
    assert {key: client.xlen(key) for key in last} == {key: min(number, margin + 1) for key, number in last.items()}
    assert_counted(engine, said)
    engine.dispose()


def test_workers_with_a_share_of_the_lanes_each_read_all_and_one_may_be_started_twice(engine: Engine, redis_url: str) -> None:
    client, said = redis.Redis.from_url(redis_url), drawn(27, 300)
    shares = [range(0, 16, 3), range(1, 16, 3), range(2, 16, 3), range(1, 16, 3)]
    drains = [Drainer(engine, connect(redis_url), 1000, share) for share in shares]
    for start in range(0, 300, 100):
        lay(client, said[start : start + 100])
        for drain in drains:
            drain_all(drain)
    assert_counted(engine, said)


def test_a_successor_waits_once_for_each_share(redis_url: str) -> None:
    for share in (0, 1, 1, 0, 2):
        hand_over(redis_url, INTAKE, print, share)
    assert sorted(job.args for job in queue(redis_url, INTAKE).jobs) == [(0,), (1,), (2,)]
