"""A poll's figures, summed over tallies and never over answers: what staff pages and `palabre results` show."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows.poll import Poll, Question
from workers import publication
from workers.database.models import Batch, Tally
from workers.figures.tallies import Cell

MIN_FOR_SHARE = 10
"""Under ten answers there is no percentage and no interval (facts/deliberation.md)."""

Z = 1.96
"""Of the Wilson interval: 95 %."""


UNASKED = frozenset({"note", "calculate"})
"""Rows of a form that nobody answers."""

WITHOUT_ORDER = frozenset({"country", "language", "channel"})
"""Strata of which no form says an order, even where it asks for them: their rows come by count."""


class UnknownStratum(ValueError):
    """A break-down that the poll does not keep."""


class UnknownVersion(ValueError):
    """A version that the poll never had."""


def results(session: Session, poll: Poll, by: Sequence[str] = (), version: str = "") -> dict[str, Any]:
    """The figures of a poll as in the contract, over all its versions or one.

    Args:
        session: a reading session.
        poll: the newest version.
        by: strata of the poll; two or more are crossed.
        version: only what was answered on that version; empty for all.

    Raises:
        UnknownStratum: for a break-down that is not among the poll's strata (rule 22).
        UnknownVersion: for a version that was never published.
    """
    unknown = [name for name in by if name not in poll.strata]
    if unknown:
        kept = ", ".join(poll.strata) or "none"
        raise UnknownStratum(f"'{poll.slug}' is not broken down by {', '.join(unknown)}; its strata: {kept}")
    strata = publication.strata(session, poll.slug) if by or version else {}
    if version and version not in strata:
        raise UnknownVersion(f"'{poll.slug}' has no version {version}; its versions: {', '.join(sorted(strata, key=int))}")
    cells = _cells(session, poll.slug, version)
    total = _sum(cells)
    rows = _in_order(_broken_down(cells, strata, by), poll, by) if by else {}
    return {
        "poll": poll.slug,
        "version": version or all_versions(poll),
        "respondents": total["", "respondents", ""],
        "as_of": as_of(session),
        "questions": [
            _question(question, poll, total, by, rows) for question in poll.questions if question.type not in UNASKED
        ],
    }


def by_cell(session: Session, slug: str, by: Sequence[str]) -> dict[tuple[str, ...], "Counts"]:
    """The counts of each combination of values of these strata, over all versions; one empty one where there are none."""
    return _broken_down(_cells(session, slug, ""), publication.strata(session, slug), by)


def all_versions(poll: Poll) -> str:
    """Which versions figures over all of them are of, given the newest: `1`, or `1-3`."""
    return poll.version if poll.version in ("", "1") else f"1-{poll.version}"


def as_of(session: Session) -> str:
    """When the newest batch was taken in, ISO 8601 UTC; empty before the first."""
    moment = session.scalar(select(Batch.at).order_by(Batch.id.desc()).limit(1))
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).isoformat(timespec="seconds") if moment else ""


def stamp(session: Session) -> str:
    """What moves whenever a figure or the catalogue may have: for a page that asks whether it is still true."""
    batch = session.scalar(select(func.max(Batch.id))) or 0
    return f"{batch}.{publication.number(session)}"


def wilson(count: int, total: int) -> tuple[float, float] | None:
    """Wilson's score interval at 95 % (1927), as shares; None under ten answers."""
    if total < MIN_FOR_SHARE:
        return None
    share, square = count / total, Z * Z
    middle = share + square / (2 * total)
    half = Z * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    scale = 1 + square / total
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


Counts = Counter[tuple[str, str, str]]
"""(question, measure, choice) → count."""


def _cells(session: Session, slug: str, version: str) -> list[tuple[Cell, int]]:
    wanted = select(
        *(Tally.poll, Tally.version, Tally.question, Tally.measure, Tally.choice, Tally.stratum, Tally.count)
    ).where(Tally.poll == slug, Tally.count != 0)
    if version:
        wanted = wanted.where(Tally.version == version)
    return [(Cell(*row[:6]), row[6]) for row in session.execute(wanted)]


def _sum(cells: Iterable[tuple[Cell, int]]) -> Counts:
    total: Counts = Counter()
    for cell, count in cells:
        total[cell.question, cell.measure, cell.choice] += count
    return total


def _broken_down(
    cells: Iterable[tuple[Cell, int]], strata: Mapping[str, tuple[str, ...]], by: Sequence[str]
) -> dict[tuple[str, ...], Counts]:
    """Sums by the values of `by`; a cell's stratum is written in the order of its own version's strata."""
    rows: dict[tuple[str, ...], Counts] = defaultdict(Counter)
    for cell, count in cells:
        values = dict(zip(strata.get(cell.version, ()), cell.stratum.split("|"), strict=False))
        row = tuple(values.get(name, "") for name in by)
        rows[row][cell.question, cell.measure, cell.choice] += count
    return rows


def _in_order(rows: Mapping[tuple[str, ...], Counts], poll: Poll, by: Sequence[str]) -> dict[tuple[str, ...], Counts]:
    """The rows as a person would list them, stratum by stratum; who said nothing of themselves comes last."""
    places = []
    for number, name in enumerate(by):
        people: Counter[str] = Counter()
        for row, counts in rows.items():
            people[row[number]] += counts["", "respondents", ""]
        places.append(_places(people, poll, name))
    return {
        row: rows[row] for row in sorted(rows, key=lambda row: [place[value] for place, value in zip(places, row, strict=True)])
    }


def _places(people: Mapping[str, int], poll: Poll, name: str) -> dict[str, float]:
    """Where each value of a stratum stands: in the form's order, what is not in it by how many people it has."""
    asked = None if name in WITHOUT_ORDER else poll.by_name.get(name)
    listed = [choice.name for choice in asked.choices] if asked else []
    by_count = sorted(people, key=lambda value: (-people[value], value))
    ordered = dict.fromkeys((*listed, *by_count))
    return {value: place if value else math.inf for place, value in enumerate(ordered)}


def _question(
    question: Question, poll: Poll, total: Counts, by: Sequence[str], rows: dict[tuple[str, ...], Counts]
) -> dict[str, Any]:
    name = question.name
    shown: dict[str, Any] = {
        "name": name,
        "label": poll.text(question.label, poll.default_language),
        "type": question.type,
        "profile": question.profile,
        "answered": total[name, "answered", ""],
        "skipped": total[name, "skipped", ""],
    }
    if question.is_choice:
        shown["choices"] = [
            {
                "name": choice.name,
                "label": poll.text(choice.label, poll.default_language),
                **share(total[name, "choice", choice.name], shown["answered"]),
            }
            for choice in question.choices
        ]
    if question.type in ("integer", "decimal"):
        shown |= middle({float(number): count for number, count in _given(total, name)})
    if question.type == "date":
        shown |= _span({date.fromisoformat(day): count for day, count in _given(total, name)})
    if by:
        shown["by"] = {",".join(by): [_row(question, row, counts) for row, counts in rows.items()]}
    return shown


def _given(total: Counts, name: str) -> Iterator[tuple[str, int]]:
    """Every value that was given to a question, with how often."""
    return ((cell[2], count) for cell, count in total.items() if cell[:2] == (name, "choice"))


def _row(question: Question, row: tuple[str, ...], counts: Counts) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "value": row[0] if len(row) == 1 else list(row),
        "answered": counts[question.name, "answered", ""],
        "skipped": counts[question.name, "skipped", ""],
    }
    if question.is_choice:
        shown["choices"] = {choice.name: counts[question.name, "choice", choice.name] for choice in question.choices}
    return shown


def share(count: int, answered: int) -> dict[str, Any]:
    """A choice's count as in the contract, with its share and its interval where ten answered."""
    interval = wilson(count, answered)
    if interval is None:
        return {"count": count, "share": None, "low": None, "high": None}
    return {
        "count": count,
        "share": round(count / answered, 2),
        "low": round(interval[0], 2),
        "high": round(interval[1], 2),
    }


def middle(values: dict[float, int]) -> dict[str, Any]:
    """Mean and median of a histogram."""
    number = sum(values.values())
    if not number:
        return {"mean": None, "median": None}
    mean = sum(value * count for value, count in values.items()) / number
    return {"mean": round(mean, 2), "median": _median(values, number)}


def _span(days: dict[date, int]) -> dict[str, Any]:
    """First, median and last day of a histogram, ISO 8601. Between two days in the middle, the earlier nearest half-way."""
    number = sum(days.values())
    if not number:
        return {"first": None, "median": None, "last": None}
    middle = _median({float(day.toordinal()): count for day, count in days.items()}, number)
    return {
        "first": min(days).isoformat(),
        "median": date.fromordinal(math.floor(middle)).isoformat(),
        "last": max(days).isoformat(),
    }


def _median(values: dict[float, int], number: int) -> float:
    """Of an even number, the mean of the two in the middle."""
    wanted = ((number - 1) // 2, number // 2)
    found, passed = [], 0
    for value, count in sorted(values.items()):
        found += [value for place in wanted if passed <= place < passed + count]
        passed += count
    middle = sum(found) / 2
    return int(middle) if middle.is_integer() else middle
