"""The next release of a poll: the finest break-down that passes, and in words what did not.

Reads tallies and what earlier releases were made of. What comes of it is for staff until somebody approves it.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from msgspec import Struct
from sqlalchemy.orm import Session

from flows.poll import Poll
from workers.figures import results, tables
from workers.figures.additive import THRESHOLD, Ints, Round, figures
from workers.figures.audit import Patience, TooHard
from workers.figures.disclosure import first_draft, protect
from workers.figures.grain import Above, Grain, Level, Names
from workers.figures.released import Made, Making, content
from workers.figures.tables import Kept, Table

FRENCH = {
    "residence": "résidence",
    "cercle": "cercle",
    "origin": "origine",
    "commune": "commune",
    "region": "région",
    "country": "pays",
    "sex": "sexe",
    "age_band": "âge",
    "college": "collège",
    "language": "langue",
    "channel": "canal",
}
"""What strata are called on public pages."""

ANSWERS = "/answers"
"""How the name of a table of answers ends."""


class NothingToRelease(Exception):
    """Too few people to say anything of: they are `people`, who answered, or who answered since the last release."""

    def __init__(self, why: Literal["few", "few_new"], people: int) -> None:
        super().__init__(why)
        self.why, self.people = why, people


class Draft(Struct, frozen=True):
    """A release that nobody stands for yet: the contract's figures, and what later releases must know of it."""

    poll: str
    number: int
    content: dict[str, Any]
    kept: Kept


def draft(session: Session, poll: Poll, earlier: Sequence[Kept], above: Above) -> Draft:
    """The next release of a poll.

    Args:
        session: a reading session.
        poll: its newest version.
        earlier: what its releases were made of, oldest first; the first one settled the grain for good.
        above: what strata are coarsened to.

    Raises:
        NothingToRelease: when fewer than ten people answered, or answered since the last release.
        TooHard: when not even the totals can be audited.
    """
    number = len(earlier) + 1
    strata, above = (earlier[0].strata, earlier[0].above) if earlier else (poll.grain, above)
    cells = results.by_cell(session, poll.slug, strata)
    grain = tables.grain_of(poll, cells, earlier, strata, above)
    found = tables.tables_of(poll, grain, cells, earlier)
    _refuse_few(found[0])
    level, made = _finest(poll, grain, found, number)
    shown = {
        **content(Making(poll, grain, level, made)),
        "as_of": results.as_of(session),
        "release": number,
        "grain": [name for name in level if name],
        "notes": _notes(grain, level, number),
    }
    kept = Kept(
        strata,
        {name: (up, dict(values)) for name, (up, values) in above.items() if name in grain.names},
        list(grain.cells),
        {name: tables.kept(one.round, one.values, grain, one.level) for name, one in made.items()},
        waiting=sum(_apart(one.table, one.round.counts) for name, one in made.items() if name.endswith(ANSWERS)),
        lost=sum(_lost(one) for one in made.values()),
    )
    return Draft(poll.slug, number, shown, kept)


def _refuse_few(respondents: Table) -> None:
    people = int(respondents.now.sum())
    if not respondents.earlier and people < THRESHOLD:
        raise NothingToRelease("few", people)
    new = people - int(respondents.earlier[-1].counts.sum()) if respondents.earlier else people
    if abs(new) < THRESHOLD:
        raise NothingToRelease("few_new", new)


def _finest(poll: Poll, grain: Grain, found: Sequence[Table], number: int) -> tuple[Names, dict[str, Made]]:
    """The tables at the finest level that says enough; only the poll's own questions are broken down.

    One level may turn out to be too hard to audit; the next ones are carried through.
    """
    own = {f"{question.name}/{kind}" for question in poll.own for kind in ("answers", "skipped")}
    ours = [table for table in found if table.name in own]
    others = [table for table in found if table.name not in own]
    patience = Patience()
    for names in grain.levels:
        try:
            made = _at(grain, names, ours, number, patience)
        except TooHard:
            patience = Patience(math.inf)
            continue
        if made is not None:
            return names, {**(_at(grain, grain.levels[-1], others, number, patience) or {}), **made}
    raise TooHard


def _at(grain: Grain, names: Names, found: Sequence[Table], number: int, patience: Patience) -> dict[str, Made] | None:
    """The tables at a level; None where it says too little. Totals say what they can."""
    level, is_last = grain.level(names), not any(names)
    drafts = [first_draft(one.shape, level, one.earlier, one.now, number) for one in found]
    if not is_last and _says_too_little(level, found, drafts):
        return None
    rounds = [protect(one.shape, level, one.earlier, one.now, number, patience) for one in found]
    if not is_last and _says_too_little(level, found, rounds):
        return None
    made = zip(found, rounds, strict=True)
    return {table.name: Made(table, names, one, tables.values_used(table, one, number)) for table, one in made}


def _says_too_little(level: Level, found: Sequence[Table], rounds: Sequence[Round]) -> bool:
    """Whether more than half of the groups are hidden, or more than half of what is new is left out."""
    answers = [(table, one) for table, one in zip(found, rounds, strict=True) if table.name.endswith(ANSWERS)]
    groups, hidden = np.sum([(0, 0), *(_groups(level, table, one) for table, one in answers)], axis=0)
    new = sum(_apart(table, table.earlier[-1].counts) for table, _ in answers if table.earlier)
    waiting = sum(_apart(table, one.counts) for table, one in answers)
    return bool(2 * hidden > groups or 2 * waiting > new)


def _groups(level: Level, table: Table, made: Round) -> tuple[int, int]:
    """The groups in which anybody answered, and how many of them show no answer."""
    people = figures(level.members, table.shape, made.counts)[:, 0]
    there = level.asked & (people > 0) & ~level.members.all(axis=1)
    answers = made.shown[:, 1:] if made.shown.shape[1] > 1 else made.shown
    return int(there.sum()), int((there & ~answers.any(axis=1)).sum())


def _apart(table: Table, counts: Ints) -> int:
    """How many answers the table and these counts are apart, cell by cell."""
    return int(np.abs((table.now - counts) @ table.shape.measures[0]).sum())


def _lost(made: Made) -> int:
    """How many figures that the last release showed are hidden now."""
    return int((made.table.earlier[-1].shown & ~made.round.shown).sum()) if made.table.earlier else 0


def _notes(grain: Grain, level: Names, number: int) -> list[str]:
    """What the public is told of a break-down that is coarser than the poll meant it to be."""
    if level == grain.levels[0]:
        return []
    meant, left = (" et ".join(FRENCH.get(name, name) for name in names if name) for names in (grain.levels[0], level))
    small = f"les groupes par {meant} sont trop petits" + (", ou ont trop peu de nouvelles réponses" if number > 1 else "")
    return [f"Répartition par {left} seulement: {small}." if left else f"Sans répartition: {small}."]
