"""What runs by itself, and how often: the schedule of RQ's cron scheduler."""

from rq.cron import CronScheduler

from workers.draining import keep_draining
from workers.housekeeping import announce_catalogue, end_terms, sweep_traces
from workers.queues import HOUSEKEEPING, connection
from workers.sending import keep_sending


def clock(url: str) -> CronScheduler:
    """The scheduler on RQ's Redis at `url`; intervals in seconds. It only enqueues: a job that is late runs once."""
    scheduler = CronScheduler(connection=connection(url), logging_level="WARNING")
    scheduler.register(keep_draining, HOUSEKEEPING, interval=5, result_ttl=0)
    scheduler.register(keep_sending, HOUSEKEEPING, interval=5, result_ttl=0)
    scheduler.register(sweep_traces, HOUSEKEEPING, interval=20, result_ttl=0)
    scheduler.register(announce_catalogue, HOUSEKEEPING, interval=60, result_ttl=0)
    scheduler.register(end_terms, HOUSEKEEPING, cron="15 3 * * *", result_ttl=0, job_timeout=3600)
    return scheduler
