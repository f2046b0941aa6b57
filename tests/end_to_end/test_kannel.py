"""A real Kannel between an operator's SMSC and us: messages come in, answers go out, and reports come back."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from sqlalchemy import select

from flows.poll import Poll
from gateway.runtime import Runtime
from tests import kannel, servers
from tests.conftest import SECRET
from tests.installation import free_port
from tests.outgoing import send_all, sender_of
from tests.processes import until
from workers import publication
from workers.channels.base import Channel
from workers.database.models import Message
from workers.database.session import reading, writing
from workers.dialogs import Dialogs
from workers.draining import Drainer
from workers.relay import connect
from workers.settings import Settings

pytestmark = pytest.mark.skipif(not kannel.is_there(), reason="NO KANNEL: install kannel and kannel-extras to run this part")

CONSENT = "EMDK demande votre avis"


class Site:
    """Palabre behind a Kannel."""

    def __init__(self, runtime: Runtime, box: kannel.Kannel) -> None:
        self.runtime, self.carries = runtime, box.carries
        self._drainer = Drainer(runtime.engine, connect(runtime.settings.redis_url), margin=1000)
        self._sender = sender_of(runtime, *runtime.providers)

    def works_until(self, asked: Callable[[], object], what: str) -> None:
        """Takes in what came, and sends what lies in the outbox, until it holds."""

        def holds() -> object:
            self._drainer.step(block=1)
            send_all(self._sender)
            return asked()

        until(holds, what)

    def states(self) -> list[str]:
        """Of every message out, in their order."""
        with reading(self.runtime.engine) as session:
            return list(session.scalars(select(Message.state).order_by(Message.id)))


@pytest.fixture(scope="module")
def site(_valkey: str, _sqlite_template: Path, demo_poll: Poll, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    redis.Redis.from_url(_valkey).flushall()
    home, port = tmp_path_factory.mktemp("kannel"), free_port()
    shutil.copy(_sqlite_template, home / "palabre.db")
    with kannel.running(f"http://127.0.0.1:{port}/kannel/token") as box:
        channel = Channel(
            name="box",
            provider="kannel",
            token="token",
            short_code="36036",
            base_url=box.address,
            username=kannel.USERNAME,
            password=kannel.PASSWORD,
            public_url=f"http://127.0.0.1:{port}",
            allow_from=("127.0.0.1",),
        )
        where = {"database_url": f"sqlite:///{home / 'palabre.db'}", "redis_url": _valkey, "queue_url": _valkey}
        runtime = Runtime(Settings(data_dir=str(home), secret_key=SECRET, phone_keys=(SECRET,), channels=(channel,), **where))
        with writing(runtime.engine) as session:
            publication.publish(session, demo_poll)
        publication.announce(runtime.engine, runtime.redis)
        with servers.gateway(runtime, port):
            yield Site(runtime, box)
        runtime.engine.dispose()


def test_a_message_is_answered_through_kannel_and_its_report_comes_back(site: Site) -> None:
    with site.carries("33612345671 36036 text RETOUR") as came_out:
        site.works_until(lambda: site.states() == ["delivered"], "its report")
        until(came_out, "the answer")
        (answer,) = came_out()
    assert answer.startswith(CONSENT)


def test_what_we_could_not_take_comes_again_and_counts_once(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    before = len(site.states())
    site.runtime.__dict__["dialogs"] = Dialogs("unix:///nowhere/valkey.sock")
    with site.carries("33612345672 36036 text RETOUR") as came_out:
        until(lambda: "a callback failed" in caplog.text, "the first try")
        del site.runtime.__dict__["dialogs"]
        site.works_until(lambda: site.states()[before:] == ["delivered"], "the second try")
        until(came_out, "the answer")
        assert len(came_out()) == 1


def test_letters_that_gsm_does_not_have_come_and_go(site: Site) -> None:
    with site.carries(f"33612345673 36036 ucs2 {quote('RETOUR'.encode('utf-16-be'))}") as came_out:
        site.works_until(came_out, "the answer")
        assert came_out()[0].startswith(CONSENT)
        assert site.runtime.providers[0].send("+33612345673", "Aw ni sɔgɔma", "reference").state == "sent"
        until(lambda: came_out()[1:] == ["Aw ni sɔgɔma"], "letters of Bambara")
