"""Whatever happens to the intake, every record counts once: fed twice, by two, killed anywhere, on a lane that came back."""

import hashlib
import random
import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Engine, delete, event, select

from flows.events import Answered, Consented, to_bytes
from tests import records
from tests.records import CANARY, PEOPLE, Act, as_records, assert_counted, drawn, expected, feed, in_lanes
from workers import chain, publication
from workers.database.models import Answer, Base, DeadLetter, LedgerRow, Payload
from workers.database.session import open_engine, reading, writing
from workers.figures import tallies
from workers.intake import Entry, positions, replay, take_in
from workers.ledger import decide
from workers.outcome import Known, Said
from workers.privacy import LANES


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """With the polls that the records speak of."""
    records.publish_all(engine)
    return engine


@pytest.mark.parametrize("seed", range(4))
def test_a_lane_that_is_fed_twice_counts_once(engine: Engine, seed: int) -> None:
    said = drawn(seed, 250)
    twice = [record for record in said for _ in range(random.Random(seed).choice((1, 1, 2)))]
    feed(engine, in_lanes(twice), batch=37)
    assert_counted(engine, said)
    feed(engine, in_lanes([*said, *said]), epoch="second", batch=91)
    assert_counted(engine, said)


_ACTS = st.lists(st.builds(Act, st.sampled_from(PEOPLE[:3]), st.sampled_from(records.EVENTS), st.sampled_from(["a", "b"])))


@given(_ACTS, st.integers(1, 9))
def test_batches_of_any_size_add_up_to_the_same_figures(acts: list[Act], size: int) -> None:
    said, known, total = as_records(acts), Known(), tallies.Counter[tallies.Cell]()
    known.polls = {("retour", "1"): records.RETOUR, ("retour", "2"): records.RETOUR_2, ("eau", "1"): records.EAU}
    for start in range(0, len(said), size):
        batch = [Said(0, start + n, record) for n, record in enumerate(said[start : start + size], start=1)]
        total.update(decide(batch, known).tallies)
    assert {cell: number for cell, number in total.items() if number} == expected(said)


@pytest.mark.parametrize("together", [True, False], ids=["on the same lanes", "on half of the lanes each"])
def test_two_workers_at_once_count_once(engine: Engine, database_url: str, together: bool) -> None:
    said = drawn(11, 400)
    entries, wrong = in_lanes(said), list[BaseException]()
    halves = [range(LANES), range(LANES)] if together else [range(0, LANES, 2), range(1, LANES, 2)]

    def work(lanes: range) -> None:
        mine = open_engine(database_url)
        try:
            feed(mine, entries, batch=7, lanes=lanes)
        except BaseException as why:
            wrong.append(why)
        finally:
            mine.dispose()

    workers = [threading.Thread(target=work, args=(lanes,)) for lanes in halves]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong
    assert_counted(engine, said)


class Killed(BaseException):
    """As if the process ended here."""


def test_an_intake_that_is_killed_before_any_statement_loses_and_repeats_nothing(engine: Engine) -> None:
    said = drawn(5, 60)
    left = [0]

    def maybe_dies(*_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    for moment in ("before_cursor_execute", "commit"):
        event.listen(engine, moment, maybe_dies)
    killed = 0
    for statements in count():
        left[0] = statements
        try:
            feed(engine, in_lanes(said), batch=30)
            break
        except Killed:
            killed += 1
    left[0] = 1_000_000
    assert killed > 20
    assert_counted(engine, said)


@pytest.mark.parametrize(
    "letter",
    [
        b"\xc1 garbage",
        b"",
        to_bytes(replace(drawn(1, 1)[0], key="k.1", event=Consented("nowhere", "1", "fr"))),
        to_bytes(replace(drawn(1, 1)[0], key="k.2", event=Consented("retour", "9", "fr"))),
        to_bytes(replace(drawn(1, 1)[0], key="k.3", event=Answered("retour", "1", "nothing", "x"))),
        to_bytes(replace(drawn(1, 1)[0], key="k.4", at=1e300)),  # a moment that no calendar has
        to_bytes(replace(drawn(1, 1)[0], key="k.5", ordinal=2**62)),  # PostgreSQL's integers end at 2**31
        to_bytes(replace(drawn(1, 1)[0], key="k\0.6")),  # PostgreSQL keeps no NUL
        to_bytes(
            replace(drawn(1, 1)[0], key="k.7", event=Consented("retour", "9" * 5000, "fr"))
        ),  # more digits than int() reads
    ],
    ids=["garbage", "empty", "unknown poll", "unknown version", "unknown question", "moment", "ordinal", "NUL", "digits"],
)
def test_a_dead_letter_blocks_nothing_and_is_kept_once(engine: Engine, letter: bytes) -> None:
    said = drawn(3, 40)
    mixed = [*said[:20], letter, *said[20:30], letter, *said[30:]]
    feed(engine, in_lanes(mixed))
    feed(engine, in_lanes(mixed), epoch="second")
    with reading(engine) as session:
        buried = session.scalars(select(DeadLetter)).all()
        heard = session.scalars(select(LedgerRow.event_key).where(LedgerRow.event_key.like("k%"))).all()
    assert [one.raw for one in buried] == ([letter] if not heard else [])  # SQLite keeps some of what PostgreSQL cannot
    if not heard:
        assert_counted(engine, said)


def test_a_new_epoch_that_has_everything_again_counts_nothing_twice(engine: Engine) -> None:
    said = drawn(7, 120)
    feed(engine, in_lanes(said[:80]))
    feed(engine, in_lanes(said), epoch="second")
    assert_counted(engine, said)


def test_a_lane_that_was_wiped_is_read_from_its_beginning(engine: Engine) -> None:
    before, after = drawn(7, 120), drawn(8, 60)
    feed(engine, in_lanes(before))
    feed(engine, in_lanes(after), epoch="second")
    assert_counted(engine, [*before, *after])


def test_a_lane_that_was_rolled_back_goes_on_where_it_stands(engine: Engine) -> None:
    before, after = drawn(7, 120), drawn(8, 60)
    feed(engine, in_lanes(before))
    feed(engine, in_lanes([*before[:70], *after]), epoch="second")
    assert_counted(engine, [*before, *after])


def test_an_older_answer_never_replaces_a_newer_one() -> None:
    newer, older = as_records([Act(PEOPLE[0], Answered("eau", "1", "priorite", value)) for value in ("emploi", "terre")])
    known = Known(polls={("eau", "1"): records.EAU})
    decide([Said(0, 9, newer)], known)
    late = decide([Said(0, 4, older)], known)
    assert [given.choice for given in late.answers.values()] == ["emploi"]
    assert not any(late.tallies.values())


def test_an_event_of_an_earlier_epoch_is_older_than_any_of_a_later_one(engine: Engine) -> None:
    first, second = as_records([Act(PEOPLE[0], Answered("eau", "1", "priorite", value)) for value in ("emploi", "terre")])
    feed(engine, in_lanes([first], after=5000))
    feed(engine, in_lanes([second]), epoch="second")
    with reading(engine) as session:
        assert session.scalars(select(Answer.choice)).all() == ["terre"]


def test_free_text_stands_in_the_payloads_only(engine: Engine) -> None:
    said = as_records([Act(who, Answered("retour", "1", "mots", CANARY)) for who in PEOPLE])
    feed(engine, in_lanes(said))
    where = set()
    with reading(engine) as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                if any(CANARY.encode() in (cell if isinstance(cell, bytes) else str(cell).encode()) for cell in row):
                    where.add(table.name)
    assert where == {Payload.__tablename__}


def test_no_free_text_is_left_in_the_file_once_the_payloads_are_gone(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_engine(sqlite_url)
    records.publish_all(engine)
    feed(engine, in_lanes(as_records([Act(who, Answered("retour", "1", "mots", CANARY)) for who in PEOPLE])))
    engine.dispose()  # the last connection puts the write-ahead log into the file
    assert CANARY.encode() in (tmp_path / "palabre.db").read_bytes()
    with writing(engine) as session:
        session.execute(delete(Payload))
    engine.dispose()
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("palabre.db*"))


def test_every_digest_is_that_of_its_payload(engine: Engine) -> None:
    feed(engine, in_lanes(drawn(4, 150)), batch=20)
    with reading(engine) as session:
        payloads = {one.event_key: one for one in session.scalars(select(Payload))}
        for row in session.scalars(select(LedgerRow).order_by(LedgerRow.id)):
            kept = payloads[row.event_key]
            assert row.digest == hashlib.sha256(kept.salt + kept.content).hexdigest()


def test_a_letter_that_can_be_read_by_now_counts_at_the_place_that_it_had(engine: Engine) -> None:
    who, other = PEOPLE[0], replace(records.EAU, slug="later")
    early, late = (Answered("later", "1", "priorite", choice) for choice in ("emploi", "autre"))
    before, after = as_records([Act(who, early), Act(who, late)])
    feed(engine, in_lanes([before]))
    assert not replay(engine, _letters(engine)[0])
    with writing(engine) as session:
        publication.publish(session, other)
    feed(engine, in_lanes([before, after]))
    (letter,) = _letters(engine)
    assert replay(engine, letter)
    assert not replay(engine, letter)
    with reading(engine) as session:
        assert session.scalars(select(Answer.choice)).all() == ["autre"]
        assert (tallies.differences(session), list(chain.breaks(session))) == ({}, [])
    assert _letters(engine) == []


def _letters(engine: Engine) -> list[int]:
    with reading(engine) as session:
        return list(session.scalars(select(DeadLetter.id)))


def test_a_poll_with_the_longest_slug_there_may_be_is_counted_too(engine: Engine) -> None:
    long = replace(records.EAU, slug="e" * 64)
    with writing(engine) as session:
        publication.publish(session, long)
    tag = "f" * 24  # as privacy.session_tag makes it
    acts = [
        Act(PEOPLE[0], Answered(long.slug, "1", *words)) for words in (("priorite", "emploi"), ("residence", "village", True))
    ]
    said = [replace(record, key=f"{tag}.150.{n}") for n, record in enumerate(as_records(acts))]
    feed(engine, in_lanes(said))
    with reading(engine) as session:
        assert tallies.differences(session) == {}
        assert set(session.scalars(select(LedgerRow.kind))) == {"answered", "moved"}


def test_tallies_that_are_repaired_while_the_intake_runs_miss_nothing(engine: Engine, database_url: str) -> None:
    said = drawn(6, 120)
    feed(engine, in_lanes(said[:60]))
    other = _impatient(database_url)
    came_between = []

    def a_batch_comes(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("DELETE FROM tallies"):
            try:
                feed(other, in_lanes(said))
                came_between.append(True)
            except Exception:  # it had to wait: as it should
                came_between.append(False)

    event.listen(engine, "before_cursor_execute", a_batch_comes)
    with writing(engine) as session:
        tallies.repair(session)
    event.remove(engine, "before_cursor_execute", a_batch_comes)
    feed(engine, in_lanes(said))
    other.dispose()
    assert came_between
    assert_counted(engine, said)


def _impatient(url: str) -> Engine:
    """An engine that gives up at once where another transaction is in its way."""
    engine = open_engine(url)
    statement = "PRAGMA busy_timeout=1" if url.startswith("sqlite") else "SET lock_timeout = 100"

    def prepare(connection: Any, _record: Any) -> None:
        connection.execute(statement)
        connection.commit()

    event.listen(engine, "connect", prepare)
    return engine


def test_a_position_that_another_reader_moved_stores_nothing(engine: Engine) -> None:
    (record,) = drawn(2, 1)
    (entry,) = in_lanes([record])
    with writing(engine) as session:
        at = positions(session, "first", [entry.lane])
    take_in(engine, at, [entry])
    with pytest.raises(records.LaneMoved):
        take_in(engine, at, [Entry(entry.lane, 2, to_bytes(replace(record, key="other")))])
    assert_counted(engine, [record])


def test_a_phone_of_ours_is_marked_and_never_counted(engine: Engine) -> None:
    said = drawn(6, 40)
    feed(engine, in_lanes([replace(record, training=True) for record in said]))
    with reading(engine) as session:
        assert {"training", *session.scalars(select(LedgerRow.kind))} <= {"training", "erased", "optedout", "optedin"}
        assert tallies.stored(session) == {}
