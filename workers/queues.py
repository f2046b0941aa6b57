"""The RQ queues. A queue that is named here is listened to by `palabre worker`."""

from typing import Any

import redis
from rq import Queue

INTAKE = "intake"
"""What phones said, on its way into the database: with workers of its own, so that nothing waits behind it (rule 11)."""

HOUSEKEEPING = "housekeeping"
"""What the clock asks for."""

MESSAGES = "messages"
"""What we send."""

RELAYS = (INTAKE, MESSAGES)
"""Queues whose job never ends but hands over to its like (workers/relay.py)."""

QUEUES = (INTAKE, MESSAGES, HOUSEKEEPING)


def connection(url: str) -> Any:
    """RQ's own Redis: it does not run on a cluster, so it has an address of its own (rule 28)."""
    return redis.Redis.from_url(url)


def queue(url: str, name: str) -> Queue:
    """One of `QUEUES`."""
    return Queue(name, connection=connection(url))
