"""The servers that are measured: granian as `palabre web` starts it, each in a process of its own on a free loopback port."""

import contextlib
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from gateway.processes import palabre
from tests import servers
from tests.bench.conversations import demo_poll
from workers import publication
from workers.database.session import open_engine, upgrade, writing
from workers.dialogs import lane_key
from workers.privacy import LANES
from workers.relay import connect
from workers.settings import Settings

START_SECONDS = 30
ROOT = Path(__file__).parents[2]


class Palabre(NamedTuple):
    """A whole gateway under test."""

    port: int
    redis: Any
    database_url: str

    def events(self) -> int:
        """How many events its lanes ever took, as the server itself counted."""
        lanes = [lane_key(lane) for lane in range(LANES)]
        return sum(self.redis.xinfo_stream(lane)["entries-added"] for lane in lanes if self.redis.exists(lane))


@contextlib.contextmanager
def wsgi(target: str) -> Iterator[int]:
    """A WSGI callable of `tests.bench.targets` under the server and options of `palabre web`; yields the port."""
    port, defaults = _free_port(), Settings()
    command = defaults.server.format(host="127.0.0.1", port=port, workers=defaults.web_workers, threads=defaults.web_threads)
    words = shlex.split(command)
    words[0], words[-1] = str(Path(sys.executable).parent / words[0]), f"tests.bench.targets:{target}"
    with _process(words, {"PYTHONPATH": str(ROOT)}):
        _wait_until_served(port)
        yield port


@contextlib.contextmanager
def gateway(durability: str, intake: bool = False) -> Iterator[Palabre]:
    """`palabre web` with a Valkey, a SQLite file and a data directory of its own, the demo poll open; `intake` drains it."""
    with tempfile.TemporaryDirectory(prefix="palabre-") as home, servers.valkey(Path(home), durability) as redis_url:
        database_url, port = f"sqlite:///{home}/palabre.db", _free_port()
        client = connect(redis_url)
        upgrade(database_url)
        engine = open_engine(database_url)
        with writing(engine) as session:
            publication.publish(session, demo_poll())
        publication.announce(engine, client)
        engine.dispose()
        environment = {
            "PALABRE_DATA_DIR": home,
            "PALABRE_DURABILITY": durability,
            "PALABRE_DEMONSTRATION": "1",
            "HOST": "127.0.0.1",
            "PORT": str(port),
        }
        with contextlib.ExitStack() as children:
            children.enter_context(_process(palabre("web"), environment, home))
            if intake:
                children.enter_context(_process(palabre("worker", "intake"), environment, home))
            _wait_until_served(port)
            yield Palabre(port, client, database_url)


@contextlib.contextmanager
def _process(words: list[str], environment: dict[str, str], home: str | None = None) -> Iterator[None]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PALABRE_")}
    process = subprocess.Popen(words, env=inherited | environment, cwd=home, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_served(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("a server did not come up")
