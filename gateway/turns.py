"""load → advance → commit: the hot path of one USSD hop. It knows nothing of Flask, of HTTP or of the database.

What it returns may be shown: everything that the phone is told was taken is durable by then.
"""

import os
import time

from redis.exceptions import ConnectionError as LostRedis

from flows.dialog import Person
from flows.engine import Step, advance
from flows.events import Record, to_bytes
from flows.scene import Turn
from gateway.runtime import Runtime
from workers.channels.base import Inbound, Provider, newly_typed
from workers.dialogs import (
    Keys,
    Loaded,
    Session,
    keys,
    person_from_bytes,
    person_to_bytes,
    session_from_bytes,
    session_to_bytes,
)
from workers.privacy import country_of, phone_key, session_tag

ATTEMPTS = 6
"""How often one hop is tried: two requests of one phone at once, or a Redis that was restarted under our connection."""


class Busy(Exception):
    """Other requests of the same phone kept getting there first."""


class Turns:
    """Takes the hops of one channel."""

    def __init__(self, runtime: Runtime, provider: Provider) -> None:
        self._runtime, self._provider = runtime, provider
        self._channel = provider.channel
        self._pepper = runtime.settings.phone_key

    def ussd(self, inbound: Inbound) -> str:
        """The provider's reply to one hop.

        Raises:
            redis.RedisError: when Redis is away; nothing was acknowledged.
            Busy: when the phone's other requests left no room.
        """
        phone = phone_key(inbound.phone, self._pepper)
        places = keys(phone, session_tag(self._channel.name, inbound.session, self._pepper))
        lost = False
        for _ in range(ATTEMPTS):
            try:
                reply = self._try(inbound, phone, places)
            except LostRedis:
                if lost:
                    raise
                lost = True  # a connection from before a restart: the load of the next try says whether ours stood
                continue
            if reply is not None:
                return reply
        raise Busy

    def _try(self, inbound: Inbound, phone: str, places: Keys) -> str | None:
        """One round of load, advance and commit; None where somebody else got there first."""
        loaded = self._runtime.dialogs.load(places)
        session = session_from_bytes(loaded.session) if loaded.session else None
        typed = newly_typed(session.prev if session else None, inbound.text)
        if session and (session.dialog.ended or typed.kind in ("repeat", "stale", "odd")):
            if typed.kind == "odd":
                self._count("odd")
            return session.reply
        step = self._advance(inbound, session, loaded, typed.text)
        return self._commit(inbound, phone, places, loaded, session, step)

    def _advance(self, inbound: Inbound, session: Session | None, loaded: Loaded, typed: str) -> Step:
        person = person_from_bytes(loaded.person) if loaded.person else Person()
        turn = Turn(
            typed=typed if session else None,
            now=time.time(),
            seed=int.from_bytes(os.urandom(8), "big"),
            dialled=() if session or not typed else tuple(typed.split("*")),
            page_septets=self._channel.page_septets,
            country=person.country or (country_of(inbound.phone) if session else ""),  # asked for at consent, never before
        )
        return advance(session.dialog if session else None, person, self._runtime.shelf.at(loaded.catalogue), turn)

    def _commit(
        self, inbound: Inbound, phone: str, places: Keys, loaded: Loaded, session: Session | None, step: Step
    ) -> str | None:
        name = self._channel.name
        tag = session.tag if session else session_tag(name, inbound.session, self._runtime.session_key.current())
        reply = self._provider.ussd_reply(step.page)
        now, octets = time.time(), len(inbound.text.encode("utf-8", "replace"))
        events = [
            to_bytes(Record(f"{tag}.{octets}.{n}", phone, step.dialog.ordinal, name, now, event))
            for n, event in enumerate(step.events)
        ]
        kept = session_to_bytes(Session(inbound.text, reply, tag, step.dialog))
        stood = self._runtime.dialogs.commit(places, loaded, kept, person_to_bytes(step.person), events)
        return reply if stood else None

    def _count(self, what: str) -> None:
        self._runtime.redis.hincrby("palabre:counts", what, 1)
