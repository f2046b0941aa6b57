"""What goes into a decision on a batch of records, and what comes out of it: rows, ready to be stored set by set."""

from collections import Counter, defaultdict
from typing import Any, NamedTuple

from msgspec import Struct, field

from flows.events import Record, Reported
from flows.poll import Poll
from workers.figures.tallies import Cell, Given

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

    def forget(self, people: set[str]) -> None:
        """Takes out what this batch would have written of them, but for ledger and tallies."""
        self.erased |= people
        for kept in (self.contacts, self.stops, self.agreed):
            for participant in kept.keys() & people:
                del kept[participant]
        for rows, column in (
            *((self.phones, "participant"), (self.payloads, "participant"), (self.follow_ups, "participant")),
            *((self.messages, "contact"), (self.opt_outs, "contact"), (self.inbox, "contact")),
        ):
            rows[:] = [row for row in rows if row[column] not in people]
        self.answers = {place: given for place, given in self.answers.items() if place[0] not in people}
        self.profiles = {place: fact for place, fact in self.profiles.items() if place[0] not in people}
