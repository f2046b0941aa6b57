"""`palabre up` while its processes are killed under people who answer: what was acknowledged counts, once; nothing stays."""

import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.disks import Limit
from tests.chaos.trial import all_of, is_asked_to_call_again
from tests.crowd import Crowd, assert_each_once
from tests.processes import Watched, until
from tests.servers import Postgres


@pytest.fixture
def place(home: Path) -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(dir=home))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def site(place: Path) -> Iterator[Watched]:
    made = Watched(place)
    made.start()
    yield made
    made.end()


@pytest.fixture
def postgres(home: Path) -> Iterator[Postgres]:
    """One of its own, to be killed."""
    with tempfile.TemporaryDirectory(dir=home) as own:
        server = Postgres(Path(own) / "postgres")
        yield server
        server.stop()


def test_a_rehearsal_with_faults_kills_every_process_and_loses_nothing(site: Watched) -> None:
    done = site.palabre("rehearse", "--people", "110", "--rate", "80", "--seed", "10", "--faults", "--json")
    outcome = json.loads(done.stdout)
    assert done.returncode == 0, outcome["differences"]
    assert outcome["within"]
    assert outcome["answers"]["missing"] == outcome["answers"]["unexplained"] == []
    assert outcome["answers"]["acknowledged"] <= outcome["answers"]["counted"] <= outcome["answers"]["sent"]
    assert set(outcome["killed"]) >= {"web", "intake", "valkey"}
    verified = site.palabre("verify")
    assert verified.returncode == 0, verified.stdout
    assert site.stop() == 0
    assert site.processes() == {}


def test_a_postgresql_that_is_killed_recovers_what_was_counted_and_takes_in_the_rest(place: Path, postgres: Postgres) -> None:
    site = Watched(place, PALABRE_DATABASE_URL=postgres.fresh())
    site.start()
    try:
        with Crowd(site) as crowd:
            for _ in range(2):
                crowd.goes_on()
                postgres.kill()
                crowd.goes_on()  # nobody on a phone notices
                postgres.start_again()
            crowd.goes_on()
        assert_each_once(site, crowd)
    finally:
        site.end()


def test_a_disk_that_is_full_ends_nothing(site: Watched) -> None:
    limit = Limit(lambda: all_of(site))
    with Crowd(site) as crowd:
        crowd.goes_on()
        limit.fill()
        until(lambda: is_asked_to_call_again(site), "a phone that is asked to call again")
        limit.clear()
        crowd.goes_on()
    assert_each_once(site, crowd)
    assert site.stop() == 0


def test_an_up_that_is_killed_leaves_nothing_but_valkey_and_the_next_one_goes_on(site: Watched) -> None:
    with Crowd(site) as crowd:
        crowd.goes_on()
        valkey = site.child("valkey")
        site.stop(signal.SIGKILL)
        until(lambda: set(site.processes()) == {valkey}, "the end of every child")
        site.start()
        crowd.goes_on()
        assert set(site.processes()) & {valkey}
    assert_each_once(site, crowd)
    assert site.stop() == 0
    until(lambda: site.processes() == {}, "the end of the server that was adopted")
