"""A rehearsal from the first figure to the last: before, the calls, after, and whether the difference is what was drawn.

It must never explain a difference away: what does not agree is listed, figure by figure.
"""

import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from sqlalchemy import Engine

from gateway.rehearsal.form import Form
from gateway.rehearsal.performance import HASTY, PATIENT, Performed, perform
from gateway.rehearsal.population import Figures, Household, draw, expected
from gateway.simulator import Network
from workers import publication, tallies
from workers.database.session import reading
from workers.results import results

STILL_SECONDS = 30.0
"""Without movement for so long, nothing more is expected of the intake."""

BEFORE_SECONDS = 1.0
"""So long the figures must stand before anybody dials: what an earlier rehearsal left must not be counted as ours."""

Shown = dict[str, Any]
"""{"respondents": n, "questions": {name: {"answered": n, "skipped": n, "choices": {name: n}}}}; what is 0 is absent."""


class Outcome(Struct, frozen=True, omit_defaults=True):
    """What is printed. `equal` where gained must be what was drawn; `within` where it must lie between two bounds.

    `surprises` are pages that nobody should have seen.
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
    differences: tuple[str, ...]
    surprises: tuple[str, ...]
    equal: bool | None = None
    within: bool | None = None

    @property
    def holds(self) -> bool:
        """Whether what was checked is so: where nothing fails, every page must be right too."""
        return bool(self.within or (self.equal and not self.surprises))


class Rehearsal(Struct, frozen=True, kw_only=True):
    """What is asked for. `rate`: hops a second; `faults`: the service may be killed meanwhile; `still`: as in `settled`.

    `patience`: how long people wait between their tries, in seconds; HASTY or, with faults, PATIENT where it is empty.
    """

    form: Form
    people: int
    seed: int
    rate: float | None = None
    faults: bool = False
    still: float = STILL_SECONDS
    patience: tuple[float, ...] = ()


def rehearse(asked: Rehearsal, engine: Engine, new_network: Callable[[], Network], moved: Callable[[int], object]) -> Outcome:
    """Draws, dials, waits for the intake, and compares. `moved` hears of every phone how many people are through with it."""
    refuse_another_form(engine, asked.form)
    households = draw(asked.form, asked.people, asked.seed)
    drawn = expected(households)
    before = _standing(engine, asked.form.slug, min(asked.still, BEFORE_SECONDS))
    seen, begun = Performed(), time.perf_counter()
    patience = asked.patience or (PATIENT if asked.faults else HASTY)
    for people, performed in perform(new_network, asked.form, phones(households, asked.seed), asked.rate, patience):
        seen.add(performed)
        moved(people)
    seconds = time.perf_counter() - begun
    complete = seen.sent if asked.faults else drawn
    after = settled(lambda: figures(engine, asked.form.slug), lambda now: gained(before, now) == complete, asked.still)
    return _outcome(asked, drawn, seen, gained(before, after), seconds)


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


def figures(engine: Engine, slug: str) -> Figures:
    """The poll's figures as `palabre results` gives them, and each integer's own count from the tallies beneath."""
    counted = Figures()
    with reading(engine) as session:
        poll = publication.newest(session, slug)
        if poll is None:
            return counted
        live = results(session, poll)
        integers = {question["name"] for question in live["questions"] if question["type"] == "integer"}
        for cell, count in tallies.stored(session).items():
            if cell.poll == slug and cell.measure == "choice" and cell.question in integers:
                counted[cell.question, "choice", cell.choice] += count
    counted["", "respondents", ""] = live["respondents"]
    for question in live["questions"]:
        counted[question["name"], "answered", ""] = question["answered"]
        counted[question["name"], "skipped", ""] = question["skipped"]
        for choice in question.get("choices", ()):
            counted[question["name"], "choice", choice["name"]] = choice["count"]
    return counted


def gained(before: Figures, after: Figures) -> Figures:
    """What came in between; a figure that went down is negative, one that stands is absent."""
    return Figures({cell: after[cell] - before[cell] for cell in {*before, *after} if after[cell] != before[cell]})


def settled(read: Callable[[], Figures], enough: Callable[[Figures], bool], still: float = STILL_SECONDS) -> Figures:
    """The figures once there is `enough` of them, or they have not moved for `still` seconds."""
    found, moved = read(), time.monotonic()
    while not enough(found) and time.monotonic() - moved < still:
        time.sleep(0.25)
        now = read()
        if now != found:
            found, moved = now, time.monotonic()
    return found


def unequal(expected: Figures, came: Figures) -> list[str]:
    """Each figure that is not what was drawn."""
    return [
        f"{_named(cell)}: drawn {expected[cell]}, gained {came[cell]}"
        for cell in _cells(expected, came)
        if expected[cell] != came[cell]
    ]


def out_of_bounds(acknowledged: Figures, came: Figures, sent: Figures) -> list[str]:
    """Each figure that lost what was acknowledged or has more than was sent (rule 25)."""
    return [
        f"{_named(cell)}: acknowledged {acknowledged[cell]}, gained {came[cell]}, sent {sent[cell]}"
        for cell in _cells(acknowledged, came, sent)
        if not acknowledged[cell] <= came[cell] <= sent[cell]
    ]


def shown(counted: Figures) -> Shown:
    """The same by question, for JSON."""
    questions: dict[str, Any] = {}
    for question, measure, choice in _cells(counted):
        count = counted[question, measure, choice]
        if measure == "choice":
            questions.setdefault(question, {}).setdefault("choices", {})[choice] = count
        elif question:
            questions.setdefault(question, {})[measure] = count
    return {"respondents": counted["", "respondents", ""], "questions": questions}


def table(outcome: Outcome) -> str:
    """For people to read."""
    rows = [
        ("people", f"{outcome.people}"),
        ("hops", f"{outcome.hops}"),
        ("seconds", f"{outcome.seconds:.1f}"),
        ("hops a second", f"{outcome.rate:.0f}"),
        ("p50, p99", f"{outcome.p50_ms:.1f} ms, {outcome.p99_ms:.1f} ms"),
        ("failed hops", f"{outcome.failed_hops}"),
        ("sent", f"{_answers(outcome.sent)} answers"),
        ("acknowledged", f"{_answers(outcome.acknowledged)} answers"),
        ("gained", f"{_answers(outcome.gained)} answers"),
    ]
    verdict = "equal" if outcome.equal else "within" if outcome.within else "different"
    if outcome.equal and not outcome.holds:
        verdict = "equal, but phones showed what they should not"
    return "\n".join(
        [*(f"{name:<15}{value}" for name, value in rows), *outcome.differences, *_often(outcome.surprises), verdict]
    )


def percentile(latencies: list[float], share: float) -> float:
    """In milliseconds; nearest rank."""
    ordered = sorted(latencies) or [0.0]
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)


def _cells(*counted: Figures) -> list[tuple[str, str, str]]:
    return sorted({cell for one in counted for cell in one if one[cell]})


def _named(cell: tuple[str, str, str]) -> str:
    return " ".join(part for part in cell if part)


def _often(surprises: tuple[str, ...]) -> list[str]:
    """The ten that were seen most, with how often."""
    return [f"{count} x {surprise}" for surprise, count in Counter(surprises).most_common(10)]


def _answers(counted: Shown) -> int:
    return sum(question.get(kind, 0) for question in counted["questions"].values() for kind in ("answered", "skipped"))


def _standing(engine: Engine, slug: str, still: float) -> Figures:
    return settled(lambda: figures(engine, slug), lambda _: False, still)


def _outcome(asked: Rehearsal, drawn: Figures, seen: Performed, came: Figures, seconds: float) -> Outcome:
    differences = out_of_bounds(seen.acknowledged, came, seen.sent) if asked.faults else unequal(drawn, came)
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
        differences=tuple(differences),
        surprises=tuple(seen.surprises),
        equal=None if asked.faults else not differences,
        within=not differences if asked.faults else None,
    )
