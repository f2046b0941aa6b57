"""How long `advance()` takes by itself: the demo poll, and twenty questions each of which asks what was answered before."""

import time
from statistics import median

from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.engine import advance
from flows.expressions import compile_expression
from flows.poll import Choice, Poll, Question
from flows.scene import Turn
from tests.bench.conversations import CALLED, demo_catalogue

QUESTIONS = 20
CONVERSATIONS = 400


def measure() -> dict[str, float]:
    """Median microseconds of a turn, by poll."""
    return {
        "demo poll": _median_turn(demo_catalogue(), CALLED),
        f"{QUESTIONS} questions, each with 'relevant'": _median_turn(_long_catalogue(), ("1",) * (QUESTIONS + 2)),
    }


def _median_turn(catalogue: Catalogue, keys: tuple[str, ...]) -> float:
    turns: list[float] = []
    for seed in range(CONVERSATIONS):
        dialog: Dialog | None = None
        person = Person()
        for typed in (None, *keys):
            turn = Turn(typed, 1.78e9, seed, country="ml", can_text=True)
            started = time.perf_counter()
            step = advance(dialog, person, catalogue, turn)
            turns.append(time.perf_counter() - started)
            dialog, person = step.dialog, step.person
        assert dialog is not None and dialog.ended, "the script does not end the conversation"
    return median(turns) * 1e6


def _long_catalogue() -> Catalogue:
    choices = tuple(Choice(name, {"fr": f"Réponse {name}"}) for name in ("oui", "non", "peut-etre"))
    questions = tuple(
        Question(
            name=f"q{place}",
            type="select_one",
            label={"fr": f"Question numéro {place} ?"},
            choices=choices,
            relevant=compile_expression(f"${{q{place - 1}}} = 'oui' or ${{q{place - 1}}} = 'non'") if place else None,
        )
        for place in range(QUESTIONS)
    )
    poll = Poll(slug="long", title={"fr": "Vingt questions"}, questions=questions, languages=("fr",), version="1")
    return Catalogue("1", (poll,), (poll,))
