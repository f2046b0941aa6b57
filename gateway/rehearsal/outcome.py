"""A rehearsal from the first figure to the last: before, the calls, after, and whether the difference is what was drawn.

It must never explain a difference away: what does not agree is listed, figure by figure.
"""

import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import Engine

from gateway.rehearsal import proof
from gateway.rehearsal.faults import Faults
from gateway.rehearsal.form import Form
from gateway.rehearsal.gains import STILL_SECONDS, Shown, figures, gained, patiently, settled, shown, standing, unequal
from gateway.rehearsal.performance import HASTY, PATIENT, perform
from gateway.rehearsal.population import Figures, Household, draw, expected
from gateway.rehearsal.proof import Proof
from gateway.rehearsal.testimony import Performed
from gateway.simulator import Network
from workers import publication
from workers.database.session import reading

BEFORE_SECONDS = 1.0
"""So long the figures must stand before anybody dials: what an earlier rehearsal left must not be counted as ours."""

LISTED = 10
"""Of each kind of difference, so many are printed; `--json` has all."""


class Outcome(Struct, frozen=True, omit_defaults=True):
    """What is printed. `equal` where gained must be what was drawn; `within` where acknowledged ⊆ counted ⊆ sent is enough.

    `answers` is that comparison, answer by answer; `killed`: how often each process was, with faults; `surprises` are pages
    that nobody should have seen.
    """

    people: int
    seed: int
    hops: int
    seconds: float
    rate: float
    p50_ms: float
    p99_ms: float
    failed_hops: int
    sent: Shown
    acknowledged: Shown
    expected: Shown
    gained: Shown
    answers: Proof
    differences: tuple[str, ...]
    surprises: tuple[str, ...]
    killed: dict[str, int] | None = None
    equal: bool | None = None
    within: bool | None = None

    @property
    def holds(self) -> bool:
        """Whether what was checked is so: where nothing fails, every page must be right too."""
        return bool(self.within or (self.equal and not self.surprises))


class Rehearsal(Struct, frozen=True, kw_only=True):
    """What is asked for. `rate`: hops a second; `faults`: what is killed meanwhile; `still`: as in `settled`.

    `patience`: how long people wait between their tries, in seconds; HASTY or, with faults, PATIENT where it is empty.
    """

    form: Form
    people: int
    seed: int
    rate: float | None = None
    faults: Faults | None = None
    still: float = STILL_SECONDS
    patience: tuple[float, ...] = ()


class Stage(NamedTuple):
    """Where it is held: the proposal database, how a phone is called in it, and the network by which phones call."""

    engine: Engine
    key_of: Callable[[str], str]
    new_network: Callable[[], Network]


def rehearse(asked: Rehearsal, stage: Stage, moved: Callable[[int], object]) -> Outcome:
    """Draws, dials, waits for the intake, and compares. `moved` hears of every phone how many people are through with it."""
    refuse_another_form(stage.engine, asked.form)
    households = draw(asked.form, asked.people, asked.seed)
    before = standing(stage.engine, asked.form.slug, min(asked.still, BEFORE_SECONDS))
    seen, begun = Performed(), time.perf_counter()
    for people, performed in _calls(asked, stage, phones(households, asked.seed)):
        seen.add(performed)
        moved(people)
    seconds = time.perf_counter() - begun
    drawn = expected(households)
    complete = seen.sent if asked.faults else drawn
    engine, slug = stage.engine, asked.form.slug
    after = settled(lambda: patiently(lambda: figures(engine, slug)), lambda now: gained(before, now) == complete, asked.still)
    held = patiently(lambda: proof.held(engine, slug, seen.said, stage.key_of))
    return _outcome(asked, drawn, seen, held, gained(before, after), seconds)


def _calls(asked: Rehearsal, stage: Stage, households: dict[str, Household]) -> Iterator[tuple[int, Performed]]:
    """All the calls, and the faults among them."""
    patience, through = asked.patience or (PATIENT if asked.faults else HASTY), 0
    for people, performed in perform(stage.new_network, asked.form, households, asked.rate, patience):
        yield people, performed
        through += people
        if asked.faults:
            asked.faults.through(through)


def refuse_another_form(engine: Engine, form: Form) -> None:
    """Nothing where the open poll asks what the workbook asks.

    Raises:
        ValueError: where phones would see something else, so that nobody could follow.
    """
    with reading(engine) as session:
        poll = publication.newest(session, form.slug)
    if poll is None:
        raise ValueError(f"there is no poll '{form.slug}' here: is this the PALABRE_DATA_DIR of 'palabre up --demo'?")
    asked = {question.name: question.labels for question in form.questions}
    if asked != {question.name: question.label for question in poll.questions}:
        raise ValueError(f"version {poll.version} of '{form.slug}' is not the workbook's: 'palabre poll publish' it first")


def phones(households: tuple[Household, ...], seed: int) -> dict[str, Household]:
    """A new number for each household: a block of numbers that begins where the seed and this moment's nonce say."""
    nonce = f"{seed} {time.time_ns()} {secrets.token_hex(4)}"
    base = int.from_bytes(hashlib.sha256(nonce.encode()).digest()[:8], "big")
    return {household.number(base + place): household for place, household in enumerate(households)}


def table(outcome: Outcome) -> str:
    """For people to read."""
    rows = [
        ("people", f"{outcome.people}"),
        ("hops", f"{outcome.hops}"),
        ("seconds", f"{outcome.seconds:.1f}"),
        ("hops a second", f"{outcome.rate:.0f}"),
        ("p50, p99", f"{outcome.p50_ms:.1f} ms, {outcome.p99_ms:.1f} ms"),
        ("failed hops", f"{outcome.failed_hops}"),
        ("answers:", f"{outcome.answers}"),
    ]
    if outcome.killed is not None:
        rows.append(("killed", ", ".join(f"{name} {times}" for name, times in outcome.killed.items()) or "nothing"))
    verdict = "equal" if outcome.equal else "within" if outcome.within else "different"
    if outcome.equal and not outcome.holds:
        verdict = "equal, but phones showed what they should not"
    return "\n".join(
        [
            *(f"{name:<15}{value}" for name, value in rows),
            *(f"missing: {one}" for one in outcome.answers.missing[:LISTED]),
            *(f"unexplained: {one}" for one in outcome.answers.unexplained[:LISTED]),
            *outcome.differences,
            *_often(outcome.surprises),
            verdict,
        ]
    )


def percentile(latencies: list[float], share: float) -> float:
    """In milliseconds; nearest rank."""
    ordered = sorted(latencies) or [0.0]
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)


def _often(surprises: tuple[str, ...]) -> list[str]:
    """The ten that were seen most, with how often."""
    return [f"{count} x {surprise}" for surprise, count in Counter(surprises).most_common(10)]


def _outcome(asked: Rehearsal, drawn: Figures, seen: Performed, held: proof.Phones, came: Figures, seconds: float) -> Outcome:
    """Without faults, figures must be those drawn; with them, those of the answers that are there, each counted once."""
    answers = proof.prove(seen.said, held)
    differences = unequal(proof.figures(held), came, "answers say") if asked.faults else unequal(drawn, came)
    agrees = answers.holds and not differences
    hops = len(seen.latencies)
    return Outcome(
        people=asked.people,
        seed=asked.seed,
        hops=hops,
        seconds=round(seconds, 2),
        rate=round(hops / seconds, 1),
        p50_ms=percentile(seen.latencies, 0.5),
        p99_ms=percentile(seen.latencies, 0.99),
        failed_hops=seen.failed_hops,
        sent=shown(seen.sent),
        acknowledged=shown(seen.acknowledged),
        expected=shown(drawn),
        gained=shown(came),
        answers=answers,
        differences=tuple(differences),
        surprises=tuple(seen.surprises),
        killed=dict(sorted(asked.faults.killed.items())) if asked.faults else None,
        equal=None if asked.faults else agrees,
        within=agrees if asked.faults else None,
    )
