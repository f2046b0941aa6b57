"""Lanes → ledger, answers, tallies: what phones said, put into the database, each event exactly once.

Three verbs: gather (read), decide (workers/ledger.py), store (write), in one transaction that also moves the lanes' offsets
(rule 10). Two readers of one lane are harmless, and so is being killed between any two statements.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec import MsgspecError
from sqlalchemy import Connection, Engine, bindparam, delete, select, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from flows import events
from workers import chain
from workers.database.models import (
    Answer,
    Contact,
    DeadLetter,
    FollowUp,
    InboxRow,
    Lane,
    LedgerRow,
    Message,
    OptOut,
    Payload,
    Phone,
    ProfileFact,
    Tally,
)
from workers.database.session import writing
from workers.database.upserts import add_all, replace_all, replace_or_add, skip_existing
from workers.gathering import by_one_name, gather, in_parts, unheard
from workers.ledger import decide, is_of_known_poll
from workers.messages import settling
from workers.outcome import Known, Outcome, Row, Said

EPOCH_BITS = 40
"""A ledger `seq` is the lane's epoch number above, the entry's number in the lane below: it only ever grows."""


UNSTORABLE = (DataError, IntegrityError, ValueError, OverflowError)
"""What a record raises that can be read and not be stored: a moment no calendar has, a number too large for its column."""


class LaneMoved(Exception):
    """Somebody else read this lane meanwhile: nothing of this batch is stored, nothing is lost."""


class Entry(NamedTuple):
    """One entry of a lane, unread. `seq`: its number in the lane; inside, with the epoch's above it."""

    lane: int
    seq: int
    raw: bytes


Dead = tuple[Entry, str]
"""An entry that cannot be counted, and why."""


class Position(NamedTuple):
    """How far a lane was read."""

    epoch: str
    epoch_number: int
    last: int
    chain: str


def positions(session: Session, epoch: str, lanes: Iterable[int]) -> dict[int, Position]:
    """How far each lane was read in this epoch. A new epoch starts at 0: what lies there again is known by its key.

    The epoch is the run of the Redis server: a stream that was wiped, rolled back or failed over is read from its beginning.
    """
    wanted = sorted(lanes)
    blank = {"epoch": "", "epoch_number": 0, "last": 0, "chain": ""}
    skip_existing(session, Lane, [{"lane": lane, **blank} for lane in wanted])
    session.execute(
        update(Lane)
        .where(Lane.lane.in_(wanted), Lane.epoch != epoch)
        .values(epoch=epoch, epoch_number=Lane.epoch_number + 1, last=0)
    )
    rows = session.execute(select(Lane.lane, Lane.epoch, Lane.epoch_number, Lane.last, Lane.chain).where(Lane.lane.in_(wanted)))
    return {row.lane: Position(*row[1:]) for row in rows}


def take_in(engine: Engine | Connection, at: Mapping[int, Position], entries: Sequence[Entry]) -> dict[int, Position]:
    """One batch, in one transaction; in smaller ones where something in it cannot be stored, which is buried (rule 12).

    Args:
        engine: the proposal database, or a connection in a savepoint, of which the batch's transactions become parts.
        at: the lanes' positions as last read.
        entries: what lies behind them, in each lane's order.

    Returns:
        The lanes' new positions.

    Raises:
        LaneMoved: when another reader was faster; read the positions again.
    """
    try:
        return _take_in(engine, at, entries)
    except UNSTORABLE as why:
        if len(entries) == 1:
            return _take_in(engine, at, entries, unstorable=str(getattr(why, "orig", why)))
        middle = len(entries) // 2
        return take_in(engine, take_in(engine, at, entries[:middle]), entries[middle:])


def replay(engine: Engine, letter: int) -> bool:
    """Takes in one dead letter at the place that it had; False where it cannot be read yet, and stays with the reason.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: when the database refuses it still, or is away; the letter is untouched.
    """
    with writing(engine) as session:
        heads = {row.lane: row.chain for row in session.execute(select(Lane.lane, Lane.chain).with_for_update())}
        row = session.get(DeadLetter, letter)
        if row is None:
            return False
        session.delete(row)
        session.flush()
        said, dead = _read([Entry(row.lane, row.seq, row.raw)])
        return not _enter(session, said, dead, heads)


def _take_in(
    engine: Engine | Connection, at: Mapping[int, Position], entries: Sequence[Entry], unstorable: str = ""
) -> dict[int, Position]:
    with writing(engine) as session:
        moved = _claim(session, at, entries)
        placed = [entry._replace(seq=(at[entry.lane].epoch_number << EPOCH_BITS) + entry.seq) for entry in entries]
        said, dead = ([], [(entry, unstorable) for entry in placed]) if unstorable else _read(placed)
        heads = {lane: position.chain for lane, position in moved.items()}
        _enter(session, said, dead, heads)
    return {**at, **{lane: position._replace(chain=heads[lane]) for lane, position in moved.items()}}


def _enter(session: Session, said: list[Said], dead: list[Dead], heads: dict[int, str]) -> int:
    """Counts what was said and not heard before; buries the rest. Moves `heads` on; returns how many were buried."""
    said = by_one_name(session, unheard(session, said))
    known = gather(session, said)
    ours, strangers = _of_known_polls(said, known)
    buried = [*dead, *((_entry(one), "names a poll or a question that is not here") for one in strangers)]
    _bury(session, buried)
    outcome = decide(ours, known)
    heads |= chain.append(session, outcome.ledger, heads)
    store(session, outcome)
    return len(buried)


def store(session: Session, outcome: Outcome) -> None:
    """Writes a batch, set by set, keys sorted so that two writers never wait for each other in a ring (rule 13)."""
    _forget(session, outcome.erased)
    for model, rows in ((Phone, outcome.phones), (LedgerRow, outcome.ledger), (Payload, outcome.payloads)):
        add_all(session, model, rows)
    answers: list[Row] = [
        {"participant": participant, "poll": poll, "question": question, **given._asdict()}
        for (participant, poll, question), given in sorted(outcome.answers.items())
    ]
    replace_all(session, Answer, answers)
    facts: list[Row] = [
        {"participant": participant, "name": name, "value": fact[0], "inferred": fact[1]}
        for (participant, name), fact in sorted(outcome.profiles.items(), key=lambda item: item[0])
        if fact
    ]
    replace_all(session, ProfileFact, facts)
    gone = [{"who": who, "what": name} for (who, name), fact in sorted(outcome.profiles.items()) if fact is None]
    if gone:
        fits = (ProfileFact.participant == bindparam("who"), ProfileFact.name == bindparam("what"))
        session.connection().execute(delete(ProfileFact).where(*fits), gone)
    skip_existing(session, FollowUp, outcome.follow_ups)
    _store_messages(session, outcome)
    deltas: list[Row] = [{**cell._asdict(), "count": count} for cell, count in sorted(outcome.tallies.items()) if count]
    replace_or_add(session, Tally, deltas, add="count")


def _store_messages(session: Session, outcome: Outcome) -> None:
    """Who may be written to, who said STOP, what goes out, what became of it, and what staff read."""
    fresh = {"stopped": False, "stop_said": "", "agreed": False, "language": "", "failures": 0}
    contacts = [{**row, **fresh} for _, row in sorted(outcome.contacts.items())]
    replace_all(session, Contact, contacts, but=("stopped", "stop_said", "agreed", "language"))
    if outcome.agreed:
        agree = update(Contact).where(Contact.id == bindparam("who"))
        agreed = [outcome.agreed[who] for who in sorted(outcome.agreed)]
        session.connection().execute(agree.values(agreed=bindparam("is_agreed"), language=bindparam("in_language")), agreed)
    if outcome.stops:
        stop = update(Contact).where(Contact.id == bindparam("who"))
        stops = [outcome.stops[who] for who in sorted(outcome.stops)]
        session.connection().execute(stop.values(stopped=bindparam("stopped"), stop_said=bindparam("said")), stops)
    skip_existing(session, OptOut, outcome.opt_outs)
    skip_existing(session, Message, outcome.messages)
    skip_existing(session, InboxRow, outcome.inbox)
    for reported, contact, channel in outcome.reports:
        settling.report(session, reported, contact, channel)


def _forget(session: Session, people: Collection[str]) -> None:
    """Everything by which somebody could be known, and everything in their own words (rule 17)."""
    for part in in_parts(people):
        for column in (
            *(Phone.participant, ProfileFact.participant, Payload.participant, Answer.participant),
            *(FollowUp.participant, Contact.id, Message.contact, OptOut.contact, InboxRow.contact),
        ):
            session.execute(delete(column.class_).where(column.in_(part)))


def _claim(session: Session, at: Mapping[int, Position], entries: Sequence[Entry]) -> dict[int, Position]:
    """Moves the offsets of the lanes in `entries`, in the lanes' order.

    Raises:
        LaneMoved: when one of them is not where we left it.
    """
    last = {entry.lane: entry.seq for entry in entries}
    for lane in sorted(last):
        claimed = session.execute(
            update(Lane)
            .where(Lane.lane == lane, Lane.epoch == at[lane].epoch, Lane.last == at[lane].last, Lane.chain == at[lane].chain)
            .values(last=last[lane])
        )
        if claimed.rowcount != 1:  # type: ignore[attr-defined]
            raise LaneMoved(lane)
    return {lane: at[lane]._replace(last=number) for lane, number in last.items()}


def _read(entries: Sequence[Entry]) -> tuple[list[Said], list[Dead]]:
    said, dead = [], []
    for entry in entries:
        try:
            record = events.from_bytes(entry.raw)
        except (MsgspecError, UnicodeDecodeError) as why:
            dead.append((entry, str(why)))
        else:
            said.append(Said(entry.lane, entry.seq, record))
    return said, dead


def _of_known_polls(said: Sequence[Said], known: Known) -> tuple[list[Said], list[Said]]:
    """(records of polls and questions that are here, the others)."""
    ours: list[Said] = []
    strangers: list[Said] = []
    for one in said:
        (ours if is_of_known_poll(one.record, known) else strangers).append(one)
    return ours, strangers


def _entry(one: Said) -> Entry:
    return Entry(one.lane, one.seq, events.to_bytes(one.record))


def _bury(session: Session, dead: list[Dead]) -> None:
    now = datetime.now(UTC)
    rows = [
        {
            "digest": hashlib.sha256(entry.raw).hexdigest(),
            "lane": entry.lane,
            "seq": entry.seq,
            "raw": entry.raw,
            "error": why[:500],
            "at": now,
        }
        for entry, why in dead
    ]
    skip_existing(session, DeadLetter, rows)
