"""Four intake processes on the same lanes, two of them killed in the middle of it: each event counts once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine, func, select

from flows.events import Record
from tests import records
from tests.processes import until
from tests.records import assert_counted, drawn, in_lanes
from workers.database.models import LedgerRow
from workers.database.session import reading
from workers.dialogs import lane_key, seq_key

DRAIN = [sys.executable, "-c", "from workers.draining import drain; drain()"]

Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts one more drain, as a worker does."""
    places = {"PALABRE_DATA_DIR": str(tmp_path), "PALABRE_DATABASE_URL": database_url, "PALABRE_REDIS_URL": redis_url}
    started: list[subprocess.Popen[bytes]] = []

    def one_more() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(DRAIN, env={**os.environ, **places}))
        return started[-1]

    yield one_more
    for process in started:
        process.terminate()
    for process in started:
        process.wait()


def lay(client: redis.Redis, said: list[Record]) -> None:
    for lane, _, raw in in_lanes(said):
        client.xadd(lane_key(lane), {"e": raw}, id=f"{client.incr(seq_key(lane))}-1")


def taken_in(engine: Engine) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(LedgerRow).where(LedgerRow.kind != "moved")) or 0


def test_four_drains_of_the_same_lanes_count_once_though_two_are_killed(engine: Engine, redis_url: str, start: Start) -> None:
    records.publish_all(engine)
    client, said = redis.Redis.from_url(redis_url), drawn(31, 1200)
    drains = [start() for _ in range(4)]
    for begin in range(0, len(said), 200):
        before = taken_in(engine)
        lay(client, said[begin : begin + 200])
        until(lambda before=before: taken_in(engine) > before, "something taken in")  # type: ignore[misc]
        if begin in (400, 600):
            drains.pop().send_signal(signal.SIGKILL)
    until(lambda: taken_in(engine) >= len({one.key for one in said}), "all of it taken in")
    assert [drain.poll() for drain in drains] == [None, None]
    assert_counted(engine, said)
