"""Valkey's append-only file, which holds whatever was ever set until it is written anew."""

import time
from typing import Any

import redis

REWRITE_SECONDS = 120


def rewrite(client: Any) -> bool:
    """Has the file written anew, and waits for it; False where the server is not ours to ask, or took too long."""
    until = time.monotonic() + REWRITE_SECONDS
    while time.monotonic() < until:
        try:
            client.bgrewriteaof()
            break
        except redis.ResponseError as why:
            if "in progress" not in str(why):
                return False  # a server of somebody else's that does not let us
            time.sleep(0.1)  # that one began before our deletions
    while time.monotonic() < until:
        state = client.info("persistence")
        if not state["aof_rewrite_in_progress"] and not state["aof_rewrite_scheduled"]:
            return bool(state["aof_last_bgrewrite_status"] == "ok")
        time.sleep(0.1)
    return False
