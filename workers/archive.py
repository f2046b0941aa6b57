"""A backup's file: a zip with one member a table, rows in blocks of MessagePack, and `about.json`, which says what is in it.

It knows nothing of what it carries. It is whole under its name or not there at all, and only its owner may read it.
"""

import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import msgspec
from msgspec import Struct

FORMAT = 1
ABOUT = "about.json"
LENGTH_BYTES = 4
"""In front of each block: how many octets it has, the most significant first."""

Rows = Sequence[Sequence[Any]]


class ArchiveError(Exception):
    """The file is none of ours, or not whole; the message is one line."""


class Member(Struct, frozen=True):
    """One table: its columns in the order of each row, how many rows, and the SHA-256 of its octets."""

    columns: tuple[str, ...]
    rows: int
    sha256: str


class About(Struct, frozen=True, kw_only=True):
    """What a backup is of. `revision` is the database's; `keys` are fingerprints of the phone keys, never a key."""

    palabre: str
    revision: str
    made_at: datetime
    keys: tuple[str, ...]
    members: dict[str, Member] = {}
    format: int = FORMAT

    def rows(self, prefix: str) -> int:
        """How many rows the tables have whose names begin so."""
        return sum(member.rows for name, member in self.members.items() if name.startswith(prefix))


class Writer:
    """Puts tables into the zip, one after the other."""

    def __init__(self, archive: ZipFile) -> None:
        self._zip = archive
        self._members: dict[str, Member] = {}

    def add(self, name: str, columns: Sequence[str], blocks: Iterable[Rows]) -> None:
        """Writes one table as its blocks come."""
        digest, rows = hashlib.sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as member:
            for block in blocks:
                packed = _pack(block)
                member.write(packed)
                digest.update(packed)
                rows += len(block)
        self._members[name] = Member(tuple(columns), rows, digest.hexdigest())

    def finish(self, about: About) -> About:
        """Writes what was put in, and returns it."""
        whole = msgspec.structs.replace(about, members=self._members)
        self._zip.writestr(ABOUT, msgspec.json.format(msgspec.json.encode(whole), indent=2))
        return whole


class Reader:
    """An archive whose every octet was checked."""

    def __init__(self, archive: ZipFile, about: About) -> None:
        self._zip, self.about = archive, about

    def rows(self, name: str, row: Any) -> Iterator[list[Any]]:
        """The blocks of one table, each row read as the type `row`; none where there is no such table."""
        if name in self.about.members:
            with self._zip.open(name) as member:
                yield from read_blocks(member, row)


@contextmanager
def written(file: Path) -> Iterator[Writer]:
    """A new archive, which takes its name when the block ends; nothing of it is left when that raises.

    Raises:
        OSError: when it cannot be written there.
    """
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as fresh:  # mode 0600
        try:
            with ZipFile(fresh, "w", ZIP_DEFLATED) as archive:
                yield Writer(archive)
            fresh.flush()
            os.fsync(fresh.fileno())
            Path(fresh.name).replace(file)
        except BaseException:
            Path(fresh.name).unlink()
            raise
    _sync_directory(file.parent)


@contextmanager
def opened(file: Path) -> Iterator[Reader]:
    """An archive to read from, checked against its digests first.

    Raises:
        ArchiveError: where it is none, is damaged, or was made by a newer Palabre.
    """
    try:
        archive = ZipFile(file)
    except BadZipFile:
        raise ArchiveError(f"{file} is no backup, or not a whole one") from None
    with archive:
        yield Reader(archive, _checked(archive, file))


def write_blocks(out: IO[bytes], blocks: Iterable[Rows]) -> None:
    """The blocks, to be read again by `read_blocks`."""
    for block in blocks:
        out.write(_pack(block))


def read_blocks(source: IO[bytes], row: Any) -> Iterator[list[Any]]:
    """The blocks from here to the end, each row read as the type `row`."""
    decode = msgspec.msgpack.Decoder(list[row]).decode
    while length := source.read(LENGTH_BYTES):
        yield decode(source.read(int.from_bytes(length, "big")))


def _pack(block: Rows) -> bytes:
    packed = msgspec.msgpack.encode(block)
    return len(packed).to_bytes(LENGTH_BYTES, "big") + packed


def _checked(archive: ZipFile, file: Path) -> About:
    try:
        about = msgspec.json.decode(archive.read(ABOUT), type=About)
        if about.format > FORMAT:
            raise ArchiveError(f"{file} was made by a newer Palabre ({about.palabre}): install that one")
        damaged = [name for name, member in about.members.items() if _digest(archive, name) != member.sha256]
    except (KeyError, BadZipFile, msgspec.MsgspecError, zlib.error, EOFError, NotImplementedError, RuntimeError) as why:
        raise ArchiveError(f"{file} is no backup, or a damaged one: {why}") from None
    if damaged:
        raise ArchiveError(f"{file} is damaged: {', '.join(damaged)} is not what was written")
    return about


def _digest(archive: ZipFile, name: str) -> str:
    with archive.open(name) as member:
        return hashlib.file_digest(member, "sha256").hexdigest()  # type: ignore[arg-type]


def _sync_directory(directory: Path) -> None:
    """The new name is on the disk too, not only the octets behind it (rename(2))."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
