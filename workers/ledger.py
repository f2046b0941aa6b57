"""What a batch of records means: rows of the ledger, current answers, profile facts, differences of tallies.

`decide()` is pure but for new random ids and salts; reading and writing are the intake's.
"""

import hashlib
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from msgspec import Struct, field, msgpack

from flows import gsm
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
    Unlinked,
    Withdrawn,
)
from flows.poll import Poll
from workers.figures.tallies import PROFILE, Cell, Given, cells, newest, stratum

Row = dict[str, Any]


class Said(NamedTuple):
    """A record that could be read, with its place in the order of things: `seq` only ever grows within a lane."""

    lane: int
    seq: int
    record: Record


class Known(Struct):
    """What the database says of the participants of a batch; `decide` brings it up to date in memory.

    `answers` are by participant, poll and question; `guessed` names the profile facts that nobody said.
    """

    participants: dict[tuple[str, int], str] = field(default_factory=dict)
    profiles: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    guessed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    answers: dict[str, dict[str, dict[str, Given]]] = field(default_factory=lambda: defaultdict(dict))
    polls: dict[tuple[str, str], Poll] = field(default_factory=dict)


class Outcome(Struct):
    """Everything that one batch writes. A profile fact of None is taken back.

    `reports` are with the contact whose number they name, if any, and their channel.
    """

    phones: list[Row] = field(default_factory=list)
    ledger: list[Row] = field(default_factory=list)
    payloads: list[Row] = field(default_factory=list)
    answers: dict[tuple[str, str, str], Given] = field(default_factory=dict)
    profiles: dict[tuple[str, str], tuple[str, bool] | None] = field(default_factory=dict)
    follow_ups: list[Row] = field(default_factory=list)
    contacts: dict[str, Row] = field(default_factory=dict)
    stops: dict[str, Row] = field(default_factory=dict)
    opt_outs: list[Row] = field(default_factory=list)
    agreed: dict[str, Row] = field(default_factory=dict)
    messages: list[Row] = field(default_factory=list)
    inbox: list[Row] = field(default_factory=list)
    reports: list[tuple[Reported, str, str]] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)
    tallies: Counter[Cell] = field(default_factory=Counter)


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
        if isinstance(one.record.event, Replied):
            _reply(one, one.record.event, participant, outcome)
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


def _reply(one: Said, reply: Replied, contact: str, outcome: Outcome) -> None:
    """The outbox row of an answer by SMS, keyed by what it answers. The ledger knows only that it is done, and of nobody."""
    record = one.record
    _write(outcome, _row(one, "", {}), record.key, "replied", "replied")
    at = _meet(one, contact, reply.sealed, outcome)
    outcome.messages.append(
        {
            "key": record.key,
            "contact": contact,
            "channel": record.channel,
            "text": reply.text,
            "kind": "reply",
            "priority": 0,
            "parts": gsm.segments(reply.text).parts,
            "reference": secrets.token_urlsafe(16),
            "last_word": reply.last_word,
            "state": "queued",
            "due_at": at,
            "moved_at": at,
        }
    )


def _meet(one: Said, contact: str, sealed: bytes, outcome: Outcome) -> datetime:
    """The number to which messages may have to go; returns when it was last heard of."""
    at = datetime.fromtimestamp(one.record.at, UTC)
    outcome.contacts[contact] = {"id": contact, "sealed": sealed, "channel": one.record.channel, "last_at": at}
    return at


def _opt(one: Said, contact: str, event: OptedOut | OptedIn, outcome: Outcome) -> None:
    """STOP or START: what holds now, and its line in the ledger of them."""
    stopped = isinstance(event, OptedOut)
    outcome.stops[contact] = {"who": contact, "stopped": stopped, "said": event.said}
    known_as = {"event_key": one.record.key, "contact": contact, "channel": one.record.channel}
    at = datetime.fromtimestamp(one.record.at, UTC)
    outcome.opt_outs.append({**known_as, "stopped": stopped, "said": event.said, "at": at})
    if isinstance(event, OptedOut) and event.sealed:
        _meet(one, contact, event.sealed, outcome)


def _letter(one: Said, contact: str, event: Unlinked) -> Row:
    """What staff read. PostgreSQL stores no NUL, and nobody means one."""
    words, at = event.words.replace("\0", " "), datetime.fromtimestamp(one.record.at, UTC)
    known_as = {"event_key": one.record.key, "contact": contact, "channel": one.record.channel}
    return {**known_as, "words": words, "distress": event.distress, "at": at}


def _erase(one: Said, known: Known, outcome: Outcome, before: dict[tuple[str, str], Counter[Cell]]) -> None:
    """Takes out everybody behind the phone, or one of them (rule 18). Figures stay; the journal says that it happened."""
    phone, ordinal = one.record.phone, one.record.ordinal
    gone = {who: known.participants[who] for who in [*known.participants] if who[0] == phone and ordinal in (0, who[1])}
    people = set(gone.values())
    for participant, poll in [place for place in before if place[0] in people]:
        _settle(participant, poll, before.pop((participant, poll)), known, outcome)
    for who, participant in gone.items():
        del known.participants[who]
        for kept in (known.profiles, known.guessed, known.answers, outcome.contacts, outcome.stops, outcome.agreed):
            kept.pop(participant, None)
    outcome.erased |= people
    for rows, column in (
        (outcome.phones, "participant"),
        (outcome.payloads, "participant"),
        (outcome.follow_ups, "participant"),
        (outcome.messages, "contact"),
        (outcome.opt_outs, "contact"),
        (outcome.inbox, "contact"),
    ):
        rows[:] = [row for row in rows if row[column] not in people]
    outcome.answers = {place: given for place, given in outcome.answers.items() if place[0] not in people}
    outcome.profiles = {place: fact for place, fact in outcome.profiles.items() if place[0] not in people}
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
    if isinstance(event, OptedOut | OptedIn):
        _opt(one, participant, event, outcome)
    if isinstance(event, Unlinked):
        outcome.inbox.append(_letter(one, participant, event))
    if isinstance(event, Agreed):
        _meet(one, participant, event.sealed, outcome)
        outcome.agreed[participant] = {"who": participant, "is_agreed": True, "in_language": event.language}
    if isinstance(event, Declined):
        outcome.agreed[participant] = {"who": participant, "is_agreed": False, "in_language": ""}
    place = {"poll": poll, "version": version, "question": question, "choice": choice}
    where = {"stratum": _stratum(participant, poll, version, known), "was": PROFILE if profile else ""}
    row = _row(one, participant, {**place, **where})
    _write(outcome, row, key, kind, event)
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
