"""A clock that can be put off and put right under processes that run, by libfaketime; monotonic clocks stay as they are."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.chaos.trial import NotRun

PUT_OFF = Path(__file__).parent / "put_off"
CACHE_SECONDS = 1
"""How soon a process sees that its clock was put off."""


class Clock:
    """The wall clock of the processes that are started with `environment`; `but`: commands that keep the true one."""

    def __init__(self, home: Path, but: str = "nothing") -> None:
        self._file = home / "clock"
        self.put("+0")
        self.environment = {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": str(CACHE_SECONDS),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_SKIP_CMDS": but,
            "PYTHONPATH": os.pathsep.join([str(PUT_OFF), *filter(None, [os.environ.get("PYTHONPATH")])]),
        }

    def put(self, off: str) -> None:
        """`+10y`, `-10y`; `+0` puts it right."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{off}\n")
        fresh.replace(self._file)


def library() -> Path:
    """libfaketime, installed from the system's packages where it lacks and we are root.

    Raises:
        NotRun: where there is none.
    """
    if not (found := _installed()) and os.geteuid() == 0 and shutil.which("apt-get"):
        for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "libfaketime"]):
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", *words], env=environment, capture_output=True, check=False)
        found = _installed()
    if not found:
        raise NotRun("libfaketime is not installed")
    return found[0]


def _installed() -> list[Path]:
    return sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
