"""The phone keys in force, in a process that runs on while they are rotated or destroyed. They are never logged.

All processes try a new key before any of them makes a pseudonym under it, so that no two give one phone two names.
"""

import contextlib
import time

from workers.keys import keyfile
from workers.keys.keyfile import KeyfileError
from workers.settings import Settings

LOOK_SECONDS = 1.0
"""How often the file is looked at: an `os.stat`."""

FORCE_SECONDS = 5.0
"""How long a new key is only tried: every process looked at the file by then, several times over."""


class Keyring:
    """The keys of the settings, which never change; or those of the data directory, which may."""

    def __init__(self, settings: Settings, look_seconds: float = LOOK_SECONDS) -> None:
        self._keys = tuple(key.encode() for key in settings.phone_keys)
        self._since, self._look_seconds = 0.0, look_seconds
        self._looked, self._stamp = time.monotonic(), (0, 0)
        self._path = None if self._keys else keyfile.keyfile_of(settings.data_dir)
        if self._path is not None:
            keyfile.read_or_make(self._path)
            self._look()

    def current(self) -> tuple[bytes, ...]:
        """The key that makes pseudonyms and seals numbers, then the others under which a phone may be known."""
        if self._path is not None and time.monotonic() - self._looked >= self._look_seconds:
            self._look()
        keys = self._keys
        is_young = len(keys) > 1 and time.time() < self._since
        return (keys[1], keys[0], *keys[2:]) if is_young else keys

    def _look(self) -> None:
        """Reads the file where it is another one. One that is away or damaged changes nothing: what is known goes on."""
        assert self._path is not None  # noqa: S101 - asked for only where there is a file
        self._looked = time.monotonic()
        with contextlib.suppress(OSError, KeyfileError):
            found = self._path.stat()
            stamp = (found.st_ino, found.st_mtime_ns)
            if stamp != self._stamp:
                kept = keyfile.read(self._path)
                self._since = kept.since
                self._keys = tuple(key.encode() for key in kept.phone_keys)
                self._stamp = stamp
