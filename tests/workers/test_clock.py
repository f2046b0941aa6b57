"""What runs by itself goes on when the machine's clock was years ahead and is put right."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from msgspec.structs import replace
from rq.cron import CronScheduler
from rq.utils import now

from workers.clock import clock
from workers.housekeeping import announce_catalogue
from workers.queues import HOUSEKEEPING, INTAKE, queue
from workers.relay import LEASE_SECONDS, keep_running
from workers.settings import Settings

YEARS = 10 * 365 * 24 * 3600


@pytest.fixture
def scheduler(redis_url: str) -> Iterator[CronScheduler]:
    made = clock(redis_url)
    made.register(print, HOUSEKEEPING, cron="15 3 * * *", name="nightly")
    made.enqueue_jobs()
    yield made
    made.connection.close()


def put_back(scheduler: CronScheduler) -> None:
    """As if all that the scheduler knows had been noted under a clock ten years ahead."""
    ahead = timedelta(seconds=YEARS)
    scheduler._looked += ahead  # type: ignore[attr-defined]
    for job in scheduler.get_jobs():
        job.latest_enqueue_time = now() + ahead
        job.next_enqueue_time = job.get_next_enqueue_time()


def test_a_clock_that_is_put_back_stops_no_job(scheduler: CronScheduler) -> None:
    assert scheduler.enqueue_jobs() == []
    put_back(scheduler)
    assert [job.func for job in scheduler.enqueue_jobs()] == [job.func for job in scheduler.get_jobs() if job.interval]
    nightly = next(job for job in scheduler.get_jobs() if job.cron)
    assert nightly.next_enqueue_time is not None
    assert nightly.next_enqueue_time < now() + timedelta(days=2)
    assert announce_catalogue in {job.func for job in scheduler.get_jobs()}


@pytest.mark.parametrize(
    ("seconds", "starts"),
    [
        (LEASE_SECONDS, 0),
        (0, 1),  # nobody holds it
        (YEARS, 1),  # given under a clock that was ahead; whoever held it died before it was put right
    ],
)
def test_a_runner_is_started_where_no_lease_is_in_force(settings: Settings, redis_url: str, seconds: int, starts: int) -> None:
    if seconds:
        redis.Redis.from_url(redis_url).set("a-lease", 1, ex=seconds)
    keep_running(replace(settings, queue_url=redis_url), INTAKE, "a-lease", time.sleep)
    assert queue(redis_url, INTAKE).count == starts
