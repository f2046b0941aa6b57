"""What is done to a whole installation while people dial. A scenario returns a remark, or raises what broke."""

import contextlib
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from gateway import roll
from tests.chaos import disks, trial
from tests.chaos.clocks import CACHE_SECONDS, Clock
from tests.chaos.trial import Dialling, held, installation, kill_all
from tests.crowd import Crowd, assert_each_once
from tests.processes import Watched, until
from tests.servers import Postgres
from workers.settings import GRANIAN

VICTIMS = ("web", "intake", "messages", "housekeeping", "clock", "valkey", "below web", "below intake", "below messages")
"""What `palabre rehearse --faults` must have killed; a job of housekeeping lives too briefly to be promised."""


class Scale(NamedTuple):
    """How many people dial where much is killed, and where little is; how often each is; seconds of an outage."""

    many: int
    few: int
    times: int
    seconds: float


FULL, QUICK = Scale(5000, 1500, 2, 8), Scale(500, 400, 1, 4)


def each_in_turn(home: Path, scale: Scale) -> str:
    with installation(home / "var") as site:
        outcome = Dialling(site, scale.many, "--faults").ends()
        return f"{held(site, outcome)}; {_each_was_killed(outcome['killed'], scale)}"


def each_and_the_postmaster(home: Path, scale: Scale) -> str:
    with (
        trial.postgresql(home / "postgres") as server,
        installation(home / "var", PALABRE_DATABASE_URL=server.fresh()) as site,
    ):
        people = Dialling(site, scale.many, "--faults")
        for _ in range(scale.times + 1):
            people.goes_on()
            server.kill()
            time.sleep(scale.seconds / 2)
            server.start_again()
        outcome = people.ends()
        return f"{held(site, outcome)}; {_each_was_killed({**outcome['killed'], 'postmaster': scale.times + 1}, scale)}"


def valkey_synced_every_second(home: Path, scale: Scale) -> str:
    with installation(home / "var", PALABRE_DURABILITY="everysec") as site:
        people = Dialling(site, scale.few, "--faults")
        for _ in range(scale.times + 2):
            people.goes_on()
            os.kill(until(lambda: roll.read(str(site.home)).get("valkey"), "a Valkey to kill") or 0, signal.SIGKILL)
        outcome = people.ends()
        return f"{held(site, outcome)}; valkey {scale.times + 2 + outcome['killed'].get('valkey', 0)} times"


def all_at_once(home: Path, scale: Scale) -> str:
    with installation(home / "var") as site:
        people = Dialling(site, scale.few, "--faults")
        for _ in range(scale.times):
            people.goes_on()
            kill_all(site)
            time.sleep(scale.seconds / 4)
            site.start()
        return f"{held(site, people.ends())}; {scale.times} times"


def power_cut(home: Path, scale: Scale) -> str:
    """A killed process leaves all that the kernel holds; this disk forgets what was not synced."""
    disk = disks.Forgetful(home / "disk")
    with disk.mounted(), installation(disk.place / "var") as site:
        return _cut_while_people_call(site, disk, scale, None)


def power_cut_on_postgresql(home: Path, scale: Scale) -> str:
    disk = disks.Forgetful(home / "disk")
    with (
        disk.mounted(),
        trial.postgresql(disk.place / "postgres") as server,
        installation(disk.place / "var", PALABRE_DATABASE_URL=server.fresh()) as site,
    ):
        return _cut_while_people_call(site, disk, scale, server)


def _cut_while_people_call(site: Watched, disk: disks.Forgetful, scale: Scale, server: Postgres | None) -> str:
    with Crowd(site) as crowd:
        for _ in range(scale.times + 1):
            crowd.goes_on()
            time.sleep(scale.seconds / 2)
            (unsynced := disk.place / "unsynced").write_text("gone")
            disk.loses_power()
            kill_all(site)
            if server:
                server.kill()
            disk.comes_back()
            assert not unsynced.exists() or not unsynced.read_text(), "the disk forgot nothing"
            if server:
                server.start_again()
            site.start()
        crowd.goes_on()
    assert_each_once(site, crowd)
    trial.ends_well(site)
    return f"{len(crowd.acknowledged):,} acknowledged, {len(crowd.sent):,} sent; {scale.times + 1} times"


def files_of_valkey(home: Path, scale: Scale) -> str:
    with installation(home / "var") as site:
        return _asked_to_call_again(site, disks.Limit(lambda: trial.all_of(site)), scale)


def whole_disk(home: Path, scale: Scale) -> str:
    with disks.small(home / "small", "256m") as disk, installation(disk.place / "var") as site:
        return _asked_to_call_again(site, disk, scale)


def _asked_to_call_again(site: Watched, disk: disks.Limit | disks.SmallDisk, scale: Scale) -> str:
    people = Dialling(site, scale.few, "--faults")
    people.goes_on()
    disk.fill()
    until(lambda: trial.is_asked_to_call_again(site), "a phone that is asked to call again")
    time.sleep(scale.seconds)
    assert trial.is_asked_to_call_again(site), "a phone was answered though nothing can be kept"
    disk.clear()
    until(lambda: not trial.is_asked_to_call_again(site), "a phone that is answered again")
    outcome = people.ends()
    return f"{held(site, outcome)}; {outcome['failed_hops']:,} hops asked to call again or cut"


def disk_of_the_database(home: Path, scale: Scale) -> str:
    with disks.small(home / "small", "64m") as disk:
        database = f"sqlite:///{disk.place / 'palabre.db'}"
        with installation(home / "var", PALABRE_DATABASE_URL=database) as site:
            return _nobody_notices(site, disk, scale)


def files_of_the_intake(home: Path, scale: Scale) -> str:
    with installation(home / "var") as site:
        return _nobody_notices(site, disks.Limit(lambda: _worker_and_job(site)), scale)


def _worker_and_job(site: Watched) -> list[int]:
    worker = roll.read(str(site.home))["intake"]
    return [worker, *roll.below(worker)]


def _nobody_notices(site: Watched, disk: disks.Limit | disks.SmallDisk, scale: Scale) -> str:
    """People dial as if nothing could fail, and nothing may."""
    people = Dialling(site, scale.few)
    people.goes_on()
    disk.fill()
    until(lambda: trial.lag(site) > 100, "a lag that shows")
    time.sleep(scale.seconds / 2)
    behind = trial.lag(site)
    disk.clear()
    outcome = people.ends()
    assert outcome["failed_hops"] == 0, f"{outcome['failed_hops']} hops failed"
    return f"{held(site, outcome)}; {behind:,.0f} events behind meanwhile"


def clock_of_the_web(home: Path, scale: Scale, off: str) -> str:
    clock = Clock(home)
    words = " ".join(f"{name}={value}" for name, value in clock.environment.items() if name != "PYTHONPATH")
    server = f"env {words} {Path(sys.executable).parent / GRANIAN}"
    with installation(home / "var", PALABRE_SERVER=server) as site:
        return _off_and_back(site, clock, scale, off)


def clocks_but_valkey(home: Path, scale: Scale, off: str) -> str:
    clock = Clock(home, but="valkey-server")
    with installation(home / "var", clock.environment) as site:
        return _off_and_back(site, clock, scale, off)


def clocks(home: Path, scale: Scale, off: str) -> str:
    clock = Clock(home)
    with installation(home / "var", clock.environment) as site:
        return _off_and_back(site, clock, scale, off)


def _off_and_back(site: Watched, clock: Clock, scale: Scale, off: str) -> str:
    """Whoever was in the middle of it may be asked again; what they were told was taken is theirs all the same."""
    people = Dialling(site, scale.few)
    people.goes_on()
    clock.put(off)
    people.goes_on(1000)
    clock.put("+0")
    time.sleep(CACHE_SECONDS)
    outcome = people.ends()
    until(lambda: trial.lag(site) == 0, "the intake, through with it")
    trial.nothing_ended(site)
    line = trial.answers_held(site, outcome)
    with contextlib.closing(sqlite3.connect(site.home / "palabre.db")) as database:
        years = database.execute("SELECT substr(at, 1, 4), count(*) FROM ledger GROUP BY 1").fetchall()
    assert len(years) > 1, "the clock was never off"
    return f"{line}; events by year: {', '.join(f'{year} {count:,}' for year, count in years)}"


def _each_was_killed(killed: Mapping[str, int], scale: Scale) -> str:
    spared = {name: killed.get(name, 0) for name in VICTIMS if killed.get(name, 0) < scale.times}
    assert not spared, f"too seldom killed: {spared}"
    return f"killed {', '.join(f'{name} {times}' for name, times in killed.items())}"


Scenario = Callable[[Path, Scale], str]


def _off(does: Callable[[Path, Scale, str], str], off: str) -> Scenario:
    return lambda home, scale: does(home, scale, off)


SCENARIOS: dict[str, Scenario] = {
    "each process killed in turn, SQLite": each_in_turn,
    "each process killed in turn and the postmaster, PostgreSQL": each_and_the_postmaster,
    "Valkey killed, synced every second": valkey_synced_every_second,
    "everything killed at once, started again": all_at_once,
    "power cut, what was not synced is gone, SQLite": power_cut,
    "power cut, what was not synced is gone, PostgreSQL": power_cut_on_postgresql,
    "disk full for every file (RLIMIT_FSIZE)": files_of_valkey,
    "disk full for everything": whole_disk,
    "disk full for the database": disk_of_the_database,
    "disk full for the intake (RLIMIT_FSIZE)": files_of_the_intake,
    **{f"clock of the web {off} and back": _off(clock_of_the_web, off) for off in ("+10y", "-10y")},
    **{f"all clocks but Valkey's {off} and back": _off(clocks_but_valkey, off) for off in ("+10y", "-10y")},
    **{f"all clocks {off} and back": _off(clocks, off) for off in ("+10y", "-10y")},
}
