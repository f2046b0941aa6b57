"""Whole conversations over the real webhook, and what came of them in the figures."""

import time
from collections.abc import Callable

import pytest
import requests
from msgspec.structs import replace

from gateway.runtime import Runtime
from gateway.simulator import Network
from tests import servers
from tests.phone import Phone
from tests.texter import Texter
from workers import publication
from workers.database.session import reading
from workers.figures import results, tallies
from workers.pressure import LOOK_SECONDS
from workers.settings import Settings


def test_a_villager_answers_and_is_counted(phone: Phone, drain: Callable[[], int], runtime: Runtime) -> None:
    phone.dials().sees("EMDK demande", "1. Répondre").types("1").sees("Au retour, que faut-il")
    phone.types("1", "1 3", "4", "1", "1").sees("Votre code").types("0").is_done().sees("Votre code")
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


def test_when_redis_fills_up_new_calls_wait_and_those_under_way_end(
    phone: Phone, network: Network, runtime: Runtime, address: str
) -> None:
    phone.dials().types("1")
    runtime.redis.setrange("filling", 20_000_000, b"x")
    runtime.redis.config_set("maxmemory", int(runtime.redis.info("memory")["used_memory"] / 0.85))
    try:
        time.sleep(LOOK_SECONDS + 0.1)
        phone.types("1").sees("retour dur")
        Phone(network, "+22370000002").dials().is_done().sees("Le service est")
        assert requests.get(f"{address}/readyz", timeout=5).status_code == 503
    finally:
        runtime.redis.config_set("maxmemory", 0)


def test_a_phone_of_ours_does_everything_and_is_not_counted(
    settings: Settings, runtime: Runtime, drain: Callable[[], int]
) -> None:
    runtime.settings = replace(settings, training_phones=("+223 70 00 00 09",))
    with servers.gateway(runtime) as url:
        Phone(Network(url, settings.channels[0]), "+22370000009").dials().types("1", "1", "1 3", "4", "1", "1", "0").is_done()
    drain()
    with reading(runtime.engine) as session:
        assert tallies.stored(session) == {}


def test_what_a_channel_costs_is_said_with_the_help(runtime: Runtime, drain: Callable[[], int]) -> None:
    channel = replace(runtime.settings.channels[0], cost_line="10 francs l'appel.")
    runtime.settings = replace(runtime.settings, channels=(channel,))
    with servers.gateway(runtime) as address:
        network = Network(address, channel)
        Phone(network).dials().types("00", "4", "9").sees("l'appel.")
        Texter(network, address, runtime, drain).texts("AIDE").sees("EFFACER=tout effacer. 10 francs l'appel.")


def test_a_cost_line_that_would_take_a_third_message_is_refused(runtime: Runtime) -> None:
    with pytest.raises(ValueError, match="at most 140 septets"):
        replace(runtime.settings.channels[0], cost_line="x" * 141)
