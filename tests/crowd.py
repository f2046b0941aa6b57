"""People who call while a test kills what it likes, and whether all that they were told was taken is counted, once.

It shares nothing with `palabre rehearse`, which is held against the same service in its own way.
"""

import threading
import tomllib

from sqlalchemy import select

from gateway.simulator import Handset, NetworkError
from tests.processes import Watched, until
from workers.database.models import Answer, Phone
from workers.database.session import open_engine, reading
from workers.privacy import phone_key


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
    engine = open_engine(site.environment.get("PALABRE_DATABASE_URL") or f"sqlite:///{site.home / 'palabre.db'}")
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
