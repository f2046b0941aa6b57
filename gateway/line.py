"""One channel's line to Redis: who calls on it, what they said as records, how often a commit is tried, what is only counted.

Every callback of the channel works on it: hops (turns.py), SMS (texts.py), what is told of messages and sessions (reports.py).
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace
from redis.exceptions import ConnectionError as LostRedis

from flows.events import Agreed, Declined, Erased, Event, OptedIn, OptedOut, Record, Replied, Unlinked, to_bytes
from gateway.runtime import Runtime
from workers.callers import Caller, look_up
from workers.channels.base import Provider
from workers.dialogs import Loaded, Session
from workers.privacy import e164

ATTEMPTS = 6
"""How often one hop is tried: two requests of one phone at once, or a Redis that was restarted under our connection."""

REFUSED, ENDED = "palabre:counts", "palabre:ended"
"""Hashes in Redis: what fitted nothing, by what it was; sessions that ended, by how."""

ON_THE_NUMBER = Agreed | Declined | Replied | OptedOut | OptedIn | Erased | Unlinked
"""What acts on the number, whoever of its people said it."""

Stood = TypeVar("Stood")


class Busy(Exception):
    """Other requests of the same phone kept getting there first."""


class Full(Exception):
    """Redis has no room for a new call."""


class Line:
    """What the callbacks of one channel have in common."""

    def __init__(self, runtime: Runtime, provider: Provider) -> None:
        self.runtime, self.provider, self.channel = runtime, provider, provider.channel
        self._training = {e164(number) for number in runtime.settings.training_phones}

    def look_up(self, number: str, session: str) -> tuple[Caller, Loaded]:
        """Who calls, and what Redis knows of them; see `workers.callers.look_up`."""
        return look_up(self.runtime.dialogs, self.runtime.keyring.current(), number, self.channel.name, session)

    def refuse_new_when_full(self, session: Session | None) -> None:
        """Whoever is under way goes on; see `workers/pressure.py`.

        Raises:
            Full: for somebody new, when Redis has no room.
        """
        if session is None and self.runtime.pressure.is_high():
            raise Full

    def records(
        self, key: str, caller: Caller, number: str, said: Sequence[Event], now: float, ordinal: int = 0, by_sms: bool = False
    ) -> list[bytes]:
        """Events in their envelopes; `key` begins the keys of all. A yes to messages takes the number along, sealed."""
        name, training = self.channel.name, number in self._training
        return [
            to_bytes(
                Record(
                    f"{key}.{n}",
                    caller.phone,
                    0 if isinstance(event, ON_THE_NUMBER) else ordinal,
                    name,
                    now,
                    replace(event, sealed=self.runtime.vault.seal(number)) if isinstance(event, Agreed) else event,
                    caller.aliases,
                    training,
                    by_sms,
                )
            )
            for n, event in enumerate(said)
        ]

    def count(self, what: str, where: str = REFUSED) -> None:
        """One more of something that is kept nowhere else."""
        self.runtime.redis.hincrby(where, what, 1)


def until_it_stands(attempt: Callable[[], Stood | None]) -> Stood:
    """What the first attempt gives that nobody was faster than.

    Raises:
        redis.RedisError: when Redis is away.
        Busy: when others kept being faster.
    """
    lost = False
    for _ in range(ATTEMPTS):
        try:
            stood = attempt()
        except LostRedis:
            if lost:
                raise
            lost = True  # a connection from before a restart: the load of the next try says whether ours stood
            continue
        if stood is not None:
            return stood
    raise Busy
