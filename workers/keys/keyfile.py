"""`secrets.toml`: the keys that an installation made for itself, in its data directory, for its user's eyes only.

It is replaced in one step, so that whoever reads it finds all of it; what stood there before is overwritten. Never printed.
"""

import contextlib
import fcntl
import json
import os
import secrets
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

KEY_BYTES = 32


class KeyfileError(Exception):
    """It is not as we write it, or somebody else is changing it; one line says so."""


class Keyfile(Struct, frozen=True):
    """What stands in it. `phone_keys`: newest first, the newest makes pseudonyms from `since` on, seconds since 1970."""

    secret_key: str
    phone_keys: tuple[str, ...]
    since: float = 0.0


def keyfile_of(data_dir: str) -> Path:
    """Where it is."""
    return Path(data_dir) / "secrets.toml"


def read(path: Path) -> Keyfile:
    """What stands in it.

    Raises:
        OSError: when it cannot be read.
        KeyfileError: when it is not as we write it.
    """
    try:
        kept = msgspec.convert(tomllib.loads(path.read_text()), Keyfile)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError):
        raise KeyfileError(f"{path}: it is damaged; put back a copy of it, or remove it and nobody is known again") from None
    if not kept.phone_keys:
        raise KeyfileError(f"{path}: there is no phone key in it")
    return kept


def read_or_make(path: Path) -> Keyfile:
    """The same; made where there is none. Of several who make it at once, all find the first one's.

    Raises:
        OSError, KeyfileError: when it can be neither read nor made.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_suffix(f".{os.getpid()}")
        _write(made, Keyfile(fresh(), (fresh(),)))
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
        _sync(path.parent)  # its name outlives a power cut only once the directory is written too (fsync(2))
    return read(path)


def fresh() -> str:
    """A key out of the kernel's randomness."""
    return secrets.token_hex(KEY_BYTES)


@contextlib.contextmanager
def being_changed(path: Path) -> Iterator[None]:
    """Nobody else changes it meanwhile.

    Raises:
        KeyfileError: when somebody does.
    """
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise KeyfileError(f"{path}: another 'palabre keys' is changing it") from None
    finally:
        os.close(directory)


def replace(path: Path, kept: Keyfile) -> None:
    """Puts `kept` in its place, and overwrites what stood there. One that was killed here is finished by the next.

    Raises:
        OSError: when it cannot be written.
    """
    new, old = path.with_suffix(".new"), path.with_suffix(".old")
    for left_behind in (new, old):
        _shred(left_behind)
    with contextlib.suppress(FileNotFoundError):
        os.link(path, old)
    _write(new, kept)
    new.replace(path)
    _sync(path.parent)
    _shred(old)
    _sync(path.parent)


def _write(path: Path, kept: Keyfile) -> None:
    lines = [
        f'secret_key = "{kept.secret_key}"',
        f"phone_keys = {json.dumps(kept.phone_keys)}",
        f"since = {kept.since}",
    ]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(descriptor)


def _shred(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(os.urandom(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
