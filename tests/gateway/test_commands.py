"""The command's edge: exit codes, one line on standard error where something is wrong, never a traceback."""

import json
import shutil
import socket
from datetime import UTC, datetime
from pathlib import Path

import click
import openpyxl
import pytest
from sqlalchemy import update

from flows.poll import Poll
from gateway.commands import messages, phones
from tests import records
from tests.conftest import DEMO
from tests.installation import free_port
from tests.processes import Watched
from workers.database.models import Message, Tally
from workers.database.session import open_engine, writing

CHANNELS = """
[[channels]]
name = "kayes"
provider = "africastalking"
token = "one"
service_codes = ["*384*36#", "*555#"]
[[channels]]
name = "paris"
provider = "africastalking"
token = "another"
short_code = "36036"
"""


@pytest.fixture
def site(tmp_path: Path, sqlite_url: str) -> Watched:
    """An installation with a migrated database that does not run."""
    assert sqlite_url.endswith(f"{tmp_path}/palabre.db")
    return Watched(tmp_path)


def fails(site: Watched, code: int, *words: str, **environment: str) -> str:
    """Runs a command that must fail with this code and one line (after what it did until then), and returns that line."""
    done = Watched(site.home, **{**site.environment, "PORT": str(site.port), **environment}).palabre(*words)
    assert done.returncode == code, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith(("starting ", "warning: ", "hint: "))]
    assert line.startswith("palabre: ")
    return line


def test_a_port_in_use_is_said_before_anything_starts(site: Watched) -> None:
    with socket.create_server(("127.0.0.1", site.port)):
        assert str(site.port) in fails(site, 2, "up", "--demo")
    assert not (site.home / "valkey").exists()


@pytest.mark.parametrize("words", [("up", "--demo"), ("poll", "list"), ("verify",)])
def test_a_data_directory_that_cannot_be_one_is_one_line(site: Watched, words: tuple[str, ...]) -> None:
    in_its_place = site.home / "file"
    in_its_place.write_text("")
    assert "file" in fails(site, 2, *words, PALABRE_DATA_DIR=str(in_its_place))


def test_a_second_up_on_one_data_directory_is_refused(site: Watched) -> None:
    site.start()
    try:
        assert "another" in fails(site, 2, "up", "--demo", PORT=str(free_port()))
    finally:
        site.stop()
        site.end()


@pytest.mark.parametrize(
    "url",
    ["postgresql://nobody@127.0.0.1:9/none", "sqlite:////nowhere/at/all.db", "no url", "oracle://x", "mysql://x@y/z", ""],
    ids=lambda url: url or "not migrated",
)
def test_a_database_that_cannot_be_used_is_one_line(site: Watched, url: str) -> None:
    if not url:
        url = f"sqlite:///{site.home / 'empty.db'}"
    fails(site, 2, "poll", "list", PALABRE_DATABASE_URL=url)


def test_a_command_that_needs_redis_says_so_where_none_runs(site: Watched) -> None:
    assert "palabre up" in fails(site, 2, "worker", "intake")


def test_poll_check_names_the_cell_of_an_error_and_exits_1(site: Watched) -> None:
    book = openpyxl.load_workbook(DEMO)
    book["survey"]["A3"] = "photo"
    book["choices"]["B2"] = ""
    book.save(site.home / "wrong.xlsx")
    for command in ("check", "publish"):
        done = site.palabre("poll", command, str(site.home / "wrong.xlsx"))
        assert done.returncode == 1
        assert "survey" in done.stderr
        assert "A3" in done.stderr
        assert done.stderr.index("survey!A3") < done.stderr.index("choices!B2: this choice has no name"), "as one mends them"
        assert done.stderr.endswith("palabre: wrong.xlsx is no poll yet: mend these 2 errors\n")
        assert "Traceback" not in done.stderr


def test_a_file_that_is_no_workbook_exits_1(site: Watched) -> None:
    (site.home / "letter.xlsx").write_text("Dear all")
    done = site.palabre("poll", "check", str(site.home / "letter.xlsx"))
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert done.stderr.strip()


def test_poll_check_needs_no_server_and_shows_every_screen(site: Watched) -> None:
    shutil.rmtree(site.home)
    site.home.mkdir()
    done = site.palabre("poll", "check", str(DEMO))
    assert done.returncode == 0, done.stderr
    assert "Au retour, que faut-il en premier?" in done.stdout
    assert done.stdout.endswith("\n    in Français: *CODE*01*1#\n    in English: *CODE*02*1#\n")


def test_a_published_poll_is_listed_and_closed_without_a_running_server(site: Watched) -> None:
    published = site.palabre("poll", "publish", str(DEMO))
    assert published.stdout == "demo, version 1, is open\n  no phone comes to it: no channel leads here (docs/settings.md)\n"
    assert site.palabre("poll", "list").stdout.startswith("demo\tversion 1\topen\t")
    assert site.palabre("poll", "close", "demo").returncode == 0
    assert site.palabre("poll", "list").stdout.startswith("demo\tversion 1\tclosed\t")
    done = site.palabre("poll", "close", "demo")
    assert done.returncode == 2
    assert "no open poll 'demo'" in done.stderr


def test_a_published_poll_says_by_which_codes_and_which_word_phones_come_to_it(site: Watched) -> None:
    (site.home / "palabre.toml").write_text(CHANNELS)
    channels = Watched(site.home, PALABRE_CONFIG=str(site.home / "palabre.toml"))
    published = channels.palabre("poll", "publish", str(DEMO))
    ways = (
        "  channel kayes: dial *384*36*1#\n    in Français: *384*36*01*1#\n    in English: *384*36*02*1#\n"
        "  channel kayes: dial *555*1#\n    in Français: *555*01*1#\n    in English: *555*02*1#\n"
        "  channel paris: text RETOUR to 36036\n"
    )
    assert published.stdout == f"demo, version 1, is open\n{ways}"
    again = channels.palabre("poll", "publish", str(DEMO))
    assert (again.returncode, again.stdout) == (0, f"demo: nothing changed: version 1 is already open\n{ways}")
    without = channels.palabre("poll", "publish", str(without_dial(site.home)))
    assert "  channel kayes: dial *384*36#, while no newer" in without.stdout


@pytest.mark.parametrize("code", ["*999#", "*384*361#", "*384#", "*384*36", "384*36#", "#"])
def test_a_code_that_leads_nowhere_is_refused_with_those_that_there_are(site: Watched, code: str) -> None:
    (site.home / "palabre.toml").write_text(CHANNELS)
    line = fails(site, 2, "dial", code, PALABRE_CONFIG=str(site.home / "palabre.toml"))
    assert code in line
    assert "channel 'kayes' dial *384*36# or *555#" in line


@pytest.mark.parametrize("number", ["70000001", "+223", "awa"])
def test_a_number_without_its_country_is_refused_with_how_to_write_it(number: str) -> None:
    with pytest.raises(click.UsageError, match="write it with its country"):
        phones.dial.main([f"--phone={number}"], standalone_mode=False)


def test_a_state_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(click.UsageError, match="'queued', 'sending', 'sent', 'unknown'") as refused:
        messages.outbox.main(["--state", "foo"], standalone_mode=False)
    assert refused.value.exit_code == 2


def test_an_outbox_without_messages_says_so(site: Watched) -> None:
    assert site.palabre("outbox").stdout == "channel\tkind\tstate\tmessages\nno messages\n"
    assert json.loads(site.palabre("outbox", "--format", "json").stdout) == {"states": [], "messages": [], "budget_spent": []}


def test_the_columns_of_messages_are_named_above_them(site: Watched) -> None:
    now = datetime(2026, 11, 24, 10, tzinfo=UTC)
    message = {"key": "k", "contact": "somebody", "channel": "demo", "text": "merci", "state": "unknown"}
    with writing(engine := open_engine(f"sqlite:///{site.home / 'palabre.db'}")) as session:
        session.add(Message(**message, due_at=now, moved_at=now))
    engine.dispose()
    told = site.palabre("outbox", "--messages", "5").stdout.splitlines()
    assert told[:3] == ["channel\tkind\tstate\tmessages", "demo\treply\tunknown\t1", ""]
    assert told[3] == "id\tcontact\tchannel\tkind\tstate\ttries\tcost\twhy\treported\tmoved_at"
    assert told[4].split("\t")[:6] == ["1", "somebody", "demo", "reply", "unknown", "0"]
    assert site.palabre("outbox", "--settle", "1", "--as", "sent").stdout == "message 1: sent\n"
    assert "no message 1 is unknown" in fails(site, 1, "outbox", "--settle", "1", "--as", "again")


def test_results_of_a_poll_that_there_is_not_exit_2(site: Watched) -> None:
    assert "nowhere" in fails(site, 2, "results", "nowhere")


def test_results_of_a_version_that_there_is_not_name_those_that_there_are(site: Watched, counted: None) -> None:
    assert "'retour' has no version 9; its versions: 1, 2" in fails(site, 2, "results", "retour", "--version", "9")
    assert site.palabre("results", "retour", "--version", "1").returncode == 0


def test_results_by_a_stratum_that_is_not_kept_exit_2(site: Watched, counted: None) -> None:
    assert "its strata: country" in fails(site, 2, "results", "retour", "--by", "sex")


def test_public_results_before_the_first_release_exit_1(site: Watched, counted: None) -> None:
    assert "release" in fails(site, 1, "results", "retour", "--public")


def test_verify_finds_a_tally_that_was_tampered_with_and_repair_mends_it(site: Watched, counted: None) -> None:
    assert site.palabre("verify").returncode == 0
    before = site.palabre("results", "retour", "--format", "csv").stdout
    with writing(engine := open_engine(f"sqlite:///{site.home / 'palabre.db'}")) as session:
        session.execute(update(Tally).where(Tally.measure == "respondents").values(count=Tally.count + 7))
    engine.dispose()
    wrong = site.palabre("verify")
    assert wrong.returncode == 1
    assert "respondents" in wrong.stdout
    assert site.palabre("results", "retour", "--format", "csv").stdout != before
    assert site.palabre("verify", "--repair").returncode == 0
    assert site.palabre("verify").returncode == 0
    assert site.palabre("results", "retour", "--format", "csv").stdout == before


@pytest.mark.parametrize("words", [("nonsense",), ("results",), ("poll", "check", "/nowhere.xlsx"), ("worker", "nothing")])
def test_wrong_usage_exits_2(site: Watched, words: tuple[str, ...]) -> None:
    fails(site, 2, *words)


def test_a_poll_whose_choices_changed_is_refused_in_one_line(site: Watched, demo_poll: Poll) -> None:
    site.palabre("poll", "publish", str(DEMO))
    book = openpyxl.load_workbook(DEMO)
    book["choices"]["B2"] = "metier"
    book.save(site.home / "changed.xlsx")
    assert "priorite" in fails(site, 2, "poll", "publish", str(site.home / "changed.xlsx"))


def without_dial(home: Path) -> Path:
    """The demonstration's form, reached by the service code alone."""
    book = openpyxl.load_workbook(DEMO)
    book["settings"]["F2"] = None
    book.save(home / "alone.xlsx")
    return home / "alone.xlsx"


@pytest.fixture
def counted(site: Watched) -> None:
    """Some answers in the database."""
    engine = open_engine(f"sqlite:///{site.home / 'palabre.db'}")
    records.publish_all(engine)
    records.feed(engine, records.in_lanes(records.drawn(31, 200)))
    engine.dispose()
