"""How fast the lanes go into a database: real records of whole conversations, drained as the intake's job drains them."""

import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from flows.events import Answered, Record, to_bytes
from tests import servers
from tests.bench.conversations import demo_catalogue, demo_poll, played
from workers import publication
from workers.database.models import LedgerRow
from workers.database.session import open_engine, reading, upgrade, writing
from workers.dialogs import lane_key, seq_key
from workers.draining import Drainer
from workers.privacy import lane_of, phone_key, session_tag
from workers.relay import connect

MARGIN = 1000


def measure(answers: int) -> dict[str, Any]:
    """Answers and events a second, and this process's memory before and after, for both databases."""
    with tempfile.TemporaryDirectory(prefix="palabre-") as home:
        postgres = servers.Postgres(Path(home) / "postgres")
        try:
            sqlite = f"sqlite:///{home}/palabre.db"
            upgrade(sqlite)
            with servers.valkey(Path(home), "everysec") as redis_url:
                return {
                    name: _drain(url, redis_url, answers)
                    for name, url in (("PostgreSQL", postgres.fresh()), ("SQLite", sqlite))
                }
        finally:
            postgres.stop()


def taken(database_url: str) -> int:
    """The events in a ledger; a `moved` row is none."""
    engine = open_engine(database_url)
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(LedgerRow).where(LedgerRow.kind != "moved")) or 0


def _drain(database_url: str, redis_url: str, answers: int) -> dict[str, float]:
    client = connect(redis_url)
    client.flushall()
    engine = open_engine(database_url)
    with writing(engine) as session:
        publication.publish(session, demo_poll())
    filled = Crowd(client).says(answers)
    drainer = Drainer(engine, client, MARGIN)
    entries = drainer.step(block=1)  # opens connections and fills caches: memory counts from here
    before, started, warm = _resident_mib(), time.perf_counter(), entries
    while now := drainer.step(block=1):
        entries += now
    seconds = time.perf_counter() - started
    after = _resident_mib()
    if not entries == filled.total() == taken(database_url):
        raise AssertionError(
            f"{filled.total()} events lay in the lanes, {entries} were read, {taken(database_url)} are in the ledger"
        )
    engine.dispose()
    events_per_second = (entries - warm) / seconds
    return {
        "answers_per_second": events_per_second * filled[Answered] / filled.total(),
        "events_per_second": events_per_second,
        "mib_before": before,
        "mib_after": after,
    }


class Crowd:
    """New phones without end, whose conversations are put into the lanes as the webhook would."""

    def __init__(self, client: Any) -> None:
        self._client, self._records = client, _records()
        self._last: dict[int, int] = defaultdict(int)

    def says(self, answers: int) -> "Counter[type]":
        """So many answers more, with all that goes with them; returns how many events of each kind."""
        kinds: Counter[type] = Counter()
        pipeline = self._client.pipeline(transaction=False)
        for record in self._records:
            lane = lane_of(record.phone)
            self._last[lane] += 1
            pipeline.xadd(lane_key(lane), {"e": to_bytes(record)}, id=f"{self._last[lane]}-1")
            kinds[type(record.event)] += 1
            if len(pipeline) >= 2000:
                pipeline.execute()
            if kinds[Answered] >= answers:
                break
        for lane, number in self._last.items():
            pipeline.set(seq_key(lane), number)
        pipeline.execute()
        return kinds


def _records() -> Iterator[Record]:
    """The records that the webhook makes of one phone's conversation after another, mixed as a thousand phones mix them."""
    hops = played(demo_catalogue())
    number = 0
    while True:
        crowd = [(phone_key(f"+223{70_000_000 + number + one}", b"bench"), number + one) for one in range(1000)]
        number += len(crowd)
        for hop in hops:
            for phone, session in crowd:
                tag = session_tag("demo", str(session), b"bench")
                for n, event in enumerate(hop.step.events):
                    key = f"{tag}.{len(hop.text)}.{n}"
                    yield Record(key, phone, hop.step.dialog.ordinal, "demo", time.time(), event)


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20
