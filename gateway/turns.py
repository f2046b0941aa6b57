"""load → advance → commit: the hot path of one USSD hop or SMS. It knows nothing of Flask, of HTTP or of the database.

What it returns may be shown: everything that the phone is told was taken is durable by then.
"""

import os
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace
from redis.exceptions import ConnectionError as LostRedis

from flows import texting
from flows.dialog import Person
from flows.engine import Step, advance
from flows.events import (
    BY_CARRIER,
    Agreed,
    Consented,
    Declined,
    Erased,
    Event,
    OptedIn,
    OptedOut,
    Record,
    Replied,
    Reported,
    Unlinked,
    to_bytes,
)
from flows.scene import Turn
from gateway.runtime import Runtime
from workers import parts
from workers.callers import Caller, look_up
from workers.channels.base import Delivery, Ended, Inbound, Provider, Text, all_typed, known_by, newly_typed
from workers.dialogs import (
    SMS_DIALOG_SECONDS,
    Loaded,
    Session,
    keys,
    person_from_bytes,
    person_to_bytes,
    session_from_bytes,
    session_to_bytes,
)
from workers.privacy import country_of, e164, session_tag, without_numbers

ATTEMPTS = 6
"""How often one hop is tried: two requests of one phone at once, or a Redis that was restarted under our connection."""

SMS_SEPTETS = 459
"""Three parts: what one answer may cost."""

MESSAGES_REMEMBERED = 12
"""Ids of a phone's last messages, by which one that its provider sends again is known."""


REFUSED, ENDED = "palabre:counts", "palabre:ended"
"""Hashes in Redis: what fitted nothing, by what it was; sessions that ended, by how."""

ENDINGS = ("success", "incomplete", "failed")

Stood = TypeVar("Stood")


class Busy(Exception):
    """Other requests of the same phone kept getting there first."""


class Full(Exception):
    """Redis has no room for a new call."""


class Turns:
    """Takes the hops of one channel."""

    def __init__(self, runtime: Runtime, provider: Provider) -> None:
        self._runtime, self._provider = runtime, provider
        self._channel = provider.channel
        self._training = {e164(number) for number in runtime.settings.training_phones}

    def ussd(self, inbound: Inbound) -> str:
        """The provider's reply to one hop.

        Raises:
            redis.RedisError: when Redis is away; nothing was acknowledged.
            Busy: when the phone's other requests left no room.
            Full: when Redis has no room for a new call.
        """
        if inbound.is_step:
            inbound = _until_it_stands(lambda: self._made_cumulative(inbound))
        return _until_it_stands(lambda: self._try(inbound))

    def _made_cumulative(self, inbound: Inbound) -> Inbound:
        """The hop with all that was typed, settled before the first try: a try that stood unheard is then known as a repeat."""
        _, loaded = self._look_up(inbound.phone, inbound.session)
        session = session_from_bytes(loaded.session) if loaded.session else None
        text = all_typed(session.prev if session else None, session.hop if session else "", inbound)
        return replace(inbound, text=text)

    def _try(self, inbound: Inbound) -> str | None:
        """One round of load, advance and commit; None where somebody else got there first."""
        caller, loaded = self._look_up(inbound.phone, inbound.session)
        session = session_from_bytes(loaded.session) if loaded.session else None
        self._refuse_new_when_full(session)
        typed = newly_typed(session.prev if session else None, inbound.text)
        if session and (session.dialog.ended or typed.kind in ("repeat", "stale", "odd")):
            if typed.kind == "odd":
                self._count("odd")
            return session.reply
        step = self._advance(inbound, session, loaded, typed.text)
        return self._commit(inbound, caller, loaded, session, step)

    def _look_up(self, number: str, session: str) -> tuple[Caller, Loaded]:
        return look_up(self._runtime.dialogs, self._runtime.keyring.current(), number, self._channel.name, session)

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
        reply = self._provider.ussd_reply(step.page, inbound.session)
        now, octets = time.time(), len(inbound.text.encode("utf-8", "replace"))
        training = inbound.phone in self._training
        said = [self._sealed(event, inbound.phone) for event in step.events]
        ordinals = [_said_by(event, step.dialog.ordinal) for event in said]
        events = [
            to_bytes(Record(f"{tag}.{octets}.{n}", caller.phone, ordinal, name, now, event, caller.aliases, training))
            for n, (event, ordinal) in enumerate(zip(said, ordinals, strict=True))
        ]
        kept = session_to_bytes(Session(inbound.text, reply, tag, step.dialog, inbound.hop))
        stood = self._runtime.dialogs.commit(caller.places, loaded, kept, person_to_bytes(step.person), events)
        if stood and any(isinstance(event, Erased) for event in step.events):
            self._close_texts(inbound.phone, caller)
        return reply if stood else None

    def _sealed(self, event: Event, number: str) -> Event:
        """The event as it may be kept: a yes to messages with the number that they go to."""
        return replace(event, sealed=self._runtime.vault.seal(number)) if isinstance(event, Agreed) else event

    def _close_texts(self, number: str, caller: Caller) -> None:
        """Whoever erases themselves has no question open by SMS either: it would lie there for a fortnight."""
        tags = (session_tag(channel.name, f"sms {number}", caller.key) for channel in self._runtime.settings.channels)
        self._runtime.redis.delete(*(keys(caller.phone, tag).dialog for tag in tags))

    def sms(self, text: Text) -> None:
        """Takes one SMS; what we answer is an event of the same commit (rule 8). A message that came before changes nothing.

        Raises:
            redis.RedisError: when Redis is away: the provider is to send it again.
            Busy: when the phone's other requests left no room.
            Full: when Redis has no room for a new conversation.
        """
        if text.phone is None:
            return self._count("nameless")
        number = text.phone
        if text.opted_out:
            return self.opt_out(number)
        if text.part:
            return self._part(text, number)
        ids = known_by(text, time.time())
        text = replace(text, id=ids[0])
        _until_it_stands(lambda: self._try_sms(text, number, ids) or None)
        return None

    def _part(self, text: Text, number: str) -> None:
        """One part of a longer SMS: it waits in Redis for the others, and the last one brings the whole."""
        caller, _ = self._look_up(number, f"sms {number}")
        whole = parts.keep(self._runtime.redis, caller.phone, self._channel.name, text, time.time())
        if whole:
            _until_it_stands(lambda: self._try_sms(whole, number, (whole.id,)) or None)
            parts.taken(self._runtime.redis, caller.phone, self._channel.name, text)

    def unreadable(self) -> None:
        """A callback told nothing that could be read."""
        self._count("unreadable")

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
            _until_it_stands(lambda: self._try_delivery(known) or None)

    def _try_delivery(self, delivery: Delivery) -> bool:
        """Reports on one message come at once, as Kannel's `submitted` and `delivered` do: whoever is second tries again."""
        name, known_by = self._channel.name, delivery.reference or delivery.provider_id
        message = session_tag(name, known_by, self._runtime.keyring.current()[0])
        phone, places = message, keys(message, message)
        loaded = self._runtime.dialogs.load(places)
        if delivery.phone:
            caller, loaded = self._look_up(delivery.phone, f"delivery {known_by}")
            phone, places = caller.phone, caller.places
        event = Reported(delivery.provider_id, delivery.state, delivery.reference, delivery.status, delivery.why)
        key = f"{message}.{delivery.state or delivery.status.lower()}"
        record = to_bytes(Record(key[:64], phone, 0, name, time.time(), event))
        return self._runtime.dialogs.commit(places, loaded, b"-", loaded.person, [record])

    def opt_out(self, number: str) -> None:
        """The carrier says that a number wants no more messages: as good as its STOP.

        Raises:
            redis.RedisError: when Redis is away.
            Busy: when the phone's other requests left no room.
        """
        _until_it_stands(lambda: self._try_opt_out(number) or None)

    def _try_opt_out(self, number: str) -> bool:
        """Nothing that is open by SMS is touched: only the phone's person changes."""
        caller, loaded = self._look_up(number, f"opt-out {number}")
        person = person_from_bytes(loaded.person) if loaded.person else Person()
        if person.stopped:
            return True
        now, tag = time.time(), session_tag(self._channel.name, f"opt-out {number} {time.time()}", caller.key)
        event = OptedOut(BY_CARRIER, self._runtime.vault.seal(number))
        record = Record(f"{tag}.0", caller.phone, 0, self._channel.name, now, event, caller.aliases, by_sms=True)
        stopped = person_to_bytes(replace(person, stopped=True))
        return self._runtime.dialogs.commit(caller.places, loaded, b"-", stopped, [to_bytes(record)], seconds=1)

    def session_end(self, ended: Ended) -> None:
        """A session ended: only how is counted.

        Raises:
            redis.RedisError: when Redis is away.
        """
        self._count(ended.status if ended.status in ENDINGS else "other", ENDED)

    def _try_sms(self, text: Text, number: str, ids: Sequence[str]) -> bool:
        caller, loaded = self._look_up(number, f"sms {number}")
        session = session_from_bytes(loaded.session) if loaded.session else None
        self._refuse_new_when_full(session)
        heard = session.prev.split() if session else []
        message, *others = (session_tag(self._channel.name, one, caller.key) for one in ids)
        if not {message, *others}.isdisjoint(heard):
            return True
        person = person_from_bytes(loaded.person) if loaded.person else Person()
        turn = Turn(
            typed=text.text,
            sent_at=text.sent_at,
            now=time.time(),
            seed=int.from_bytes(os.urandom(8), "big"),
            page_septets=SMS_SEPTETS,
            country=person.country or country_of(number),
            by_sms=True,
            zero_rated=self._channel.zero_rated,
            cost_line=self._channel.cost_line,
        )
        catalogue = self._runtime.shelf.at(loaded.catalogue)
        answer = texting.answer(session.dialog if session else None, person, catalogue, turn)
        kept = Session(" ".join([*heard, message][-MESSAGES_REMEMBERED:]), "", "", answer.dialog)
        return self._runtime.dialogs.commit(
            caller.places,
            loaded,
            session_to_bytes(kept),
            person_to_bytes(answer.person),
            self._sms_events(text, number, caller, answer),
            seconds=SMS_DIALOG_SECONDS,
        )

    def _refuse_new_when_full(self, session: Session | None) -> None:
        if session is None and self._runtime.pressure.is_high():
            raise Full

    def _sms_events(self, text: Text, number: str, caller: Caller, answer: texting.Answer) -> list[bytes]:
        """What was said, by the person who said it; what acts on the number, and our answer, by nobody in particular."""
        name, now = self._channel.name, time.time()
        tag = session_tag(name, text.id, self._runtime.session_key.current())
        said: list[Event] = [*answer.events]
        said += [Agreed(one.language, self._runtime.vault.seal(number)) for one in said if isinstance(one, Consented)]
        if answer.reply is not None:
            last_word = answer.person.stopped or any(isinstance(event, Erased) for event in said)
            said.append(Replied(answer.reply.text, self._runtime.vault.seal(number), last_word))
        ordinals = [_said_by(one, answer.dialog.ordinal) for one in said]
        training = number in self._training
        return [
            to_bytes(Record(f"{tag}.{n}", caller.phone, ordinal, name, now, one, caller.aliases, training, by_sms=True))
            for n, (one, ordinal) in enumerate(zip(said, ordinals, strict=True))
        ]

    def _count(self, what: str, where: str = REFUSED) -> None:
        self._runtime.redis.hincrby(where, what, 1)


def _said_by(event: Event, ordinal: int) -> int:
    """0 for what acts on the number, whoever of its people said it."""
    return 0 if isinstance(event, Agreed | Declined | Replied | OptedOut | OptedIn | Erased | Unlinked) else ordinal


def _until_it_stands(attempt: Callable[[], Stood | None]) -> Stood:
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
