"""A crowd that answers one poll, draw after draw: what releases are made of, by way of the real intake."""

import random
from typing import Any

from sqlalchemy import Engine

from flows.events import Answered, Event, Record, Skipped
from flows.poll import Choice, Poll, Question
from tests.records import Act, as_records, feed, in_lanes
from workers import publication
from workers.database.session import reading, writing
from workers.figures.grain import Above
from workers.figures.releases import Published, last, next_draft, publish
from workers.privacy import phone_key

CERCLES = ("kayes", "kita", "nioro", "diema")
ABOVE: Above = {"cercle": ("region", {"kayes": "kayes", "diema": "kayes", "kita": "kita", "nioro": "nioro"})}


def _question(name: str, kind: str, *choices: str, profile: bool = False) -> Question:
    labels = tuple(Choice(choice, {"fr": choice.capitalize()}) for choice in choices)
    return Question(name, kind, {"fr": f"{name.capitalize()}?"}, choices=labels, profile=profile)  # type: ignore[arg-type]


AVIS = Poll(
    "avis",
    {"fr": "Votre avis"},
    (
        _question("priorite", "select_one", "emploi", "terre", "papiers", "autre"),
        _question("freins", "select_multiple", "dettes", "regard", "famille"),
        _question("absents", "integer"),
        _question("mots", "text"),
        _question("cercle", "select_one", *CERCLES, profile=True),
        _question("sex", "select_one", "f", "m", profile=True),
    ),
    ("fr",),
    strata=("cercle", "sex"),
    grain=("cercle", "sex"),
)


class Crowd:
    """People who answered, and what they said. The same for the same seed."""

    def __init__(self, engine: Engine, seed: int = 0, poll: Poll = AVIS) -> None:
        self.engine, self.poll = engine, poll
        self._dice, self._people = random.Random(seed), 0
        self._acts: list[Act] = []
        with writing(engine) as session:
            publication.publish(session, poll)

    def grows(self, people: int, **same: Any) -> None:
        """So many more people answer; `same` is what all of them say to a question."""
        for _ in range(people):
            self._people += 1
            self._says(self._people, self._drawn() | same)
        self._take_in()

    def changes_its_mind(self, people: int) -> None:
        """So many of those who answered answer something else."""
        for who in self._dice.sample(range(1, self._people + 1), people):
            self._says(who, {"priorite": self._drawn()["priorite"], "freins": self._drawn()["freins"]})
        self._take_in()

    def releases(self, above: Above | None = None) -> Published:
        """Publishes what can be.

        Raises:
            NothingToRelease: as `workers.figures.drafting`.
        """
        with reading(self.engine) as session:
            made = next_draft(session, self.poll, above or {})
        with writing(self.engine) as session:
            publish(session, made, "the tests")
        with reading(self.engine) as session:
            released = last(session, self.poll.slug)
        assert released is not None
        return released

    def _drawn(self) -> dict[str, Any]:
        dice = self._dice
        return {
            "priorite": dice.choices(["emploi", "terre", "papiers", "autre", None], [40, 30, 15, 5, 5])[0],
            "freins": [name for name, share in (("dettes", 0.6), ("regard", 0.3), ("famille", 0.1)) if dice.random() < share],
            "absents": dice.randrange(9),
            "mots": "un mot" if dice.random() < 0.3 else None,
            "cercle": dice.choices([*CERCLES, None], [50, 25, 10, 5, 10])[0],
            "sex": dice.choices(["f", "m", None], [45, 50, 5])[0],
        }

    def _says(self, who: int, said: dict[str, Any]) -> None:
        person = (phone_key(f"+22370{who:06d}", b"a key of the tests"), 1)
        for name, value in said.items():
            question = self.poll.by_name.get(name)
            if question is None or (value is None and question.profile):
                continue
            event: Event = Answered(self.poll.slug, "1", name, value, question.profile)
            if value is None:
                event = Skipped(self.poll.slug, "1", name)
            self._acts.append(Act(person, event))

    def _take_in(self) -> None:
        records: list[Record] = as_records(self._acts, "crowd")
        feed(self.engine, in_lanes(records), batch=4000)
