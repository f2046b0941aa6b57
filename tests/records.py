"""Records as phones leave them in the lanes, by the dozen, and what must come of them, worked out without our own counting.

The expectation is the definition itself: the last word of each person on each question, counted under their final profile.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Engine, select

from flows.events import Answered, Consented, Event, Finished, Inferred, Record, Skipped, Withdrawn, to_bytes
from flows.poll import Choice, Poll, Question
from workers import publication
from workers.database.models import Answer, LedgerRow, Payload, ProfileFact
from workers.database.session import reading, writing
from workers.dialogs import lane_key, seq_key
from workers.draining import Drainer
from workers.figures import tallies
from workers.intake import Entry, LaneMoved, positions, take_in
from workers.privacy import LANES, lane_of, phone_key

CANARY = "kanarivogel"
"""The words of every free text here: they may stand among the payloads and nowhere else."""


def _choices(*names: str) -> tuple[Choice, ...]:
    return tuple(Choice(name, {"fr": name}) for name in names)


def _question(name: str, kind: str, *choices: str, profile: bool = False) -> Question:
    return Question(name, kind, {"fr": name}, choices=_choices(*choices), profile=profile)  # type: ignore[arg-type]


_OWN = (
    _question("priorite", "select_one", "emploi", "terre", "autre"),
    _question("obstacles", "select_multiple", "dettes", "regard", "famille"),
    _question("absents", "integer"),
    _question("mots", "text"),
)
_PROFILE = (
    _question("residence", "select_one", "village", "diaspora", profile=True),
    _question("country", "select_one", "fr", "es", profile=True),
)
RETOUR = Poll("retour", {"fr": "Retour"}, (*_OWN, *_PROFILE), ("fr",), strata=("residence", "country"))
RETOUR_2 = Poll("retour", {"fr": "Retour"}, (*_OWN, _question("suite", "text"), *_PROFILE), ("fr",), strata=("country",))
EAU = Poll("eau", {"fr": "Eau"}, (_OWN[0], _PROFILE[0]), ("fr",), strata=("residence", "language", "channel"))
STRATA = {("retour", "1"): RETOUR.strata, ("retour", "2"): RETOUR_2.strata, ("eau", "1"): EAU.strata}


def publish_all(engine: Engine) -> None:
    """The three poll versions that `EVENTS` speak of."""
    for poll in (RETOUR, RETOUR_2, EAU):
        with writing(engine) as session:
            publication.publish(session, poll)


def _of(poll: str, version: str) -> list[Event]:
    own: list[tuple[str, list[object]]] = [("priorite", ["emploi", "terre", "autre"])]
    if poll == "retour":
        own += [("obstacles", [("dettes",), ("dettes", "famille")]), ("absents", [0, 3, 12]), ("mots", [CANARY])]
    answers = [Answered(poll, version, name, value) for name, values in own for value in values]  # type: ignore[arg-type]
    return [
        *answers,
        *answers,
        *(Skipped(poll, version, name) for name, _ in own),
        *(Withdrawn(poll, version, name) for name, _ in own),
        *(Answered(poll, version, "residence", value, profile=True) for value in ("village", "diaspora")),
        Skipped(poll, version, "residence", profile=True),
        Withdrawn(poll, version, "residence", profile=True),
        *(Consented(poll, version, language) for language in ("fr", "en")),
        Finished(poll, version, "ACDE"),
    ]


EVENTS: list[Event] = [
    *_of("retour", "1"),
    *_of("retour", "2"),
    *_of("eau", "1"),
    *(Answered("retour", version, "country", value, profile=True) for version in "12" for value in ("fr", "es")),
    *(Inferred("country", value) for value in ("ml", "fr")),
]
"""Everything that a person can do: to be drawn from."""

PHONES = [phone_key(f"+2237000000{n}", b"a key of the tests") for n in range(5)]
PEOPLE = [(phone, ordinal) for phone in PHONES for ordinal in (1, 2)]


class Act(NamedTuple):
    """Who did what, by which channel: "paris" has a number for messages only, "kayes" a code to dial."""

    who: tuple[str, int]
    event: Event
    channel: str = "kayes"


def drawn(seed: int, count: int) -> list[Record]:
    """So many records of `PEOPLE`, the same for the same seed."""
    dice = random.Random(seed)
    acts = [Act(dice.choice(PEOPLE), dice.choice(EVENTS), dice.choice(("kayes", "paris"))) for _ in range(count)]
    return as_records(acts, f"s{seed}")


def as_records(acts: Iterable[Act], tag: str = "t") -> list[Record]:
    """The acts in their envelopes, each under a key of its own."""
    return [
        Record(f"{tag}.{n}.0", phone, ordinal, channel, 1_764_000_000.0 + n, event, by_sms=channel == "paris")
        for n, ((phone, ordinal), event, channel) in enumerate(acts)
    ]


def in_lanes(records: Iterable[Record | bytes], after: int = 0) -> list[Entry]:
    """The records as the commit script lays them down; bytes that are no record go to the first phone's lane."""
    last = dict.fromkeys(range(LANES), after)
    entries = []
    for record in records:
        lane = lane_of(PHONES[0] if isinstance(record, bytes) else record.phone)
        last[lane] += 1
        entries.append(Entry(lane, last[lane], record if isinstance(record, bytes) else to_bytes(record)))
    return entries


def lay(client: Any, said: Iterable[Record | bytes]) -> None:
    """Puts the records into the lanes of a Redis, behind what lies there."""
    for lane, _, raw in in_lanes(said):
        client.xadd(lane_key(lane), {"e": raw}, id=f"{client.incr(seq_key(lane))}-1")


def drain(engine: Engine, client: Any, margin: int = 1000) -> None:
    """Takes in whatever lies in the lanes of a Redis."""
    drainer = Drainer(engine, client, margin)
    while drainer.step(block=1):
        pass


def feed(engine: Engine, entries: Sequence[Entry], epoch: str = "first", batch: int = 40, lanes: Iterable[int] = ()) -> None:
    """Reads the lanes to their end as a drain does, from wherever they were left, whoever else reads them."""
    wanted = sorted(lanes) or range(LANES)
    while True:
        with writing(engine) as session:
            at = positions(session, epoch, wanted)
        ahead = [entry for entry in entries if entry.lane in at and entry.seq > at[entry.lane].last]
        if not ahead:
            return
        try:
            take_in(engine, at, ahead[:batch])
        except LaneMoved:
            continue


Figures = Counter[tuple[str, str, str, str, str, str]]


def expected(records: Iterable[Record]) -> Figures:
    """The tallies that these records make, in the order in which they were said; one that comes twice is said once."""
    said: dict[tuple[str, int], dict[str, Record]] = defaultdict(dict)
    for record in records:
        said[record.phone, record.ordinal].setdefault(record.key, record)
    total: Figures = Counter()
    for who, theirs in said.items():
        total.update(_of_one_person(list(theirs.values()), final_profile(theirs.values()), who))
    return total


def final_profile(records: Iterable[Record]) -> dict[str, str]:
    """What is known of a person in the end: what they said stands over what their number says."""
    told: dict[str, str] = {}
    guessed: dict[str, str] = {}
    for record in records:
        event = record.event
        if isinstance(event, Consented):
            told |= {"language": event.language, "channel": "sms" if record.channel == "paris" else "ussd"}
        elif isinstance(event, Inferred):
            guessed[event.name] = event.value
        elif getattr(event, "profile", False):
            name = event.question  # type: ignore[union-attr]
            if isinstance(event, Answered):
                told[name] = str(event.value)
                guessed.pop(name, None)
            elif name in told:
                del told[name]
    return guessed | told


def _of_one_person(records: list[Record], profile: dict[str, str], who: tuple[str, int]) -> Figures:
    last_word: dict[tuple[str, str], Event] = {}
    for record in records:
        if isinstance(record.event, Answered | Skipped | Withdrawn):
            place = (record.event.poll, record.event.question)
            last_word.pop(place, None)  # so that the newest stands last
            last_word[place] = record.event
    counted: Figures = Counter()
    respondent: dict[str, tuple[str, str]] = {}
    for (poll, question), event in last_word.items():
        assert isinstance(event, Answered | Skipped | Withdrawn)
        where = "|".join(profile.get(name, "") for name in STRATA[poll, event.version])
        if isinstance(event, Answered):
            counted[poll, event.version, question, "answered", "", where] += 1
            for choice in _choices_in(event):
                counted[poll, event.version, question, "choice", choice, where] += 1
            if not event.profile:
                respondent[poll] = (event.version, where)
        elif isinstance(event, Skipped):
            counted[poll, event.version, question, "skipped", "", where] += 1
    for poll, (version, where) in respondent.items():
        counted[poll, version, "", "respondents", "", where] += 1
    return counted


def _choices_in(event: Answered) -> list[str]:
    if event.question in ("mots", "suite"):
        return []
    return list(event.value) if isinstance(event.value, tuple | list) else [str(event.value)]


def assert_counted(engine: Engine, records: Sequence[Record]) -> None:
    """The database says what these records say: figures, recount, ledger, payloads, profiles, current answers."""
    with reading(engine) as session:
        assert tallies.stored(session) == expected(records)
        assert tallies.differences(session) == {}
        kept = session.execute(select(LedgerRow.event_key, LedgerRow.kind)).all()
        assert sorted(key for key, kind in kept if kind != "moved") == sorted({record.key for record in records})
        assert sorted(session.scalars(select(Payload.event_key))) == sorted(key for key, _ in kept)
        facts = sorted(session.execute(select(ProfileFact.name, ProfileFact.value)).all())
        people: dict[tuple[str, int], dict[str, Record]] = defaultdict(dict)
        for record in records:
            people[record.phone, record.ordinal].setdefault(record.key, record)
        assert facts == sorted(fact for theirs in people.values() for fact in final_profile(theirs.values()).items())
        answered = session.scalars(select(Answer.question).where(Answer.kind == "answered")).all()
        wanted = [cell[2] for cell, n in expected(records).items() if cell[3] == "answered" for _ in range(n)]
        assert sorted(answered) == sorted(wanted)
