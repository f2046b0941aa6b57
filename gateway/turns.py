"""load → advance → commit: the hot path of one USSD hop. It knows nothing of Flask, of HTTP or of the database.

What it returns may be shown: everything that the phone is told was taken is durable by then.
"""

import os
import time

from msgspec.structs import replace

from flows.dialog import Person
from flows.engine import Step, advance
from flows.events import Erased
from flows.scene import Turn
from gateway.line import Line, until_it_stands
from workers.callers import Caller
from workers.channels.base import Inbound, all_typed, newly_typed
from workers.dialogs import (
    Loaded,
    Session,
    keys,
    person_from_bytes,
    person_to_bytes,
    session_from_bytes,
    session_to_bytes,
)
from workers.privacy import country_of, session_tag


class Turns:
    """Takes the hops of one channel."""

    def __init__(self, line: Line) -> None:
        self._line, self._runtime, self._channel = line, line.runtime, line.channel

    def take(self, inbound: Inbound) -> str:
        """The provider's reply to one hop.

        Raises:
            redis.RedisError: when Redis is away; nothing was acknowledged.
            Busy: when the phone's other requests left no room.
            Full: when Redis has no room for a new call.
        """
        if inbound.is_step:
            inbound = until_it_stands(lambda: self._made_cumulative(inbound))
        return until_it_stands(lambda: self._try(inbound))

    def _made_cumulative(self, inbound: Inbound) -> Inbound:
        """The hop with all that was typed, settled before the first try: a try that stood unheard is then known as a repeat."""
        _, loaded = self._line.look_up(inbound.phone, inbound.session)
        session = session_from_bytes(loaded.session) if loaded.session else None
        text = all_typed(session.prev if session else None, session.hop if session else "", inbound)
        return replace(inbound, text=text)

    def _try(self, inbound: Inbound) -> str | None:
        """One round of load, advance and commit; None where somebody else got there first."""
        caller, loaded = self._line.look_up(inbound.phone, inbound.session)
        session = session_from_bytes(loaded.session) if loaded.session else None
        self._line.refuse_new_when_full(session)
        typed = newly_typed(session.prev if session else None, inbound.text)
        if session and (session.dialog.ended or typed.kind in ("repeat", "stale", "odd")):
            if typed.kind == "odd":
                self._line.count("odd")
            return session.reply
        step = self._advance(inbound, session, loaded, typed.text)
        return self._commit(inbound, caller, loaded, session, step)

    def _advance(self, inbound: Inbound, session: Session | None, loaded: Loaded, typed: str) -> Step:
        person = person_from_bytes(loaded.person) if loaded.person else Person()
        turn = Turn(
            typed=typed if session else None,
            now=time.time(),
            seed=int.from_bytes(os.urandom(8), "big"),
            dialled=() if session or not typed else tuple(typed.split("*")),
            page_septets=self._channel.page_septets,
            country=person.country or (country_of(inbound.phone) if session else ""),  # asked for at consent, never before
            zero_rated=self._channel.zero_rated,
            cost_line=self._channel.cost_line,
            can_text=self._channel.can_text,
        )
        return advance(session.dialog if session else None, person, self._runtime.shelf.at(loaded.catalogue), turn)

    def _commit(self, inbound: Inbound, caller: Caller, loaded: Loaded, session: Session | None, step: Step) -> str | None:
        name = self._channel.name
        tag = session.tag if session else session_tag(name, inbound.session, self._runtime.session_key.current())
        reply = self._line.provider.ussd_reply(step.page, inbound.session)
        key = f"{tag}.{len(inbound.text.encode('utf-8', 'replace'))}"
        said = self._line.records(key, caller, inbound.phone, step.events, time.time(), step.dialog.ordinal)
        kept = session_to_bytes(Session(inbound.text, reply, tag, step.dialog, inbound.hop))
        stood = self._runtime.dialogs.commit(caller.places, loaded, kept, person_to_bytes(step.person), said)
        if stood and any(isinstance(event, Erased) for event in step.events):
            self._close_texts(inbound.phone, caller)
        return reply if stood else None

    def _close_texts(self, number: str, caller: Caller) -> None:
        """Whoever erases themselves has no question open by SMS either: it would lie there for a fortnight."""
        tags = (session_tag(channel.name, f"sms {number}", caller.key) for channel in self._runtime.settings.channels)
        self._runtime.redis.delete(*(keys(caller.phone, tag).dialog for tag in tags))
