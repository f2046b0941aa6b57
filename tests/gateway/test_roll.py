"""The roll of `palabre up` on real processes: who stands on it lives, and is who it was."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import roll

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(SLEEPS)
    yield process
    process.kill()
    process.wait()


def test_who_lives_is_found_by_name_and_who_died_is_not(tmp_path: Path, child: subprocess.Popen[bytes]) -> None:
    roll.write(str(tmp_path), [("web", child.pid), ("intake", os.getppid()), ("intake", os.getpid())])
    assert roll.read(str(tmp_path)) == {"up": os.getpid(), "web": child.pid, "intake": os.getppid(), "intake 2": os.getpid()}
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and nobody has asked how it ended
    assert "web" not in roll.read(str(tmp_path))
    child.wait()
    assert "web" not in roll.read(str(tmp_path))


@pytest.mark.parametrize(
    "written",
    [
        "",
        "up = [1",  # a disk was full
        '"up" = [%d, 7]\n"web" = [%d, 7]\n',  # other processes have these numbers now
        '"web" = [%d, 0]\n',  # no `up` at all
    ],
)
def test_a_roll_that_says_nothing_true_is_an_empty_one(tmp_path: Path, written: str) -> None:
    (tmp_path / "processes.toml").write_text(written.replace("%d", str(os.getpid())))
    assert roll.read(str(tmp_path)) == {}


def test_a_data_directory_without_a_roll_has_nobody(tmp_path: Path) -> None:
    assert roll.read(str(tmp_path)) == {}
    roll.write(str(tmp_path), [])
    roll.strike(str(tmp_path))
    assert roll.read(str(tmp_path)) == {}
    assert list(tmp_path.iterdir()) == []


def test_what_a_process_started_itself_stands_below_it(child: subprocess.Popen[bytes]) -> None:
    assert child.pid in roll.below(os.getpid())
    assert roll.below(child.pid) == []
