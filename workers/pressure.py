"""Back-pressure: a Redis that fills up takes no new call, so that those under way can end and nothing taken is lost."""

import time
from typing import Any

FULL = 0.8
"""Of its memory. The rest is for the calls under way, the queue's own jobs and the intake, which makes room."""

LOOK_SECONDS = 1.0


class Pressure:
    """How full Redis is, asked at most once a second."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._looked, self._high = float("-inf"), False

    def is_high(self) -> bool:
        """Whether new calls are to be refused.

        Raises:
            redis.RedisError: when Redis is away.
        """
        now = time.monotonic()
        if now - self._looked > LOOK_SECONDS:
            self._looked = now
            memory = self._client.info("memory")
            room = memory.get("maxmemory") or memory.get("total_system_memory") or 0
            self._high = bool(room) and memory["used_memory"] > FULL * room
        return self._high
