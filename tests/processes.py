"""An installation whose processes can be looked at one by one, to be killed; and a patient wait for what must come of it."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

from gateway.simulator import Network
from tests.installation import PATIENCE_SECONDS, Installation
from workers.settings import Settings, demo_channel

T = TypeVar("T")


def until(asked: Callable[[], T], what: str) -> T:
    """Waits for an answer that is true, and returns it; nothing is measured, a slow machine is only slow."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := asked()):
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.05)
    return answer


class Watched(Installation):
    """One whose processes are found by their environment, whoever their parent is by now."""

    def processes(self) -> dict[int, str]:
        """Every living process of this installation: its id and command line."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
                except OSError:
                    continue  # it ended meanwhile
                # Valkey writes its title over its environment, but names its socket in it.
                if f"PALABRE_DATA_DIR={self.home}\0".encode() in environment or f"{self.home}/".encode() in words:
                    found[int(entry.name)] = words.replace(b"\0", b" ").decode().strip()
        return found

    def child(self, words: str, other_than: int = 0) -> int:
        """The child of `up` with these words in its command line, as soon as there is one."""
        return until(lambda: self._children(words) - {other_than}, f"a child '{words}'").pop()

    def below(self, words: str, other_than: Collection[int] = ()) -> set[int]:
        """The processes that the child of `up` with these words started itself, as soon as there are any."""
        return until(
            lambda: {one for child in self._children(words) for one in self._started_by(child)} - set(other_than),
            f"a process below '{words}'",
        )

    def network(self) -> Network:
        """The demonstration's channel, over a connection of its own."""
        return Network(self.address, demo_channel(Settings(port=self.port)))

    def results(self) -> dict[str, Any]:
        """What `palabre results demo` prints."""
        done = self.palabre("results", "demo")
        assert done.returncode == 0, done.stderr
        figures: dict[str, Any] = json.loads(done.stdout)
        return figures

    def end(self) -> None:
        """Leaves nothing behind, whatever a test did."""
        if self.process is not None and self.process.poll() is None:
            self.stop(signal.SIGKILL)
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):  # it ended by itself meanwhile, as children do whose parent died
                os.kill(pid, signal.SIGKILL)

    def _children(self, words: str) -> set[int]:
        assert self.process is not None
        here = self.processes()
        return {pid for pid in self._started_by(self.process.pid) if words in here.get(pid, "")}

    def _started_by(self, parent: int) -> set[int]:
        return {pid for pid in self.processes() if _parent(pid) == parent}


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
