"""Counts by stratum: which cells an answer counts in, their upkeep, and the recount that holds them to the ledger.

`cells()` is the one place that says what is counted; intake adds its differences, a recount its sum.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from workers.database.models import Lane, LedgerRow, Tally

ANSWER_KINDS = ("answered", "skipped", "withdrawn")
"""Ledger kinds that change what a participant's current answer is."""


class Given(NamedTuple):
    """The current answer of a participant to a question. `choice`: names joined by a space, digits, or empty for a text."""

    version: str
    kind: str
    choice: str
    profile: bool
    seq: int


class Cell(NamedTuple):
    """Where one count lives; the primary key of a tally.

    measure: `respondents` (question empty), `answered`, `skipped`, or `choice` (a name, or the digits of an integer).
    """

    poll: str
    version: str
    question: str
    measure: str
    choice: str
    stratum: str


def stratum(strata: Iterable[str], profile: Mapping[str, str]) -> str:
    """The cell of the full cross in which somebody with this profile counts: values joined by `|`, empty for unknown."""
    return "|".join(profile.get(name, "") for name in strata)


def newest(answers: dict[str, Given], question: str, given: Given) -> None:
    """Puts `given` in place of an older answer; `seq` decides, never the order of arrival (rule 6)."""
    old = answers.get(question)
    if old is None or old.seq < given.seq:
        answers[question] = given


def cells(poll: str, answers: Mapping[str, Given], strata: Mapping[str, str]) -> Counter[Cell]:
    """Every cell in which one participant counts in one poll.

    Args:
        poll: the slug.
        answers: their current answers by question, withdrawn ones among them.
        strata: the participant's stratum by poll version.
    """
    counted: Counter[Cell] = Counter()
    newest_own: Given | None = None
    for question, given in answers.items():
        version, kind, choice, profile, seq = given
        if kind == "withdrawn":
            continue
        where = strata.get(version, "")
        counted[Cell(poll, version, question, kind, "", where)] += 1
        if kind == "answered":
            for name in choice.split():
                counted[Cell(poll, version, question, "choice", name, where)] += 1
            if not profile and (newest_own is None or newest_own.seq < seq):
                newest_own = given
    if newest_own is not None:
        version = newest_own.version
        counted[Cell(poll, version, "", "respondents", "", strata.get(version, ""))] += 1
    return counted


def recount(session: Session) -> Counter[Cell]:
    """Every tally, counted again from the ledger alone, one participant at a time."""
    columns = (
        LedgerRow.participant,
        LedgerRow.poll,
        LedgerRow.version,
        LedgerRow.kind,
        LedgerRow.question,
        LedgerRow.choice,
        LedgerRow.stratum,
        LedgerRow.was,
        LedgerRow.seq,
    )
    rows = session.execute(
        select(*columns)
        .where(LedgerRow.kind.in_((*ANSWER_KINDS, "moved")))
        .order_by(LedgerRow.participant, LedgerRow.poll, LedgerRow.seq, LedgerRow.id)
        .execution_options(yield_per=2000)
    )
    total: Counter[Cell] = Counter()
    now: tuple[str, str] | None = None
    answers: dict[str, Given] = {}
    strata: dict[str, str] = {}
    for participant, poll, version, kind, question, choice, where, was, seq in rows:
        if now != (participant, poll):
            total.update(cells(now[1], answers, strata) if now else {})
            now, answers, strata = (participant, poll), {}, {}
        strata[version] = where
        if kind != "moved":
            newest(answers, question, Given(version, kind, choice, was == PROFILE, seq))
    total.update(cells(now[1], answers, strata) if now else {})
    return total


PROFILE = "profile"
"""Stands in `was` of an answer's ledger row where the answer belongs to the person and makes no respondent."""


def differences(session: Session) -> dict[Cell, tuple[int, int]]:
    """Where the tallies and a recount disagree: (kept, recounted) by cell. Empty is how it should be."""
    kept = stored(session)
    counted = recount(session)
    return {cell: (kept[cell], counted[cell]) for cell in sorted({*kept, *counted}) if kept[cell] != counted[cell]}


def repair(session: Session) -> None:
    """Builds every tally anew from the ledger, while the intake waits: its lanes are claimed first."""
    session.execute(select(Lane.lane).with_for_update())
    counted = recount(session)
    session.execute(delete(Tally))
    rows = [{**cell._asdict(), "count": count} for cell, count in sorted(counted.items())]
    if rows:
        session.execute(insert(Tally), rows)


def stored(session: Session) -> Counter[Cell]:
    """The tallies as they are kept; a cell that went back to nothing counts as absent."""
    rows = session.execute(
        select(Tally.poll, Tally.version, Tally.question, Tally.measure, Tally.choice, Tally.stratum, Tally.count).where(
            Tally.count != 0
        )
    )
    return Counter({Cell(*row[:6]): row[6] for row in rows})
