"""`palabre up` while its processes are killed under people who answer: what was acknowledged counts, once; nothing stays."""

import os
import shutil
import signal
import tempfile
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.simulator import Handset, NetworkError
from tests.processes import Watched, until
from workers.database.models import Answer, Phone
from workers.database.session import open_engine, reading
from workers.privacy import phone_key


@pytest.fixture
def site(home: Path) -> Iterator[Watched]:
    place = Path(tempfile.mkdtemp(dir=home))
    made = Watched(place)
    made.start()
    yield made
    made.end()
    shutil.rmtree(place)


class Crowd:
    """People who call one after the other on some lines: each answers the first question, waits for the second, hangs up."""

    def __init__(self, site: Watched, lines: int = 3) -> None:
        self.sent, self.acknowledged = set[str](), set[str]()
        self._site, self._over = site, threading.Event()
        self._threads = [threading.Thread(target=self._call_on, args=(line,)) for line in range(lines)]

    def __enter__(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def goes_on(self) -> None:
        """Waits until some more of them were acknowledged."""
        before = len(self.acknowledged)
        until(lambda: len(self.acknowledged) > before + 10, "an answer that is acknowledged")

    def _call_on(self, line: int) -> None:
        network = self._site.network()
        for person in range(100_000):
            if self._over.is_set():
                break
            number = f"+2237{line}{person:06d}"
            self._answer(Handset(network, number), number, str(person % 5 + 1))
        network.close()

    def _answer(self, handset: Handset, number: str, choice: str) -> None:
        try:
            handset.dial()
            if "que faut-il" not in handset.types("1").text:
                return  # asked to call again
            self.sent.add(number)
            if "rend le retour dur" in self._press(handset, choice):
                self.acknowledged.add(number)
        except NetworkError:
            self._over.wait(0.05)

    def _press(self, handset: Handset, choice: str) -> str:
        """What stands on the phone in the end; a network that gets no answer asks once more."""
        try:
            return handset.types(choice).text
        except NetworkError:
            return handset.again().text


def counted(site: Watched, sent: set[str]) -> set[str]:
    """The numbers whose answer stands in the database."""
    (key,) = tomllib.loads((site.home / "secrets.toml").read_text())["phone_keys"]
    engine = open_engine(f"sqlite:///{site.home / 'palabre.db'}")
    with reading(engine) as session:
        query = select(Phone.phone_key).join(Answer, Answer.participant == Phone.participant)
        there = session.scalars(query.where(Answer.question == "priorite", Answer.kind == "answered")).all()
    engine.dispose()
    assert len(there) == len(set(there))
    return {number for number in sent if phone_key(number, key.encode()) in there}


def assert_each_once(site: Watched, crowd: Crowd) -> None:
    """acknowledged ⊆ counted ⊆ sent, and the figures say just that."""
    until(lambda: crowd.acknowledged <= counted(site, crowd.sent), "every acknowledged answer in the database")
    figures = site.results()
    assert len(crowd.acknowledged) <= figures["respondents"] <= len(crowd.sent)
    assert figures["respondents"] == figures["questions"][0]["answered"] == len(counted(site, crowd.sent))
    assert sum(choice["count"] for choice in figures["questions"][0]["choices"]) == figures["respondents"]
    verified = site.palabre("verify")
    assert verified.returncode == 0, verified.stdout


def test_every_acknowledged_answer_is_counted_once_whatever_dies(site: Watched) -> None:
    with Crowd(site) as crowd:
        for words in ("granian", "worker intake", "valkey", "clock", "worker intake", "valkey"):
            crowd.goes_on()
            victim = site.child(words)
            os.kill(victim, signal.SIGKILL)
            site.child(words, other_than=victim)
        crowd.goes_on()
    assert_each_once(site, crowd)
    assert site.stop() == 0
    assert site.processes() == {}


def test_a_web_worker_and_a_job_that_are_killed_come_back(site: Watched) -> None:
    with Crowd(site) as crowd:
        for words in ("granian", "worker intake"):
            crowd.goes_on()
            victims = site.below(words)
            for victim in victims:
                os.kill(victim, signal.SIGKILL)
            site.below(words, other_than=victims)
        crowd.goes_on()
    assert_each_once(site, crowd)


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
