"""What a poll's figures gained between two moments, once they stand still, and where that is not what it is meant to be.

It reads what staff read: `palabre results` and the tallies beneath, and nothing else.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from gateway.rehearsal.population import Figures
from workers import publication
from workers.database.session import reading
from workers.figures import tallies
from workers.figures.results import results

STILL_SECONDS = 30.0
"""Without movement for so long, nothing more is expected of the intake."""

Read = TypeVar("Read")
Shown = dict[str, Any]
"""{"respondents": n, "questions": {name: {"answered": n, "skipped": n, "choices": {name: n}}}}; what is 0 is absent."""


def standing(engine: Engine, slug: str, still: float) -> Figures:
    """The figures once they stood for `still` seconds."""
    return settled(lambda: figures(engine, slug), lambda _: False, still)


def settled(read: Callable[[], Figures], enough: Callable[[Figures], bool], still: float = STILL_SECONDS) -> Figures:
    """The figures once there is `enough` of them, or they have not moved for `still` seconds."""
    found, moved = read(), time.monotonic()
    while not enough(found) and time.monotonic() - moved < still:
        time.sleep(0.25)
        now = read()
        if now != found:
            found, moved = now, time.monotonic()
    return found


def patiently(read: Callable[[], Read]) -> Read:
    """What is read in the end, where the database is among those that were killed.

    Raises:
        OperationalError: where it stays away.
    """
    until = time.monotonic() + STILL_SECONDS
    while True:
        try:
            return read()
        except OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(1.0)


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


def unequal(meant: Figures, came: Figures, word: str = "drawn") -> list[str]:
    """Each figure that is not what it is meant to be; `word` says by whom."""
    return [
        f"{_named(cell)}: {word} {meant[cell]}, gained {came[cell]}"
        for cell in _cells(meant, came)
        if meant[cell] != came[cell]
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


def _cells(*counted: Figures) -> list[tuple[str, str, str]]:
    return sorted({cell for one in counted for cell in one if one[cell]})


def _named(cell: tuple[str, str, str]) -> str:
    return " ".join(part for part in cell if part)
