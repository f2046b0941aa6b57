"""`palabre up --demo` as a person starts it: in a process, a data directory and on a port of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 60
_NOT_OURS = ("PALABRE_", "PYTHONDONTWRITEBYTECODE")
"""Another installation's settings; and what would make each of our processes compile all of our code anew."""


class Installation:
    """One installation: its processes may be started, killed and started again on the same data."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home, self.port = home, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
        self.environment: Mapping[str, str] = {**clean, "PALABRE_DATA_DIR": str(home), **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **more: str) -> None:
        """Starts it, with `more` in its environment, and waits until it serves."""
        with (self.home / "up.log").open("ab") as log:
            environment = {**self.environment, "PORT": str(self.port), **more}
            self.process = subprocess.Popen(self.words("up", "--demo"), env=environment, stdout=log, stderr=log)
        self.wait_until(self.is_ready)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ends it as Ctrl-C does; its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)

    def is_ready(self) -> bool:
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{self.address}/readyz") as answer:
            return bool(answer.status == 200)
        return False

    def palabre(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Runs one command on this installation."""
        return subprocess.run(self.words(*words), env=self.environment, capture_output=True, text=True, check=False, **more)

    def wait_until(self, holds: Any) -> None:
        """Waits for a condition; it fails after a minute with what the installation said."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, (self.home / "up.log").read_text()
            time.sleep(0.05)

    def words(self, *words: str) -> list[str]:
        """The command line of one of our commands."""
        return [sys.executable, "-m", "gateway.commands", *words]


@contextlib.contextmanager
def installed(**environment: str) -> Iterator[Installation]:
    """An installation that runs, and nothing of it left afterwards."""
    with tempfile.TemporaryDirectory(prefix="palabre-") as home:
        installation = Installation(Path(home), **environment)
        installation.start()
        try:
            yield installation
        finally:
            installation.stop()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
