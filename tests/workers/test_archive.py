"""A backup's file is whole under its name, or refused in one line."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests import records, rows
from tests.conftest import SECRET
from tests.records import drawn, in_lanes
from workers import archive
from workers.archive import ArchiveError
from workers.backup import back_up
from workers.restore import restore

KEYS = (SECRET.encode(),)


class Killed(BaseException):
    """As if the process ended here."""


def test_a_backup_that_is_killed_leaves_the_one_before(source: Engine, file: Path) -> None:
    file.write_text("the one before")

    def dies(*_: Any) -> None:
        raise Killed

    event.listen(source, "before_cursor_execute", dies)
    with pytest.raises(Killed):
        back_up(file, source, None, KEYS)
    assert file.read_text() == "the one before"
    assert [path.name for path in file.parent.glob(".*")] == []


def test_only_its_owner_may_read_a_backup(source: Engine, file: Path) -> None:
    back_up(file, source, None, KEYS)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_in_which_one_bit_is_wrong_is_refused_in_one_line(
    source: Engine, empty: Engine, file: Path, client: Any
) -> None:
    records.feed(source, in_lanes(drawn(47, 150)))
    about, whole = back_up(file, source, None, KEYS), file.read_bytes()
    refused = 0
    for place in range(0, len(whole), 397):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            with archive.opened(file) as opened:
                assert opened.about == about  # a bit of the zip that says nothing, such as a time of day
        except ArchiveError as why:
            refused += 1
            assert "\n" not in str(why)
    assert refused > len(range(0, len(whole), 397)) * 0.8


def test_a_table_that_is_not_what_was_written_is_refused(source: Engine, file: Path) -> None:
    back_up(file, source, None, KEYS)
    with zipfile.ZipFile(file) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(file, "w") as forged:
        for name, content in members.items():
            forged.writestr(name, b"" if name == "tables/polls" else content)
    with pytest.raises(ArchiveError, match="tables/polls"), archive.opened(file):
        pass


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x05\x06" + bytes(18),  # a zip with nothing in it
        b"Dear all",
    ],
    ids=["empty", "a zip of nothing", "a letter"],
)
def test_a_file_that_is_no_backup_is_refused(empty: Engine, file: Path, client: Any, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ArchiveError, match="no backup"):
        restore(file, empty, client)
    assert rows.content(empty) == {}
