"""What runs by itself, and how often: the schedule of RQ's cron scheduler."""

from datetime import UTC, datetime
from typing import Any

from rq.cron import CronScheduler
from rq.utils import now

from workers.draining import keep_draining
from workers.housekeeping import announce_catalogue, end_terms, hand_on_parts, start_campaigns, sweep_traces
from workers.messages.sending import keep_sending
from workers.queues import HOUSEKEEPING, connection


def clock(url: str) -> CronScheduler:
    """The scheduler on RQ's Redis at `url`; intervals in seconds. It only enqueues: a job that is late runs once."""
    scheduler = Scheduler(connection=connection(url), logging_level="WARNING")
    scheduler.register(keep_draining, HOUSEKEEPING, interval=5, result_ttl=0)
    scheduler.register(keep_sending, HOUSEKEEPING, interval=5, result_ttl=0)
    scheduler.register(sweep_traces, HOUSEKEEPING, interval=20, result_ttl=0)
    scheduler.register(start_campaigns, HOUSEKEEPING, interval=10, result_ttl=0, job_timeout=900)
    scheduler.register(announce_catalogue, HOUSEKEEPING, interval=60, result_ttl=0)
    scheduler.register(hand_on_parts, HOUSEKEEPING, interval=60, result_ttl=0)
    scheduler.register(end_terms, HOUSEKEEPING, cron="15 3 * * *", result_ttl=0, job_timeout=3600)
    return scheduler


class Scheduler(CronScheduler):
    """RQ's, on a machine whose clock may be put back: then every job is due as if it had never run."""

    _looked = datetime.min.replace(tzinfo=UTC)

    def enqueue_jobs(self) -> Any:
        if now() < self._looked:
            for job in self.get_jobs():
                job.latest_enqueue_time = None
                job.next_enqueue_time = job.get_next_enqueue_time() if job.cron else None
        self._looked = now()
        return super().enqueue_jobs()
