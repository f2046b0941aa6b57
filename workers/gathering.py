"""Gather: what the database knows of a batch before anything is decided, in a handful of queries. It only moves names."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec.structs import replace
from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session, aliased

from flows.poll import Poll, from_json
from workers.database.models import Answer, LedgerRow, Phone, PollVersion, ProfileFact
from workers.figures.tallies import Given
from workers.outcome import Known, Said


def unheard(session: Session, said: list[Said]) -> list[Said]:
    """Without the records whose key the ledger has, and without second ones in this batch: the same event twice."""
    first = {one.record.key: one for one in reversed(said)}
    there: set[str] = set()
    for part in in_parts(first.keys()):
        there.update(session.scalars(select(LedgerRow.event_key).where(LedgerRow.event_key.in_(part))))
    return [one for one in said if first[one.record.key] is one and one.record.key not in there]


def by_one_name(session: Session, said: list[Said]) -> list[Said]:
    """The records, and the rows of `phones`, under the name that each phone bears now: its key may have been rotated."""
    names: dict[str, str] = {}
    for one in said:
        names |= dict.fromkeys(one.record.aliases, one.record.phone)
        names.pop(one.record.phone, None)
    if not names:
        return said
    there: list[str] = []
    for part in in_parts(names):
        there += session.scalars(select(Phone.phone_key).where(Phone.phone_key.in_(part)).distinct())
    if there:
        here = aliased(Phone)
        is_free = ~exists().where(here.phone_key == bindparam("now"), here.ordinal == Phone.ordinal)
        move = update(Phone).where(Phone.phone_key == bindparam("before"), is_free).values(phone_key=bindparam("now"))
        session.connection().execute(move, [{"before": name, "now": names[name]} for name in sorted(there)])
    return [one._replace(record=replace(one.record, phone=names.get(one.record.phone, one.record.phone))) for one in said]


def gather(session: Session, said: Sequence[Said]) -> Known:
    """What the database knows of the people and polls of this batch, in a handful of queries."""
    known = Known()
    for part in in_parts({one.record.phone for one in said}):
        phones = select(Phone.phone_key, Phone.ordinal, Phone.participant).where(Phone.phone_key.in_(part))
        for phone, ordinal, participant in session.execute(phones):
            known.participants[phone, ordinal] = participant
    heard = {(one.record.phone, one.record.ordinal) for one in said}
    for part in in_parts({participant for who, participant in known.participants.items() if who in heard}):
        _gather_people(session, part, known)
    versions = {place for one in said if (place := one.record.place)}
    for polls in known.answers.values():
        versions |= {(poll, given.version) for poll, answers in polls.items() for given in answers.values()}
    known.polls = {place: poll for place in versions if (poll := _poll(session, *place))}
    return known


def _gather_people(session: Session, participants: Sequence[str], known: Known) -> None:
    facts = select(ProfileFact.participant, ProfileFact.name, ProfileFact.value, ProfileFact.inferred)
    for participant, name, value, inferred in session.execute(facts.where(ProfileFact.participant.in_(participants))):
        known.profiles[participant][name] = value
        if inferred:
            known.guessed[participant].add(name)
    answers = select(
        *(Answer.participant, Answer.poll, Answer.question),
        *(Answer.version, Answer.kind, Answer.choice, Answer.profile, Answer.seq),
    )
    for row in session.execute(answers.where(Answer.participant.in_(participants))):
        known.answers[row.participant].setdefault(row.poll, {})[row.question] = Given(
            row.version, row.kind, row.choice, row.profile, row.seq
        )


def in_parts(items: Iterable[str], size: int = 500) -> Iterable[Sequence[str]]:
    ordered = sorted(items)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))


def _poll(session: Session, slug: str, version: str) -> Poll | None:
    number = int(version) if version.isdecimal() else 0
    wanted = select(PollVersion.definition).where(PollVersion.slug == slug, PollVersion.number == number)
    definition = session.scalar(wanted)
    return _parsed(definition) if definition else None


@lru_cache(maxsize=256)
def _parsed(definition: str) -> Poll:
    """A published version never changes, so it is read once."""
    return from_json(definition)
