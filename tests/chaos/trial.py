"""One trial: an installation, people who dial meanwhile, and whether all that they were told was taken is counted, once."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import redis
from prometheus_client.parser import text_string_to_metric_families

from gateway import roll
from gateway.simulator import Handset, NetworkError
from tests.processes import Watched, until
from tests.servers import Postgres
from workers.dialogs import person_pattern, phone_of
from workers.settings import embedded_redis_url

DIALLING_SECONDS = 900
"""Longer than any crowd needs, however slow the machine."""

ASKED_TO_CALL_AGAIN = "Le service est arr"
"""As phones show it: GSM-7 has no `ê`."""


class NotRun(Exception):
    """This machine cannot do that; the message says why."""


@contextlib.contextmanager
def installation(home: Path, of_up: Mapping[str, str] | None = None, **environment: str) -> Iterator[Watched]:
    """One that runs, of which nothing is left afterwards, whatever happened. `of_up`: the environment of its processes alone."""
    home.mkdir(exist_ok=True)
    site = Watched(home, **environment)
    try:
        site.start(**(of_up or {}))
        yield site
    finally:
        site.end()
        until(lambda: not site.processes(), "the end of the installation")


@contextlib.contextmanager
def postgresql(home: Path) -> Iterator[Postgres]:
    """A server of one's own, to be killed and started again."""
    server = Postgres(home)
    try:
        yield server
    finally:
        server.stop()


class Dialling:
    """`palabre rehearse` beside an installation."""

    def __init__(self, site: Watched, people: int, *flags: str) -> None:
        self._site = site
        words = site.words("rehearse", "--people", str(people), "--json", *flags)
        self._process = subprocess.Popen(words, env=site.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def goes_on(self, events: float = 300) -> None:
        """Waits until so many more events were committed, counted from now."""
        before = _figure(self._site, "palabre_events_total")
        until(lambda: _figure(self._site, "palabre_events_total") > before + events, "events that are committed")

    def ends(self) -> dict[str, Any]:
        """The outcome, once everybody is through."""
        stdout, stderr = self._process.communicate(timeout=DIALLING_SECONDS)
        assert stdout, f"{self._process.returncode}: {stderr[-500:]}"
        outcome: dict[str, Any] = json.loads(stdout)
        return outcome


def held(site: Watched, outcome: Mapping[str, Any]) -> str:
    """The answers, in a line.

    Raises:
        AssertionError: where one is lost or made up, a figure is wrong, or the installation does not end as it should.
    """
    line = answers_held(site, outcome)
    assert outcome.get("within") or outcome.get("equal"), f"{outcome['differences'][:5]} {outcome['surprises'][:5]}"
    return line


def answers_held(site: Watched, outcome: Mapping[str, Any]) -> str:
    """The same where people may be asked again, and so have said more than was drawn."""
    answers = outcome["answers"]
    line = f"{answers['acknowledged']:,} acknowledged, {answers['counted']:,} counted, {answers['sent']:,} sent"
    wrong = [*answers["missing"], *answers["unexplained"]]
    assert not wrong, f"{line}; missing {len(answers['missing'])}, unexplained {len(answers['unexplained'])}: {wrong[:5]}"
    ends_well(site)
    return line


def nothing_ended(site: Watched) -> None:
    """No clock ended anything: all that was said is there in full, and whom the database knows Redis knows. On SQLite."""
    with contextlib.closing(sqlite3.connect(site.home / "palabre.db")) as database:
        whole = database.execute(
            "SELECT count(*) FROM ledger LEFT JOIN payloads USING (event_key) WHERE salt IS NULL"
        ).fetchone()
        phones = {row[0] for row in database.execute("SELECT DISTINCT phone_key FROM phones WHERE ordinal > 0")}
    assert whole == (0,), f"of {whole[0]} events only the ledger is left"
    with redis.Redis.from_url(embedded_redis_url(site.home)) as client:
        forgotten = phones - {phone_of(key) for key in client.scan_iter(person_pattern(), count=1000)}
    assert not forgotten, f"Redis forgot {len(forgotten)} of {len(phones)} phones"


def ends_well(site: Watched) -> None:
    """Every tally agrees with the ledger, and `palabre up` ends in order and leaves nothing."""
    verified = site.palabre("verify")
    assert verified.returncode == 0, verified.stdout
    assert site.stop() == 0, "'palabre up' did not end in order"
    until(lambda: not site.processes(), "the end of every process")


def lag(site: Watched) -> float:
    """Events committed and not yet in the database, as /metrics tells."""
    return _figure(site, "palabre_intake_lag")


def is_asked_to_call_again(site: Watched, number: str = "+22371999999") -> bool:
    """What a phone that dials now is told; a network's error, such as a web server that is not there, is neither."""
    network = site.network()
    try:
        return Handset(network, number).dial().text.startswith(ASKED_TO_CALL_AGAIN)
    except NetworkError:
        return False
    finally:
        network.close()


def all_of(site: Watched) -> list[int]:
    """`up` and all that it started, and not the people who dial."""
    assert site.process is not None
    found = [site.process.pid]
    for pid in found:
        found += roll.below(pid)
    return found


def kill_all(site: Watched) -> None:
    """SIGKILL to every process, at once."""
    gone = all_of(site)
    for pid in gone:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert site.process is not None
    site.process.wait()
    until(lambda: not site.processes().keys() & set(gone), "the end of every process")


def _figure(site: Watched, name: str) -> float:
    """A metric summed over its labels; 0 while nobody answers."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{site.address}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)
    time.sleep(0.1)
    return 0.0
