"""Nobody changes the ledger unseen: each thing that can be done to it breaks a chain, and what we do ourselves breaks none."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.orm import Session

from flows.events import Erased
from tests import records
from tests.records import PEOPLE, Act, as_records, drawn, feed, in_lanes
from workers import chain
from workers.database.models import Batch, Lane, LedgerRow
from workers.database.session import reading, writing


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """With a ledger of some batches in each lane."""
    records.publish_all(engine)
    feed(engine, in_lanes(drawn(4, 150)), batch=20)
    return engine


def test_a_ledger_that_nobody_touched_is_whole_and_grows_under_a_new_fingerprint(engine: Engine) -> None:
    before = _breaks(engine), _fingerprint(engine)
    feed(engine, in_lanes([*drawn(4, 150), *drawn(5, 20)]), epoch="second")
    assert (before[0], _breaks(engine)) == ([], [])
    assert before[1] != _fingerprint(engine)


def test_an_erasure_breaks_no_chain(engine: Engine) -> None:
    gone = as_records([Act((PEOPLE[0][0], 0), Erased())], "gone")
    feed(engine, in_lanes([*drawn(4, 150), *gone]))
    with reading(engine) as session:
        assert "erased" in session.scalars(select(LedgerRow.kind)).all()
    assert _breaks(engine) == []


def _one(session: Session) -> int:
    return session.scalar(select(func.min(LedgerRow.id)).where(LedgerRow.kind == "answered")) or 0


def _last(session: Session) -> int:
    return session.scalar(select(func.max(Batch.id))) or 0


def _answers_otherwise(session: Session) -> None:
    session.execute(update(LedgerRow).where(LedgerRow.id == _one(session)).values(choice="bought"))


def _is_somebody_else(session: Session) -> None:
    session.execute(update(LedgerRow).where(LedgerRow.id == _one(session)).values(participant="x" * 22))


def _moves_elsewhere(session: Session) -> None:
    session.execute(update(LedgerRow).where(LedgerRow.id == _one(session)).values(stratum="kita"))


def _leaves_out(session: Session) -> None:
    session.execute(delete(LedgerRow).where(LedgerRow.id == _one(session)))


def _adds(session: Session) -> None:
    row = session.execute(select(LedgerRow.__table__).where(LedgerRow.id == _one(session))).one()._asdict()
    session.execute(insert(LedgerRow).values({**row, "id": 10**6, "event_key": "of nobody"}))


def _adds_in_no_batch(session: Session) -> None:
    row = session.execute(select(LedgerRow.__table__).where(LedgerRow.id == _one(session))).one()._asdict()
    session.execute(insert(LedgerRow).values({**row, "id": 10**6, "event_key": "of nobody", "batch": 0}))


def _leaves_out_a_batch(session: Session) -> None:
    batch = session.scalar(select(LedgerRow.batch).where(LedgerRow.id == _one(session)))
    session.execute(delete(LedgerRow).where(LedgerRow.batch == batch))
    session.execute(delete(Batch).where(Batch.id == batch))


def _leaves_out_the_last_batch(session: Session) -> None:
    batch = _last(session)
    session.execute(delete(LedgerRow).where(LedgerRow.batch == batch))
    session.execute(delete(Batch).where(Batch.id == batch))


def _forgets_a_lane(session: Session) -> None:
    session.execute(update(Lane).where(Lane.chain != "").values(chain=""))


@pytest.mark.parametrize(
    "tampering",
    [
        _answers_otherwise,
        _is_somebody_else,
        _moves_elsewhere,
        _leaves_out,
        _adds,
        _adds_in_no_batch,
        _leaves_out_a_batch,
        _leaves_out_the_last_batch,
        _forgets_a_lane,
    ],
)
def test_whoever_changes_the_ledger_is_seen(engine: Engine, tampering: Callable[[Session], None]) -> None:
    with writing(engine) as session:
        tampering(session)
    assert _breaks(engine)


def _breaks(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(chain.breaks(session))


def _fingerprint(engine: Engine) -> str:
    with reading(engine) as session:
        return chain.fingerprint(session)
