"""What a batch of records means: rows of the ledger, current answers, profile facts, differences of tallies.

What it means for messages is correspondence.py's. `decide()` is pure but for new random ids and salts; reading and writing are
the intake's.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import msgpack
from msgspec.structs import replace

from flows.events import (
    Agreed,
    Answered,
    Consented,
    Declined,
    Erased,
    Event,
    Finished,
    Inferred,
    OptedIn,
    OptedOut,
    Record,
    Replied,
    Reported,
    Skipped,
    Withdrawn,
)
from flows.poll import Poll
from workers import correspondence
from workers.figures.tallies import PROFILE, Cell, Given, cells, newest, stratum
from workers.outcome import Known, Outcome, Row, Said


def decide(said: Sequence[Said], known: Known) -> Outcome:
    """What these records change, one after the other; tallies once, as after less before."""
    outcome = Outcome()
    before: dict[tuple[str, str], Counter[Cell]] = {}
    for one in said:
        if isinstance(one.record.event, Reported):
            contact = known.participants.get((one.record.phone, 0), "")
            outcome.reports.append((one.record.event, contact, one.record.channel))
            continue
        if isinstance(one.record.event, Erased):
            _erase(one, known, outcome, before)
            continue
        if one.record.training and not isinstance(one.record.event, Agreed | Declined | Replied | OptedOut | OptedIn):
            _write(outcome, _row(one, "", {}), one.record.key, "training", "training")
            continue
        participant = _participant(one.record, known, outcome)
        correspondence.note(one, participant, outcome)
        if isinstance(one.record.event, Replied):  # the ledger knows only that it is done, and of nobody
            _write(outcome, _row(one, "", {}), one.record.key, "replied", "replied")
            continue
        polls = _touched(participant, one.record.event, known)
        for poll in polls:
            if (participant, poll) not in before:
                before[participant, poll] = _cells(participant, poll, known)
        _apply(one, participant, polls, known, outcome)
    for (participant, poll), old in before.items():
        _settle(participant, poll, old, known, outcome)
    return outcome


def is_of_known_poll(record: Record, known: Known) -> bool:
    """Whether the poll version and the question that the record names are in the database."""
    if record.place is None:
        return True
    poll, question = known.polls.get(record.place), getattr(record.event, "question", None)
    return poll is not None and (question is None or question in poll.by_name)


def _participant(record: Record, known: Known, outcome: Outcome) -> str:
    """The random id behind (phone key, ordinal); a new one for somebody never heard of (rule 9)."""
    who = (record.phone, record.ordinal)
    if who not in known.participants:
        known.participants[who] = secrets.token_urlsafe(16)
        outcome.phones.append({"phone_key": who[0], "ordinal": who[1], "participant": known.participants[who]})
    return known.participants[who]


def _touched(participant: str, event: Event, known: Known) -> list[str]:
    """The polls whose cells this event can change: its own, and every one answered where it changes the profile."""
    own = getattr(event, "poll", "")
    changes_profile = isinstance(event, Consented | Inferred) or getattr(event, "profile", False)
    others = [poll for poll in known.answers[participant] if poll != own] if changes_profile else []
    return [*([own] if own else []), *others]


def _settle(participant: str, poll: str, old: Counter[Cell], known: Known, outcome: Outcome) -> None:
    """The difference that this batch made to one participant's counts in one poll."""
    outcome.tallies.update(_cells(participant, poll, known))
    outcome.tallies.subtract(old)


def _erase(one: Said, known: Known, outcome: Outcome, before: dict[tuple[str, str], Counter[Cell]]) -> None:
    """Takes out everybody behind the phone, or one of them (rule 18). Figures stay; the journal says that it happened."""
    phone, ordinal = one.record.phone, one.record.ordinal
    gone = {who: known.participants[who] for who in [*known.participants] if who[0] == phone and ordinal in (0, who[1])}
    people = set(gone.values())
    for participant, poll in [place for place in before if place[0] in people]:
        _settle(participant, poll, before.pop((participant, poll)), known, outcome)
    for who, participant in gone.items():
        del known.participants[who]
        for kept in (known.profiles, known.guessed, known.answers):
            kept.pop(participant, None)
    outcome.forget(people)
    _write(outcome, _row(one, "", {}), one.record.key, "erased", "erased")


def _cells(participant: str, poll: str, known: Known) -> Counter[Cell]:
    answers = known.answers[participant].get(poll, {})
    return cells(poll, answers, _strata(participant, poll, known))


def _strata(participant: str, poll: str, known: Known) -> dict[str, str]:
    """The participant's stratum in each version of the poll in which they have answers."""
    answers = known.answers[participant].get(poll, {})
    return {given.version: _stratum(participant, poll, given.version, known) for given in answers.values()}


def _stratum(participant: str, poll: str, version: str, known: Known) -> str:
    found = known.polls.get((poll, version))
    return stratum(found.strata, known.profiles[participant]) if found else ""


def _apply(one: Said, participant: str, polls: Sequence[str], known: Known, outcome: Outcome) -> None:
    """One record: its facts about the person, its answer, its ledger row, and `moved` rows for what they re-sort."""
    event, key = one.record.event, one.record.key
    old = {poll: _strata(participant, poll, known) for poll in polls}
    for name, value in _facts(one.record):
        _learn(participant, name, value, isinstance(event, Inferred), known, outcome)
    poll, version = getattr(event, "poll", ""), getattr(event, "version", "")
    kind, question, choice = _counted_as(event, known.polls.get((poll, version)))
    profile = getattr(event, "profile", False)
    if question:
        answers = known.answers[participant].setdefault(poll, {})
        newest(answers, question, Given(version, kind, choice, profile, one.seq))
        outcome.answers[participant, poll, question] = answers[question]
    if isinstance(event, Finished):
        outcome.follow_ups.append({"code": event.code, "participant": participant, "poll": poll})
    place = {"poll": poll, "version": version, "question": question, "choice": choice}
    where = {"stratum": _stratum(participant, poll, version, known), "was": PROFILE if profile else ""}
    row = _row(one, participant, {**place, **where})
    _write(outcome, row, key, kind, replace(event, sealed=b"") if isinstance(event, Agreed | OptedOut) else event)
    for number, moved in enumerate(_moves(participant, old, known)):
        _write(outcome, {**row, **moved}, f"{key}/{number}", "moved", moved)


def _row(one: Said, participant: str, columns: Row) -> Row:
    """The columns that every row of the ledger has."""
    empty = dict.fromkeys(("poll", "version", "question", "choice", "stratum", "was"), "")
    return {
        "lane": one.lane,
        "seq": one.seq,
        "at": datetime.fromtimestamp(one.record.at, UTC),
        "participant": participant,
        "channel": one.record.channel,
        **empty,
        **columns,
    }


def _moves(participant: str, old: dict[str, dict[str, str]], known: Known) -> Iterable[Row]:
    """`moved(from, to)` for every poll version whose answers of this person now count elsewhere (rule 14)."""
    for poll, strata in old.items():
        now = _strata(participant, poll, known)
        for version, was in strata.items():
            if now.get(version, was) != was:
                place = {"poll": poll, "version": version, "question": "", "choice": ""}
                yield {**place, "stratum": now[version], "was": was}


def _write(outcome: Outcome, row: Row, key: str, kind: str, what: Any) -> None:
    """A ledger row, and beside it, deletable, what it is the digest of."""
    salt, content = secrets.token_bytes(16), _packer.encode(what)
    digest = hashlib.sha256(salt + content).hexdigest()
    outcome.ledger.append({**row, "event_key": key, "kind": kind, "digest": digest})
    outcome.payloads.append({"event_key": key, "participant": row["participant"], "salt": salt, "content": content})


def _facts(record: Record) -> list[tuple[str, str | None]]:
    """What the event says of the person; None where it takes a fact back."""
    match record.event:
        case Consented(language=language):
            return [("language", language), ("channel", "sms" if record.by_sms else "ussd")]
        case Inferred(name=name, value=value):
            return [(name, value)]
        case Answered(profile=True, question=name, value=value):
            return [(name, str(value))]
        case Skipped(profile=True, question=name) | Withdrawn(profile=True, question=name):
            return [(name, None)]
        case _:
            return []


def _learn(participant: str, name: str, value: str | None, inferred: bool, known: Known, outcome: Outcome) -> None:
    profile, guessed = known.profiles[participant], known.guessed[participant]
    said = name in profile and name not in guessed
    if inferred and said:
        return  # what somebody said stands over what their prefix says
    if value is None:
        if said:
            del profile[name]
            outcome.profiles[participant, name] = None
        return
    profile[name] = value
    (guessed.add if inferred else guessed.discard)(name)
    outcome.profiles[participant, name] = (value, inferred)


def _counted_as(event: Event, poll: Poll | None) -> tuple[str, str, str]:
    """(kind, question, choice) of the ledger row; no question where it is no answer. A text's words are no choice."""
    match event:
        case Answered(question=question, value=value):
            if poll and poll.by_name[question].type == "text":
                return "answered", question, ""
            return "answered", question, " ".join(value) if isinstance(value, list | tuple) else str(value)
        case Skipped(question=question):
            return "skipped", question, ""
        case Withdrawn(question=question):
            return "withdrawn", question, ""
        case _:
            return type(event).__name__.lower(), "", ""


_packer = msgpack.Encoder()
