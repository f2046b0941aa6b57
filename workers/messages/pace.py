"""A channel's rate, in messages a second: a token bucket in Redis, so that it holds over all senders together.

It is the generic cell rate algorithm (ITU-T I.371): one moment a channel, up to which messages are spoken for. The clock is
Redis' own, and a moment too far ahead, left by a clock that was put back, counts for nothing.
"""

from typing import Any

from workers.channels.base import Channel

BURST_SECONDS = 0.5
"""How much a channel that was silent may make up for at once."""

_SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local every, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local taken = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
if taken > now + 2 * burst then taken = now + burst end
local given = math.min(wanted, math.max(0, math.floor((now + burst - taken) / every)))
redis.call('SET', KEYS[1], string.format('%.0f', taken + given * every), 'PX', 60000)
return given
"""


class Pace:
    """The buckets of all channels."""

    def __init__(self, client: Any) -> None:
        self._script = client.register_script(_SCRIPT)

    def take(self, channel: Channel, wanted: int) -> int:
        """How many of the wanted messages may go now; below zero, so many are put back.

        Raises:
            redis.RedisError: when Redis is away.
        """
        every = 1_000_000 / channel.rate
        burst = max(every, BURST_SECONDS * 1_000_000)
        return int(self._script(keys=[f"palabre:pace:{channel.name}"], args=[every, burst, wanted]))
