"""Who will dial, what they will answer and how they will type it, drawn from a seed before anybody dials.

It must never import the engine, the intake or a database: it is what they are held against.
"""

import random
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from gateway.rehearsal.form import Choice, Form, Question, holds

PROFILE_A_SESSION = 2
"""Profile questions asked in one session (contract, "What a phone sees")."""

HOME_PREFIX = ("+2237", 7)
FOREIGN_PREFIXES = {
    **{"fr": ("+336", 8), "es": ("+346", 8), "it": ("+39347", 7), "ci": ("+22507", 8), "ga": ("+2416", 7)},
    **{"cg": ("+24206", 7), "sn": ("+22177", 7), "mr": ("+2224", 7), "us": ("+19172", 6), "other": ("+49151", 8)},
}
"""By country: how a mobile number begins, and how many digits follow."""

RESIDENCES = {"village": 45, "diaspora": 30, "returned": 15, "other": 10}
TEXTS = {
    "fr": (
        "de l'eau",
        "Une route goudronnée",
        "5*6 km de piste",
        "un avocat, un vrai",
        "9 forages",
        "L'ÉCOLE des filles!",
        "œuvrer",
    ),
    "en": ("water", "a road", "5*6 km of track", "a lawyer, a real one", "9 wells"),
}
NONSENSE = ("bonjour", "???", "allo allo", "77", "xx")
NOT_A_NUMBER = ("beaucoup", "12 ou 13", "??")

Figures = Counter[tuple[str, str, str]]
"""(question, measure, choice) → count; measures are `respondents`, `answered`, `skipped` and `choice`."""


class Reply(Struct, frozen=True):
    """One answer. `values` are names of choices or digits, none for a text; `nonsense` is typed before, `typed` counts.

    `browses`: turns pages until the choice is seen; `twice`: the network sends the hop again.
    """

    question: str
    profile: bool
    kind: Literal["answered", "skipped"] = "answered"
    values: tuple[str, ...] = ()
    typed: str = ""
    nonsense: tuple[str, ...] = ()
    number: int = 0
    browses: bool = False
    twice: bool = False

    def figures(self) -> Figures:
        """Where this reply counts."""
        return Figures([(self.question, self.kind, ""), *((self.question, "choice", value) for value in self.values)])


class Person(Struct, frozen=True):
    """`sittings`: the replies of one dial after the other; none is somebody who presses `0` at once."""

    language: str
    sittings: tuple[tuple[Reply, ...], ...]
    twice: bool = False


class Household(Struct, frozen=True):
    """The people of one phone, in the order in which they hold it. `prefix` and `digits` shape its number."""

    prefix: str
    digits: int
    people: tuple[Person, ...]

    def number(self, base: int) -> str:
        """The E.164 number of this phone, where `base` is the run's own number for it."""
        return f"{self.prefix}{base % 10**self.digits:0{self.digits}d}"


def draw(form: Form, people: int, seed: int) -> tuple[Household, ...]:
    """The population of that seed: always the same, whatever answers it."""
    dice = random.Random(seed)  # noqa: S311 - a rehearsal is repeatable
    weights = {question.name: _weights(dice, question) for question in form.questions}
    households: list[Household] = []
    while people > 0:
        households.append(_Drawing(form, dice, weights).household(people))
        people -= len(households[-1].people)
    return tuple(households)


def expected(households: Sequence[Household]) -> Figures:
    """What a service that works will have counted when all of them have called."""
    people = (person for household in households for person in household.people)
    return total([reply for sitting in person.sittings for reply in sitting] for person in people)


def total(people: Iterable[Sequence[Reply]]) -> Figures:
    """Where the replies of all these people count."""
    counted = Figures()
    for replies in people:
        counted.update(figures_of(replies))
    return counted


def figures_of(replies: Sequence[Reply]) -> Figures:
    """Where one person's replies count: a respondent answered a question that is not of the profile."""
    total = Figures()
    for reply in replies:
        total.update(reply.figures())
    if any(reply.kind == "answered" and not reply.profile for reply in replies):
        total["", "respondents", ""] += 1
    return total


def _weights(dice: random.Random, question: Question) -> list[float]:
    """Of the question's choices: some are popular and some are rare."""
    if question.name == "residence":
        return [RESIDENCES.get(choice.name, 5) for choice in question.choices]
    weights = [1 / place for place in range(1, len(question.choices) + 1)]
    dice.shuffle(weights)
    return weights


class _Drawing:
    """One household being drawn."""

    def __init__(self, form: Form, dice: random.Random, weights: dict[str, list[float]]) -> None:
        self._form, self._dice, self._weights = form, dice, weights
        self._foreign, self._language = False, "fr"

    def household(self, room: int) -> Household:
        """One phone with one person, or up to three where there is room for as many and those before came to the end."""
        residence = self._one("residence")
        country = self._one("country")
        self._foreign = residence == "diaspora" and self._chance(0.8)
        prefix, digits = FOREIGN_PREFIXES.get(country, FOREIGN_PREFIXES["other"]) if self._foreign else HOME_PREFIX
        people: list[Person] = []
        to_the_end = True
        while to_the_end and (not people or (len(people) < min(room, 3) and self._chance(0.12))):
            person, to_the_end = self._person(residence, country)
            people.append(person)
            residence, country = self._one("residence"), self._one("country")
        return Household(prefix, digits, tuple(people))

    def _person(self, residence: str, country: str) -> tuple[Person, bool]:
        """Somebody who lives there, and whether they come to the end of the poll's own questions."""
        self._language = "en" if self._chance(0.06) else "fr"
        twice = self._chance(0.05)
        if self._chance(0.03):
            return Person(self._language, (), twice), False
        answers: dict[str, tuple[str, ...]] = {"residence": (residence,), "country": (country,)}
        replies: list[Reply] = []
        for question in self._form.questions:
            inferred = question.name == "country" and self._foreign
            if not inferred and holds(question.relevant, answers):
                replies.append(self._reply(question, answers.get(question.name)))
                answers[question.name] = replies[-1].values
        sittings = self._sittings(replies)
        given = {reply.question for sitting in sittings for reply in sitting}
        return Person(self._language, sittings, twice), all(reply.profile or reply.question in given for reply in replies)

    def _sittings(self, replies: Sequence[Reply]) -> tuple[tuple[Reply, ...], ...]:
        """Cuts the replies where the line drops or the session has had its profile questions; some end there."""
        sittings: list[list[Reply]] = [[]]
        gives_up_after = self._dice.randint(1, len(replies)) if self._chance(0.1) else len(replies)
        asked = 0
        for reply in replies[:gives_up_after]:
            if reply.profile and asked == PROFILE_A_SESSION:
                if self._chance(0.5):
                    break
                sittings.append([])
                asked = 0
            asked += reply.profile
            sittings[-1].append(reply)
            if self._chance(0.05):  # the line drops
                if self._chance(0.2):
                    break
                sittings.append([])
                asked = 0
        return tuple(tuple(sitting) for sitting in sittings if sitting)

    def _reply(self, question: Question, lived: tuple[str, ...] | None) -> Reply:
        """What is answered, `lived` where life has settled it, and how that is typed."""
        blank = Reply(question.name, question.profile, twice=self._chance(0.06))
        if not question.required and self._chance(0.08):
            skip = self._dice.choice(("#", " # ", "passer" if self._language == "fr" else "skip"))
            return replace(blank, kind="skipped", typed=skip)
        if question.type == "text":
            return replace(blank, typed=self._dice.choice(TEXTS[self._language]))
        if question.type == "integer":
            value = min(int(self._dice.expovariate(0.3)), question.most)
            nonsense = self._nonsense((*NOT_A_NUMBER, str(question.most + 51)))
            return replace(blank, values=(str(value),), typed=self._typed_number(value), nonsense=nonsense)
        chosen = self._chosen(question, lived)
        return replace(
            blank,
            values=tuple(choice.name for choice in chosen),
            typed=self._typed_choices(chosen),
            nonsense=self._nonsense(NONSENSE),
            number=chosen[-1].number,
            browses=self._chance(0.3),
        )

    def _chosen(self, question: Question, lived: tuple[str, ...] | None) -> list[Choice]:
        if lived is not None:
            return [choice for choice in question.choices if choice.name in lived]
        many = self._dice.choice((1, 1, 2, 2, 3)) if question.type == "select_multiple" else 1
        names = {self._one(question.name) for _ in range(many)}
        return [choice for choice in question.choices if choice.name in names]

    def _typed_choices(self, chosen: Sequence[Choice]) -> str:
        if len(chosen) > 1:
            between = self._dice.choice((" ", " ", ",", ", ", "*", " et " if self._language == "fr" else " and "))
            return between.join(str(choice.number) for choice in chosen)
        number = chosen[0].number
        if self._chance(0.75):
            return self._dice.choice((f"{number}", f"{number}", f"{number}", f"{number}.", f" 0{number} ", f"{number})"))
        word = self._dice.choice(chosen[0].words[self._language])
        return self._dice.choice((word, word.lower(), word.upper(), without_accents(word), without_accents(word).lower()))

    def _typed_number(self, value: int) -> str:
        """`0` before a number is common; `00` alone is the way home, so nobody types it for none."""
        return self._dice.choice((f"{value}", f"{value}", f" {value} ", f"{value}.", f"0{value}" if value else "0"))

    def _nonsense(self, words: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._dice.choice(words) for _ in range(self._dice.choice((1, 1, 1, 2)))) if self._chance(0.07) else ()

    def _one(self, name: str) -> str:
        choices = next(question.choices for question in self._form.questions if question.name == name)
        return self._dice.choices(choices, self._weights[name])[0].name

    def _chance(self, share: float) -> bool:
        return self._dice.random() < share


def without_accents(text: str) -> str:
    """As somebody types who does not look for accents."""
    decomposed = unicodedata.normalize("NFD", text.replace("œ", "oe").replace("Œ", "OE"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
