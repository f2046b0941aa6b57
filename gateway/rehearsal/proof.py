"""Answer by answer: what each person was told was taken, held against what stands in the database (rule 25).

acknowledged ⊆ counted ⊆ sent, for every phone, person, question and value. It reads answers and never tallies: `outcome.py`
holds those to what is found here. The words of a text stand apart from its answer and are not compared.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import Engine, select

from gateway.rehearsal.population import Figures, Reply, total
from gateway.rehearsal.testimony import Said
from workers.database.models import Answer, Phone
from workers.database.session import reading

PHONES_A_QUERY = 1000


class Kept(NamedTuple):
    """A current answer as it stands in the database; `values` are names of choices or digits, in the alphabet's order."""

    kind: str
    values: tuple[str, ...]
    profile: bool


Held = dict[str, Kept]
"""One participant's current answers, by question."""

Phones = Mapping[str, Sequence[Held]]
"""By number, those participants behind it who answered, by ordinal."""


class Proof(Struct, frozen=True):
    """How many answers; and each that is missing or that nobody sent, named by the places of its phone and person."""

    acknowledged: int
    counted: int
    sent: int
    missing: tuple[str, ...]
    unexplained: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.missing and not self.unexplained

    def __str__(self) -> str:
        return (
            f"{self.acknowledged:,} acknowledged, {self.counted:,} counted, {self.sent:,} sent;"
            f" missing {len(self.missing):,}, unexplained {len(self.unexplained):,}"
        )


def prove(said: Mapping[str, Sequence[Said]], held: Phones) -> Proof:
    """Compares what was said with what is held, both by number; the people of a phone are in the order of their ordinals."""
    missing: list[str] = []
    unexplained: list[str] = []
    for place, (number, people) in enumerate(said.items(), 1):
        compared = [_compared(pairing) for pairing in _pairings(people, held.get(number, ()))]
        lost, strange = min(compared, key=lambda one: len(one[0]) + len(one[1]))
        missing += (f"phone {place}, {one}" for one in lost)
        unexplained += (f"phone {place}, {one}" for one in strange)
    people = [one for phone in said.values() for one in phone]
    return Proof(
        acknowledged=sum(len(one.acknowledged) for one in people),
        counted=sum(len(answers) for phone in held.values() for answers in phone),
        sent=sum(len(one.sent) for one in people),
        missing=tuple(missing),
        unexplained=tuple(unexplained),
    )


def held(engine: Engine, slug: str, numbers: Iterable[str], key_of: Callable[[str], str]) -> Phones:
    """What stands in the database of these numbers in one poll; `key_of` says how a number is called in it."""
    number_of = {key_of(number): number for number in numbers}
    found: dict[tuple[str, int], Held] = defaultdict(dict)
    wanted = (
        select(Phone.phone_key, Phone.ordinal, Answer.question, Answer.kind, Answer.choice, Answer.profile)
        .join(Answer, Answer.participant == Phone.participant)
        .where(Answer.poll == slug, Answer.kind != "withdrawn")
    )
    with reading(engine) as session:
        for keys in _parts(sorted(number_of)):
            for key, ordinal, question, kind, choice, profile in session.execute(wanted.where(Phone.phone_key.in_(keys))):
                found[number_of[key], ordinal][question] = Kept(kind, tuple(sorted(choice.split())), profile)
    phones: dict[str, list[Held]] = defaultdict(list)
    for (number, _), answers in sorted(found.items()):
        phones[number].append(answers)
    return phones


def figures(held: Phones) -> Figures:
    """Where these answers count, each once."""
    return total(
        [Reply(question, kept.profile, kept.kind, kept.values) for question, kept in answers.items()]  # type: ignore[arg-type]
        for phone in held.values()
        for answers in phone
    )


Pair = tuple[int, Said, Held]
"""A person's place on the phone, what they said, and what is held of them."""


def _pairings(people: Sequence[Said], participants: Sequence[Held]) -> Iterator[list[Pair]]:
    """Every way in which these participants can be these people, in order: who got no answer through has no ordinal."""
    most = max(len(people), len(participants))
    theirs = [*people, *[Said()] * (most - len(people))]
    for places in combinations(range(most), len(participants)):
        found = dict(zip(places, participants, strict=True))
        yield [(place + 1, one, found.get(place, {})) for place, one in enumerate(theirs)]


def _compared(pairs: Sequence[Pair]) -> tuple[list[str], list[str]]:
    """(what was acknowledged and is not held, what is held and was not sent)."""
    missing: list[str] = []
    unexplained: list[str] = []
    for place, said, answers in pairs:
        for question in sorted(said.sent.keys() | answers.keys()):
            kept = answers.get(question)
            explained = kept is not None and any(_is(reply, kept) for reply in said.sent.get(question, ()))
            if question in said.acknowledged and not explained:
                missing.append(f"person {place}: {question}")
            if kept is not None and not explained:
                unexplained.append(f"person {place}: {question} {' '.join(kept.values) or kept.kind}")
    return missing, unexplained


def _is(reply: Reply, kept: Kept) -> bool:
    return (reply.kind, tuple(sorted(reply.values)), reply.profile) == (kept.kind, kept.values, kept.profile)


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + PHONES_A_QUERY] for start in range(0, len(keys), PHONES_A_QUERY))
