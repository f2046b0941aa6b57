"""One SMS: load → answer → commit, as for a hop. What we answer is an event of the same commit (rule 8); nothing is sent here.

A message that cannot be an answer, for its sender is no number, is kept for staff.
"""

import os
import time
from collections.abc import Sequence

from msgspec.structs import replace

from flows import distress, spelling, texting
from flows.dialog import Person
from flows.events import BY_CARRIER, Agreed, Consented, Erased, Event, OptedOut, Replied, Unlinked
from flows.scene import Turn
from gateway.line import Line, until_it_stands
from workers.callers import Caller
from workers.channels.base import Text, known_by
from workers.dialogs import (
    SMS_DIALOG_SECONDS,
    Session,
    keys,
    person_from_bytes,
    person_to_bytes,
    session_from_bytes,
    session_to_bytes,
)
from workers.messages import parts
from workers.privacy import country_of, phone_key, session_tag

SMS_SEPTETS = 459
"""Three parts: what one answer may cost."""

MESSAGES_REMEMBERED = 12
"""Ids of a phone's last messages, by which one that its provider sends again is known."""


class Texts:
    """Takes the SMS of one channel."""

    def __init__(self, line: Line) -> None:
        self._line, self._runtime, self._channel = line, line.runtime, line.channel

    def take(self, text: Text) -> None:
        """Takes one SMS. A message that came before changes nothing.

        Raises:
            redis.RedisError: when Redis is away: the provider is to send it again.
            Busy: when the phone's other requests left no room.
            Full: when Redis has no room for a new conversation.
        """
        if text.opted_out and text.phone:
            self.opt_out(text.phone)
            return
        ids = known_by(text, time.time())
        text = text if text.part else replace(text, id=ids[0])
        number = text.phone
        if number is None:
            until_it_stands(lambda: self._try_nameless(text) or None)
        elif text.part:
            self._part(text, number)
        else:
            until_it_stands(lambda: self._try(text, number, ids) or None)

    def opt_out(self, number: str) -> None:
        """The carrier says that a number wants no more messages: as good as its STOP.

        Raises:
            redis.RedisError: when Redis is away.
            Busy: when the phone's other requests left no room.
        """
        until_it_stands(lambda: self._try_opt_out(number) or None)

    def _part(self, text: Text, number: str) -> None:
        """One part of a longer SMS: it waits in Redis for the others, and the last one brings the whole."""
        caller, _ = self._line.look_up(number, f"sms {number}")
        whole = parts.keep(self._runtime.redis, caller.phone, self._channel.name, text, time.time())
        if whole:
            until_it_stands(lambda: self._try(whole, number, (whole.id,)) or None)
            parts.taken(self._runtime.redis, caller.phone, self._channel.name, text)

    def _try(self, text: Text, number: str, ids: Sequence[str]) -> bool:
        caller, loaded = self._line.look_up(number, f"sms {number}")
        session = session_from_bytes(loaded.session) if loaded.session else None
        self._line.refuse_new_when_full(session)
        heard = session.prev.split() if session else []
        message, *others = (session_tag(self._channel.name, one, caller.key) for one in ids)
        if not {message, *others}.isdisjoint(heard):
            return True
        person = person_from_bytes(loaded.person) if loaded.person else Person()
        catalogue = self._runtime.shelf.at(loaded.catalogue)
        turn = self._turn(text, person.country or country_of(number))
        answer = texting.answer(session.dialog if session else None, person, catalogue, turn)
        kept = Session(" ".join([*heard, message][-MESSAGES_REMEMBERED:]), "", "", answer.dialog)
        return self._runtime.dialogs.commit(
            caller.places,
            loaded,
            session_to_bytes(kept),
            person_to_bytes(answer.person),
            self._records(text, number, caller, answer),
            seconds=SMS_DIALOG_SECONDS,
        )

    def _turn(self, text: Text, country: str) -> Turn:
        return Turn(
            typed=text.text,
            sent_at=text.sent_at,
            now=time.time(),
            seed=int.from_bytes(os.urandom(8), "big"),
            page_septets=SMS_SEPTETS,
            country=country,
            by_sms=True,
            zero_rated=self._channel.zero_rated,
            cost_line=self._channel.cost_line,
        )

    def _records(self, text: Text, number: str, caller: Caller, answer: texting.Answer) -> list[bytes]:
        """What was said; a consent is also a yes to messages; then our answer."""
        message = f"{number} {text.id}"  # two people may say the same at once, where that is all it is known by
        tag = session_tag(self._channel.name, message, self._runtime.session_key.current())
        said: list[Event] = [*answer.events]
        said += [Agreed(one.language) for one in said if isinstance(one, Consented)]
        if answer.reply is not None:
            last_word = answer.person.stopped or any(isinstance(event, Erased) for event in said)
            said.append(Replied(answer.reply.text, self._runtime.vault.seal(number), last_word))
        return self._line.records(tag, caller, number, said, time.time(), answer.dialog.ordinal, by_sms=True)

    def _try_nameless(self, text: Text) -> bool:
        """A sender that is a name, as of a shop or a network, can't be answered: staff read it."""
        key = self._runtime.keyring.current()[0]
        tag, nobody = session_tag(self._channel.name, text.id, key), phone_key(f"sms {text.id}", key)
        caller = Caller(nobody, (), keys(nobody, tag), key)
        loaded = self._runtime.dialogs.load(caller.places)
        if loaded.session:
            return True  # it comes again
        words = self._runtime.shelf.at(loaded.catalogue).distress
        said = Unlinked(text.text, distress=distress.is_heard(spelling.normalise(text.text), words))
        records = self._line.records(tag, caller, "", [said], time.time(), by_sms=True)
        return self._runtime.dialogs.commit(caller.places, loaded, b"-", loaded.person, records)

    def _try_opt_out(self, number: str) -> bool:
        """Nothing that is open by SMS is touched: only the phone's person changes."""
        caller, loaded = self._line.look_up(number, f"opt-out {number}")
        person = person_from_bytes(loaded.person) if loaded.person else Person()
        if person.stopped:
            return True
        now = time.time()
        tag = session_tag(self._channel.name, f"opt-out {number} {now}", caller.key)
        said = OptedOut(BY_CARRIER, self._runtime.vault.seal(number))
        records = self._line.records(tag, caller, number, [said], now, by_sms=True)
        stopped = person_to_bytes(replace(person, stopped=True))
        return self._runtime.dialogs.commit(caller.places, loaded, b"-", stopped, records, seconds=1)
