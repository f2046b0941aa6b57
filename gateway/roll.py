"""The roll of `palabre up`: which processes it keeps, as it leaves word of them in the data directory.

Whoever looks for a process of this installation finds it here or below what stands here, never by the name of a command; and a
process id alone may be somebody else's by now, so each stands beside the moment at which its process began. Linux only.
"""

import os
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

UP = "up"
_ROLL = "processes.toml"


def write(data_dir: str, processes: Iterable[tuple[str, int]]) -> None:
    """Puts down `up` itself and these (name, process id), in one stroke; of the same name, the second is `name 2`.

    Raises:
        OSError: when the disk is full.
    """
    times: Counter[str] = Counter()
    lines = []
    for name, pid in [(UP, os.getpid()), *processes]:
        times[name] += 1
        called = name if times[name] == 1 else f"{name} {times[name]}"
        lines.append(f'"{called}" = [{pid}, {_birth(pid)}]\n')
    fresh = Path(data_dir) / f"{_ROLL}.{os.getpid()}"
    fresh.write_text("".join(lines))
    fresh.replace(Path(data_dir) / _ROLL)


def read(data_dir: str) -> dict[str, int]:
    """Process ids by name of those that live; nothing where no `up` lives that this machine can see."""
    try:
        put_down = tomllib.loads((Path(data_dir) / _ROLL).read_text())
    except (OSError, tomllib.TOMLDecodeError):
        return {}
    living = {name: pid for name, (pid, birth) in put_down.items() if birth and _birth(pid) == birth}
    return living if UP in living else {}


def strike(data_dir: str) -> None:
    """Takes the roll away: nothing runs any more."""
    (Path(data_dir) / _ROLL).unlink(missing_ok=True)


def below(pid: int) -> list[int]:
    """What a process started itself and still lives: a worker's job, a web server's own workers."""
    numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return sorted(one for one in numbers if _stat(one)[1:2] == [str(pid)] and _birth(one))


def _birth(pid: int) -> int:
    """When it began, in clock ticks since the machine did; 0 for one that is dead, waited for or not (proc(5))."""
    stat = _stat(pid)
    return int(stat[19]) if stat and stat[0] not in "ZX" else 0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on; the second may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
