"""What a provider tells of things that are over: what became of a message of ours, how a session ended."""

import time

from msgspec.structs import replace

from flows.events import Record, Reported, to_bytes
from gateway.line import ENDED, Line, until_it_stands
from workers.channels.base import Delivery, Ended
from workers.dialogs import keys
from workers.privacy import e164, session_tag, without_numbers

ENDINGS = ("success", "incomplete", "failed")


class Reports:
    """Takes the reports of one channel."""

    def __init__(self, line: Line) -> None:
        self._line, self._runtime, self._channel = line, line.runtime, line.channel

    def delivery(self, delivery: Delivery) -> None:
        """Takes one report: an event like any other, in the lane of the number that it names, else of its message.

        No number stays in it: one that stands where the provider's id would be names no message.

        Raises:
            redis.RedisError: when Redis is away.
            Busy: when the phone's other requests, or other reports on the same message, left no room.
        """
        known = replace(
            delivery,
            provider_id="" if e164(delivery.provider_id) else delivery.provider_id,
            status=without_numbers(delivery.status),
            why=without_numbers(delivery.why),
        )
        if known.reference or known.provider_id:
            until_it_stands(lambda: self._try(known) or None)

    def _try(self, delivery: Delivery) -> bool:
        """Reports on one message come at once, as Kannel's `submitted` and `delivered` do: whoever is second tries again."""
        name, known_by = self._channel.name, delivery.reference or delivery.provider_id
        message = session_tag(name, known_by, self._runtime.keyring.current()[0])
        phone, places = message, keys(message, message)
        loaded = self._runtime.dialogs.load(places)
        if delivery.phone:
            caller, loaded = self._line.look_up(delivery.phone, f"delivery {known_by}")
            phone, places = caller.phone, caller.places
        event = Reported(delivery.provider_id, delivery.state, delivery.reference, delivery.status, delivery.why)
        key = f"{message}.{delivery.state or delivery.status.lower()}"
        record = to_bytes(Record(key[:64], phone, 0, name, time.time(), event))
        return self._runtime.dialogs.commit(places, loaded, b"-", loaded.person, [record])

    def session_end(self, ended: Ended) -> None:
        """A session ended: only how is counted.

        Raises:
            redis.RedisError: when Redis is away.
        """
        self._line.count(ended.status if ended.status in ENDINGS else "other", ENDED)
