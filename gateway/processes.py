"""Child processes: started, watched, restarted when they die, stopped in order; and none outlives its parent."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1
"""prctl(2), Linux."""

CALM_SECONDS = 5
"""A child that lived this long starts again at once; one that dies sooner waits a little longer each time."""

MAX_PAUSE = 5.0


def die_with_parent(by: int = signal.SIGKILL) -> None:
    """Asks the kernel to end this process when its parent dies, however that dies. Does nothing outside Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)


class Pause:
    """Between a death and the next start: none after a calm life, a little longer after each quick death."""

    def __init__(self) -> None:
        self._begun, self._seconds = 0.0, 0.0

    def begin(self) -> None:
        """To be said at each start."""
        self._begun = time.monotonic()
        self._seconds = min(MAX_PAUSE, self._seconds * 2 + 0.25)

    def is_over(self) -> bool:
        lived = time.monotonic() - self._begun
        if lived > CALM_SECONDS + self._seconds:
            self._seconds = 0.0
        return lived >= self._seconds


class Child:
    """One command of ours as a child process, in a process group of its own."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = Pause()

    def start(self) -> None:
        """Starts it; it ends with its parent."""
        self._pause.begin()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the parent, which stops its children in order
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - the parent has one thread
        )

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def revive(self) -> bool:
        """Starts it again where it died and its pause is over; True where it did."""
        if self.is_running or not self._pause.is_over():
            return False
        self._signal(signal.SIGKILL)  # what it had started: a web worker would go on without anybody to stop it
        self.start()
        return True

    def ask_to_stop(self) -> None:
        """SIGTERM to it and to what it started."""
        self._signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Waits until it ended; kills what is left of it after `seconds`."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


def palabre(*words: str) -> list[str]:
    """The command line of one of our own commands, in this interpreter."""
    return [sys.executable, "-m", "gateway.commands", *words]


def _end_with_parent() -> None:
    die_with_parent(signal.SIGTERM)
