"""Whoever erases themselves is gone from everything that is written, and nothing else is."""

from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session as DatabaseSession

from flows.dialog import Dialog
from flows.events import Answered, Consented, Erased, OptedOut, Record, to_bytes
from tests import records
from tests.records import CANARY, PEOPLE, Act, as_records, in_lanes
from workers import chain, erasure
from workers.database.models import Base, DeadLetter
from workers.database.session import open_engine, reading
from workers.dialogs import Dialogs, Loaded, Session, keys, lane_key, seq_key, session_to_bytes
from workers.draining import Drainer
from workers.figures import tallies

GONE, STAYS = PEOPLE[0], next(who for who in PEOPLE if who[0] != PEOPLE[0][0])
SAID = Answered("retour", "1", "mots", CANARY)
STRANGE = Answered("nowhere", "1", "mots", CANARY)


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """With the polls that the records speak of."""
    records.publish_all(engine)
    return engine


@pytest.fixture
def client(redis_url: str) -> Any:
    return redis.Redis.from_url(redis_url)


def take_in(engine: Engine, client: Any, acts: list[Act], tag: str) -> list[Record]:
    """Lays the acts into the lanes and drains them."""
    said = as_records(acts, tag)
    for lane, _, raw in in_lanes(said):
        client.xadd(lane_key(lane), {"e": raw}, id=f"{client.incr(seq_key(lane))}-1")
    drainer = Drainer(engine, client, margin=1000)
    while drainer.step(block=1):
        pass
    return said


def lying(client: Any) -> bytes:
    """All that the lanes hold."""
    return b"".join(fields[b"e"] for lane in range(16) for _, fields in client.xrange(lane_key(lane)))


def test_lanes_dead_letters_and_database_forget_and_figures_stay(engine: Engine, client: Any) -> None:
    everybody = [Act(who, event) for who in (GONE, STAYS) for event in (Consented("retour", "1", "fr"), SAID, STRANGE)]
    take_in(engine, client, everybody, "said")
    with reading(engine) as session:
        before = tallies.stored(session)
    take_in(engine, client, [Act((GONE[0], 0), Erased())], "erased")
    assert erasure.sweep(engine, client) == 1
    assert GONE[0].encode() not in lying(client)
    assert STAYS[0].encode() in lying(client)
    with reading(engine) as session:
        assert tallies.stored(session) == before
        assert (tallies.differences(session), list(chain.breaks(session))) == ({}, [])
        assert [STAYS[0].encode() in raw for raw in session.scalars(select(DeadLetter.raw))] == [True]
        assert GONE[0] not in everything(session)
    assert erasure.sweep(engine, client) == 0


def everything(session: DatabaseSession) -> str:
    """Every row of every table, as text."""
    return "\n".join(str(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table)))


def test_what_was_said_after_an_erasure_stays(engine: Engine, client: Any) -> None:
    take_in(engine, client, [Act(GONE, SAID), Act((GONE[0], 0), Erased())], "before")
    (after,) = take_in(engine, client, [Act(GONE, Answered("eau", "1", "mots", "encore"))], "after")
    erasure.sweep(engine, client)
    assert to_bytes(after) in lying(client)
    assert CANARY.encode() not in lying(client)


def test_one_of_two_people_on_a_phone_is_erased_alone(engine: Engine, client: Any) -> None:
    phone = GONE[0]
    take_in(engine, client, [Act((phone, 1), SAID), Act((phone, 2), SAID), Act((phone, 1), Erased())], "two")
    erasure.sweep(engine, client)
    assert lying(client).count(CANARY.encode()) == 1


def test_sessions_in_which_they_spoke_are_closed_and_no_others(engine: Engine, client: Any, redis_url: str) -> None:
    said = take_in(engine, client, [Act(GONE, SAID), Act((GONE[0], 0), Erased())], "dropped")
    for name, tag in (("theirs", said[0].key.partition(".")[0]), ("another", "tag")):
        session = session_to_bytes(Session(f"1*6*{CANARY}", "CON", tag, Dialog()))
        Dialogs(redis_url).commit(keys(GONE[0], name), Loaded(b"", b"", 0), session, b"", [])
    erasure.sweep(engine, client)
    assert client.exists(keys(GONE[0], "another").dialog)
    assert not client.exists(keys(GONE[0], "theirs").dialog)


def test_an_erasure_that_was_not_taken_in_yet_waits(engine: Engine, client: Any) -> None:
    take_in(engine, client, [Act(GONE, SAID)], "said")
    (asked,) = as_records([Act((GONE[0], 0), Erased())], "asked")
    (entry,) = in_lanes([asked])
    client.xadd(lane_key(entry.lane), {"e": entry.raw}, id=f"{client.incr(seq_key(entry.lane))}-1")
    assert erasure.sweep(engine, client) == 0
    assert entry.raw in lying(client)


def test_a_lane_whose_counter_is_gone_goes_on_behind_what_was_erased(engine: Engine, client: Any, redis_url: str) -> None:
    take_in(engine, client, [Act(GONE, SAID), Act((GONE[0], 0), Erased())], "all")
    erasure.sweep(engine, client)
    places = keys(GONE[0], "again")
    client.delete(places.seq)
    assert Dialogs(redis_url).commit(places, Loaded(b"", b"", 0), b"dialog", b"person", [b"next"])
    assert client.xrange(places.lane)[-1][0] == b"3-1"


def test_no_file_holds_a_word_of_theirs(sqlite_url: str, client: Any, tmp_path: Path, home: Path) -> None:
    engine = open_engine(sqlite_url)
    records.publish_all(engine)
    take_in(engine, client, [Act(GONE, SAID), Act(GONE, STRANGE), Act((GONE[0], 0), OptedOut("stop"))], "said")
    take_in(engine, client, [Act((GONE[0], 0), Erased())], "erased")
    erasure.sweep(engine, client)
    engine.dispose()
    database, log = tmp_path.glob("palabre.db*"), (home / "valkey").rglob("*.aof")
    written = b"".join(path.read_bytes() for path in [*database, *log])
    assert CANARY.encode() not in written
    assert GONE[0].encode() not in written
    assert b"retour" in written
    assert not client.exists(erasure.OWED)
