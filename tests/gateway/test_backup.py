"""An installation moves to another machine: its processes, its embedded server and its keys, as whoever runs it would do it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import records
from tests.phone import Phone
from tests.processes import Watched, until
from workers.database.session import open_engine, upgrade


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Watched, Watched]]:
    """Two of them, each with an installation that never ran."""
    both = Watched(tmp_path / "old"), Watched(tmp_path / "new")
    for one in both:
        one.home.mkdir()
    yield both
    for one in both:
        one.end()


def answered(site: Watched, question: str) -> int:
    (found,) = [one for one in site.results()["questions"] if one["name"] == question]
    return int(found["answered"])


def test_an_installation_moves_with_all_that_phones_were_told_was_taken(
    machines: tuple[Watched, Watched], tmp_path: Path
) -> None:
    old, new = machines
    file = tmp_path / "palabre.zip"
    old.start()
    Phone(old.network()).dials().types("1", "2").line_drops()
    until(lambda: answered(old, "priorite") == 1, "the first answer")
    online = old.palabre("backup", str(file))
    assert (online.returncode, online.stderr) == (0, "")
    assert "another 'palabre up'" in old.palabre("restore", str(file)).stderr
    Phone(old.network(), "+22370000002").dials().types("1", "2").line_drops()
    old.stop()
    cold = old.palabre("backup", str(file))  # starts the embedded server for as long as it reads it
    assert (cold.returncode, cold.stderr) == (0, "")
    assert not old.processes()

    shutil.copy(old.home / "secrets.toml", new.home)
    restored = new.palabre("restore", str(file))
    assert (restored.returncode, restored.stderr) == (0, "")
    assert "verify --chain" in restored.stdout
    new.start()
    assert answered(new, "priorite") == 2
    for number in ("+22370000001", "+22370000002"):
        Phone(new.network(), number).dials().types("2").sees("retour dur").types("1").line_drops()
    until(lambda: answered(new, "obstacles") == 2, "the answers of those who went on where they were")
    assert new.results()["respondents"] == 2
    assert new.palabre("verify").returncode == 0


def test_what_cannot_be_restored_is_said_in_one_line(machines: tuple[Watched, Watched], tmp_path: Path) -> None:
    old, new = machines
    file = tmp_path / "palabre.zip"
    nothing = new.palabre("backup", str(file))
    assert (nothing.returncode, nothing.stderr.splitlines()[1:]) == (
        2,
        ["palabre: the database has no tables yet: there is nothing to back up"],
    )
    assert not file.exists()
    upgrade(f"sqlite:///{old.home / 'palabre.db'}")
    records.publish_all(engine := open_engine(f"sqlite:///{old.home / 'palabre.db'}"))
    engine.dispose()
    made = old.palabre("backup", str(file))
    assert made.returncode == 0
    assert "the database alone" in made.stderr  # no `up` ever ran there

    there = old.palabre("restore", str(file))
    assert (there.returncode, there.stderr.count("\n")) == (1, 1)
    assert "PALABRE_DATABASE_URL" in there.stderr
    (tmp_path / "half.zip").write_bytes(file.read_bytes()[:1000])
    half = new.palabre("restore", str(tmp_path / "half.zip"))
    assert (half.returncode, half.stderr.count("\n")) == (1, 1)

    done = new.palabre("restore", str(file))
    assert done.returncode == 0
    assert "a phone key of the backup is not here" in done.stderr
    assert new.palabre("poll", "list").stdout.count("\n") == 2
