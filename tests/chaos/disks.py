"""Disks that are full, and one that forgets at a power cut whatever it was not told to sync."""

import contextlib
import fcntl
import os
import resource
import shutil
import struct
import subprocess
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from tests.chaos.trial import NotRun
from tests.processes import until

SHUT_DOWN, WITHOUT_LOG = 0x8004587D, 2
"""EXT4_IOC_SHUTDOWN and EXT4_GOING_FLAGS_NOLOGFLUSH (linux/fs/ext4/ext4.h): from here on nothing reaches the disk."""


class SmallDisk:
    """A file system of its own, in memory."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def fill(self) -> None:
        """Until not a byte fits any more."""
        with (self.place / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(65536))

    def clear(self) -> None:
        (self.place / "ballast").unlink()

    @property
    def is_full(self) -> bool:
        return shutil.disk_usage(self.place).free == 0


@contextlib.contextmanager
def small(place: Path, size: str) -> Iterator[SmallDisk]:
    """A small disk mounted at `place`.

    Raises:
        NotRun: where one may not mount.
    """
    with _mounted(place, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield SmallDisk(place)


class Limit:
    """RLIMIT_FSIZE on processes, and on what they start: every file that they write has come to its end."""

    BYTES = 4096

    def __init__(self, processes: Callable[[], Collection[int]]) -> None:
        self._processes = processes

    def fill(self) -> None:
        self._put(self.BYTES)

    def clear(self) -> None:
        self._put(resource.RLIM_INFINITY)

    def _put(self, size: int) -> None:
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))


class Forgetful:
    """An ext4 file system in a file, mounted at `place`: when its power is cut, what was written and not synced is gone."""

    def __init__(self, place: Path) -> None:
        image = place.with_suffix(".image")
        with image.open("wb") as file:
            file.truncate(1 << 30)
        self.place, self._words = place, ("-o", "loop", str(image))
        make = shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if not make or subprocess.run([make, "-q", "-F", str(image)], capture_output=True, check=False).returncode:
            raise NotRun("there is no mkfs.ext4")

    @contextlib.contextmanager
    def mounted(self) -> Iterator[None]:
        """From the first day to the last.

        Raises:
            NotRun: where one may not mount.
        """
        with _mounted(self.place, *self._words):
            yield

    def loses_power(self) -> None:
        """From here on nothing reaches the disk, as if all had stopped at once."""
        top = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(top, SHUT_DOWN, struct.pack("I", WITHOUT_LOG))
        finally:
            os.close(top)

    def comes_back(self) -> None:
        """With what it was told to sync, and what else had reached it. Nobody may have a file open."""
        _unmount(self.place)
        subprocess.run(["mount", *self._words, str(self.place)], check=True)


@contextlib.contextmanager
def _mounted(place: Path, *words: str) -> Iterator[None]:
    if not shutil.which("mount") or os.geteuid() != 0:
        raise NotRun("only root may mount")
    place.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *words, str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotRun(f"mount: {done.stderr.strip().partition(chr(10))[0]}")
    try:
        yield
    finally:
        _unmount(place)


def _unmount(place: Path) -> None:
    """As soon as those that were killed have let go of their files."""
    until(lambda: not subprocess.run(["umount", str(place)], capture_output=True, check=False).returncode, f"umount {place}")
