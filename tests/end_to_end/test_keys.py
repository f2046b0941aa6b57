"""`palabre keys` on an installation that runs and is spoken to: every process follows, and a destroyed key is nowhere."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import requests

from tests.phone import Phone
from tests.processes import Watched, until
from workers.keys import keyfile
from workers.privacy import SessionKey
from workers.settings import embedded_redis_url

ABROAD = "+33744918275"


@pytest.fixture
def site(home: Path) -> Iterator[Watched]:
    place = Path(tempfile.mkdtemp(dir=home))
    made = Watched(place)
    made.start()
    yield made
    made.end()
    shutil.rmtree(place)


def box(site: Watched) -> list[str]:
    answer = requests.get(f"{site.address}/phone/messages", params={"phone": ABROAD}, timeout=20)
    return list(answer.json())


def test_a_rotation_is_noticed_by_everybody_and_by_nobody_who_talks(site: Watched) -> None:
    phone = Phone(site.network()).dials().types("1", "2")
    site.network().text(ABROAD, "RETOUR")
    until(lambda: len(box(site)) == 1, "the first reply")
    done = site.palabre("keys", "rotate")
    assert (done.returncode, done.stderr) == (0, "")
    new, old = keyfile.read(site.home / "secrets.toml").phone_keys
    assert "numbers sealed anew: 1" in done.stdout
    for key in ("1", "3", "1", "4", "0"):
        phone.types(key)
    phone.is_done()
    site.network().text(ABROAD, "1")
    until(lambda: len(box(site)) == 2, "the reply after the rotation")
    Phone(site.network(), "+22370000002").dials().types("1", "1", "1", "3", "1", "4", "0").is_done()
    phone.dials().types("1").sees("autre personne")
    until(lambda: site.results()["respondents"] == 2, "each of them once in the figures")
    assert site.palabre("keys", "retire").stdout.count("retired") == 0
    assert keyfile.read(site.home / "secrets.toml").phone_keys == (new, old)


def test_what_lies_on_the_disk_cannot_say_who_once_the_keys_are_destroyed(site: Watched) -> None:
    phone = Phone(site.network()).dials().types("1", "2").line_drops()
    site.network().text(ABROAD, "RETOUR")
    until(lambda: len(box(site)) == 1, "a reply")
    gone = [*keyfile.read(site.home / "secrets.toml").phone_keys]
    session_key = redis.Redis.from_url(embedded_redis_url(site.home)).get(SessionKey.NAME)
    assert isinstance(session_key, bytes)
    assert any(session_key in content for content in lying(site))
    done = site.palabre("keys", "destroy", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert not any(one in content for content in lying(site) for one in (session_key, *map(str.encode, gone)))
    phone.dials().sees("EMDK demande").types("1").sees("Au retour").types("1").line_drops()
    until(lambda: site.results()["respondents"] == 2, "the same one, as a stranger")
    site.network().text(ABROAD, "RETOUR")
    until(lambda: len(box(site)) == 1, "a reply to a stranger")
    assert site.palabre("verify").returncode == 0


def lying(site: Watched) -> list[bytes]:
    """Every byte of the data directory."""
    return [path.read_bytes() for path in site.home.rglob("*") if path.is_file()]
