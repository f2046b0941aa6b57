"""The drawn people at their phones: they read the screens as people do, and type what was drawn for them.

It must never look anywhere but at the page: what is asked is known by how the question begins.
"""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from gateway.rehearsal.form import Form
from gateway.rehearsal.population import Household, Person, Reply, without_accents
from gateway.rehearsal.testimony import Performed, Said
from gateway.simulator import Handset, Network, NetworkError, Shown

THREADS = 16
HASTY = (0.2, 0.5, 1.0)
"""Seconds between the tries of somebody for whom nothing should go wrong."""
PATIENT = (0.5, 1.0, 2.0, *(5.0,) * 36)
"""The same where the service may be away for minutes."""

MOST_QUESTIONS = 50
"""In one dial; whoever is asked more hangs up."""

MOST_PAGES = 8
"""Of one question; whoever has turned so many turns no more."""

LANGUAGE_NAMES = {"fr": "Français", "en": "English"}
ANOTHER_PERSON = ("Une autre personne", "Another person")
RESUME = ("Reprendre", "Resume")
WHO_RETURNS = ("Qui répond?", "Who is answering?")
MAY_WRITE = ("dessmsde", "sendyousms")
"""What is in the question whether messages may come, as `letters` reads it (flows/phrases/fr.toml, `may_write`)."""
SERVICE_IS_DOWN = "leserviceestarrete"
"""How the END page of a fault of ours begins, as `letters` reads it (flows/phrases/fr.toml, `unavailable`)."""


class Interrupted(Exception):
    """The dial came to nothing, or to a page that nobody expected: hang up, and dial again."""


class Pace:
    """At most `rate` hops a second over all threads; without a rate, as they come."""

    def __init__(self, rate: float | None) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._next, self._lock = 0.0, threading.Lock()

    def wait(self) -> None:
        """Returns when the next hop is due."""
        if not self._gap:
            return
        with self._lock:
            due = self._next = max(self._next + self._gap, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


class Eyes:
    """What somebody makes of a page."""

    def __init__(self, form: Form) -> None:
        begins = {letters(label)[:24]: question.name for question in form.questions for label in question.labels.values()}
        self._begins = sorted(begins.items(), key=lambda item: -len(item[0]))

    def question(self, page: str) -> str:
        """The question that stands there, on the first line or under a hint; empty where there is none."""
        for line in page.split("\n")[:2]:
            for begins, name in self._begins:
                if letters(line).startswith(begins):
                    return name
        return ""


def letters(text: str) -> str:
    """Without accents, capitals, spaces and signs: what GSM-7 cannot change."""
    return re.sub(r"[^a-z0-9]", "", without_accents(text).lower())


def perform(
    new_network: Callable[[], Network],
    form: Form,
    phones: Mapping[str, Household],
    rate: float | None = None,
    patience: Sequence[float] = HASTY,
) -> Iterator[tuple[int, Performed]]:
    """Everybody dials, from 16 connections; yields how many people are through and what their phone saw."""
    eyes, pace, networks = Eyes(form), Pace(rate), threading.local()

    def calls(number: str, household: Household) -> tuple[int, Performed]:
        if not hasattr(networks, "own"):
            networks.own = new_network()
        performed, code = Performed(), networks.own.channel.codes_to(form.dial)[0]
        line = Line(Handset(networks.own, number), code, pace, performed)
        performed.said[number] = [Call(person, line, eyes, patience).performs() for person in household.people]
        return len(household.people), performed

    pool = ThreadPoolExecutor(THREADS)
    try:
        for done in as_completed([pool.submit(calls, *item) for item in phones.items()]):
            yield done.result()
    finally:
        pool.shutdown(cancel_futures=True)


class Line:
    """A handset whose hops are paced and timed."""

    def __init__(self, handset: Handset, code: str, pace: Pace, performed: Performed) -> None:
        self._handset, self._code, self._pace = handset, code, pace
        self.performed = performed

    @property
    def page(self) -> str:
        return self._handset.shown.text

    def dials(self) -> str:
        """A new session; the page that comes.

        Raises:
            Interrupted: as every hop, where no page comes, or the one that says the service is down.
        """
        return self._hop(lambda: self._handset.dial(self._code))

    def types(self, key: str) -> str:
        return self._hop(lambda: self._handset.types(key))

    def repeats(self) -> None:
        """The network sends the last hop again; the page must be the same to the byte (rule 1)."""
        before = self.page
        if self._hop(self._handset.again) != before:
            self.performed.surprises.append(f"a repeated hop showed {self.page!r} after {before!r}")

    def _hop(self, act: Callable[[], Shown]) -> str:
        self._pace.wait()
        begun = time.perf_counter()
        try:
            shown = act()
        except NetworkError as why:
            self.performed.failed_hops += 1
            raise Interrupted(str(why)) from None
        self.performed.latencies.append(time.perf_counter() - begun)
        if letters(shown.text).startswith(SERVICE_IS_DOWN):
            self.performed.failed_hops += 1
            raise Interrupted("the service is down")
        return shown.text


class Call:
    """One person and the phone, from the first dial to the last."""

    def __init__(self, person: Person, line: Line, eyes: Eyes, patience: Sequence[float]) -> None:
        self._person, self._line, self._eyes, self._patience = person, line, eyes, patience
        self._said = Said()

    def performs(self) -> Said:
        """One sitting after the other, as far as patience goes."""
        if not self._person.sittings:
            self._with_patience(self._refuses)
        for sitting in self._person.sittings:
            replies = {reply.question: reply for reply in sitting}
            if not self._with_patience(lambda replies=replies: self._sits(replies)):  # type: ignore[misc]
                break
        return self._said

    def _with_patience(self, does: Callable[[], None]) -> bool:
        """Dials again after a moment as often as patience lasts; False where it did not."""
        for pause in (*self._patience, None):
            try:
                does()
                return True
            except Interrupted as why:
                if pause is None:
                    self._line.performed.surprises.append(str(why))
                else:
                    time.sleep(pause)
        return False

    def _refuses(self) -> None:
        self._line.dials()
        self._line.types("0")

    def _sits(self, wanted: dict[str, Reply]) -> None:
        """Dials and answers what is asked until all that was meant for this dial is answered; then leaves."""
        self._opens()
        for _ in range(MOST_QUESTIONS):
            left = wanted.keys() - self._said.acknowledged.keys()
            if not left:
                self._leaves()
                return
            asked = self._eyes.question(self._line.page)
            if asked in self._said.acknowledged:
                self._line.performed.surprises.append(f"'{asked}' was asked again after its answer had been acknowledged")
            if reply := wanted.get(asked) or self._said.acknowledged.get(asked):
                self._answers(reply)
            elif left <= self._said.sent.keys():
                return  # the page after the last answer was lost on its way, and the answer was not
            else:
                raise Interrupted(f"{', '.join(sorted(left))} should have been asked, and this came: {self._line.page!r}")
        raise Interrupted("the questions have no end")

    def _leaves(self) -> None:
        """The line is cut; at the end they say first that no message may come: a number made up here may be somebody's."""
        if any(words in letters(self._line.page) for words in MAY_WRITE):
            with contextlib.suppress(Interrupted):  # all that was to be said was heard
                self._line.types("0")

    def _opens(self) -> None:
        """From the welcome page to a question: in one's own language, `1` the first time and `2` afterwards.

        As long as no answer was sent `1` is right even after a fault: `2` could be what a housemate left unfinished. Whoever is
        told that there is nothing to resume begins again. Of several who were cut off, whoever holds the phone came last.
        """
        line = self._line
        self._opening(line.dials)
        if _offers(3, LANGUAGE_NAMES[self._person.language], line.page):
            line.types("3")
        self._opening(lambda: line.types("2" if self._said.sent else "1"))
        if any(letters(line.page).startswith(letters(words)) for words in WHO_RETURNS):
            self._opening(lambda: line.types(re.findall(r"^([1-4])\. ", line.page, re.MULTILINE)[-1]))
        if self._said.sent and self._is_at_the_door:
            self._opening(lambda: line.types("1"))
        if not self._said.sent and any(_offers(1, words, line.page) for words in ANOTHER_PERSON):
            self._opening(lambda: line.types("1"))

    @property
    def _is_at_the_door(self) -> bool:
        """Whether the welcome page stands there: nothing to resume, or a session that the service has forgotten."""
        return any(_offers(2, words, self._line.page) for words in RESUME)

    def _opening(self, act: Callable[[], str]) -> None:
        act()
        if self._person.twice:
            self._line.repeats()

    def _answers(self, reply: Reply) -> None:
        """Types what was drawn, nonsense first."""
        line, eyes = self._line, self._eyes
        for nonsense in reply.nonsense:
            if eyes.question(line.types(nonsense)) != reply.question:
                raise Interrupted(f"{nonsense!r} was taken as an answer to '{reply.question}': {line.page!r}")
        if reply.browses:
            self._browses(reply)
        self._said.sends(reply)
        if eyes.question(line.types(reply.typed)) == reply.question:
            raise Interrupted(f"{reply.typed!r} was not taken as an answer to '{reply.question}': {line.page!r}")
        if self._is_at_the_door:
            raise Interrupted(f"'{reply.question}' was answered, and the session begins anew")
        self._said.hears(reply)
        if reply.twice:
            line.repeats()

    def _browses(self, reply: Reply) -> None:
        """Turns pages until the choice is seen. Whoever does not find it has heard its number on the radio and types it."""
        for _ in range(MOST_PAGES):
            if re.search(rf"^{reply.number}\. ", self._line.page, re.MULTILINE):
                return
            if not re.search(r"^9 ", self._line.page, re.MULTILINE):
                break
            self._line.types("9")
        self._line.performed.surprises.append(
            f"choice {reply.number} of '{reply.question}' was on no page, the last was {self._line.page!r}"
        )


def _offers(number: int, words: str, page: str) -> bool:
    """Whether a line says so, in whatever letters the phone has."""
    return any(line.startswith(f"{number}. ") and letters(words) in letters(line) for line in page.split("\n"))
