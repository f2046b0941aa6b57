"""Whole conversations over the real webhook, and what came of them in the figures."""

from collections.abc import Callable

from gateway.runtime import Runtime
from tests.phone import Phone
from workers import publication, results, tallies
from workers.database.session import reading


def test_a_villager_answers_and_is_counted(phone: Phone, drain: Callable[[], int], runtime: Runtime) -> None:
    phone.dials().sees("EMDK demande", "1. Répondre").types("1").sees("Au retour, que faut-il")
    phone.types("1", "1 3", "4", "1", "1").is_done().sees("Votre code")
    assert drain() == 8
    with reading(runtime.engine) as session:
        poll = publication.newest(session, "demo")
        assert poll is not None
        counted = results.results(session, poll, ["residence"])
        assert counted["respondents"] == 1
        assert counted["questions"][0]["choices"][0]["count"] == 1
        assert counted["questions"][0]["by"]["residence"] == [
            {
                "value": "village",
                "answered": 1,
                "skipped": 0,
                "choices": {"emploi": 1, "terre": 0, "argent": 0, "papiers": 0, "ecoute": 0, "autre": 0},
            }
        ]
        assert tallies.differences(session) == {}
