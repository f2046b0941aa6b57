"""`palabre keys` as a person runs it, and what it says."""

import re
from pathlib import Path

import pytest

from tests.processes import Watched
from workers.keys import keyfile
from workers.privacy import mark_of


@pytest.fixture
def site(tmp_path: Path, sqlite_url: str, redis_url: str) -> Watched:
    """An installation that does not run, on a Valkey of somebody else's."""
    return Watched(tmp_path, PALABRE_REDIS_URL=redis_url)


def test_the_command_rotates_and_says_what_bears_which_key(site: Watched) -> None:
    site.palabre("poll", "list")
    (old,) = keyfile.read(site.home / "secrets.toml").phone_keys
    done = site.palabre("keys", "rotate")
    assert done.returncode == 0, done.stderr
    (new,) = keyfile.read(site.home / "secrets.toml").phone_keys
    assert new != old
    assert f"key {mark_of(new.encode())}\tin use\tphones 0" in done.stdout
    assert f"key {mark_of(old.encode())}\tretired" in done.stdout
    assert not re.search(r"[0-9a-f]{32}", done.stdout + done.stderr)


def test_keys_of_the_environment_are_only_spoken_of(site: Watched) -> None:
    site = Watched(site.home, **{**site.environment, "PALABRE_PHONE_KEYS": "mine,older"})
    told = site.palabre("keys", "rotate")
    first, second = re.findall(r"PALABRE_PHONE_KEYS=(\S+)", told.stdout)
    fresh = second.split(",")[0]
    assert first == f"mine,{fresh},older"
    assert second == f"{fresh},mine,older"
    assert "set PALABRE_PHONE_KEYS=mine" in site.palabre("keys", "retire").stdout
    refused = site.palabre("keys", "destroy", "--yes")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)


def test_the_command_destroys_only_when_it_is_told_to(site: Watched) -> None:
    site.palabre("poll", "list")
    before = keyfile.read(site.home / "secrets.toml")
    assert site.palabre("keys", "destroy", input="n\n").returncode != 0
    assert keyfile.read(site.home / "secrets.toml") == before
    done = site.palabre("keys", "destroy", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    after = keyfile.read(site.home / "secrets.toml")
    assert after.phone_keys != before.phone_keys
    assert len(after.phone_keys) == 1


def test_keys_are_destroyed_though_redis_and_the_database_are_away(site: Watched) -> None:
    site.palabre("poll", "list")
    before = keyfile.read(site.home / "secrets.toml")
    away = {"PALABRE_REDIS_URL": "redis://127.0.0.1:9", "PALABRE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    done = Watched(site.home, **{**site.environment, **away}).palabre("keys", "destroy", "--yes")
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["palabre", "palabre"]
    assert keyfile.read(site.home / "secrets.toml").phone_keys != before.phone_keys


def test_two_who_change_the_keys_at_once_are_one_after_the_other(site: Watched) -> None:
    site.palabre("poll", "list")
    with keyfile.being_changed(site.home / "secrets.toml"):
        done = site.palabre("keys", "rotate")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
