"""The commands of upkeep on an installation that stands still: dead letters, terms, and the ledger's chains."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from msgspec.structs import replace
from sqlalchemy import Engine, update

from flows.events import Answered
from tests import records
from tests.processes import Watched
from tests.records import PEOPLE, Act, as_records, drawn, feed, in_lanes
from workers import publication, retention
from workers.database.models import LedgerRow
from workers.database.session import open_engine, writing


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    made = open_engine(sqlite_url)
    records.publish_all(made)
    yield made
    made.dispose()


@pytest.fixture
def site(tmp_path: Path, redis_url: str) -> Watched:
    return Watched(tmp_path, PALABRE_REDIS_URL=redis_url)


def test_a_dead_letter_is_shown_until_it_can_be_counted(site: Watched, engine: Engine) -> None:
    feed(engine, in_lanes(as_records([Act(PEOPLE[0], Answered("later", "1", "priorite", "emploi"))])))
    shown = site.palabre("dead-letters")
    assert (shown.returncode, "names a poll or a question that is not here" in shown.stdout) == (1, True)
    assert site.palabre("dead-letters", "--replay").stdout.endswith("0 counted, 1 left\n")
    with writing(engine) as session:
        publication.publish(session, replace(records.EAU, slug="later"))
    assert site.palabre("dead-letters", "--replay").stdout.endswith("1 counted, 0 left\n")
    assert site.palabre("dead-letters").returncode == 0
    assert site.palabre("verify").returncode == 0


def test_a_changed_row_is_named_and_the_fingerprint_is_printed_where_there_is_none(site: Watched, engine: Engine) -> None:
    feed(engine, in_lanes(drawn(1, 60)))
    whole = site.palabre("verify", "--chain")
    assert (whole.returncode, "fingerprint" in whole.stdout) == (0, True)
    with writing(engine) as session:
        session.execute(update(LedgerRow).where(LedgerRow.kind == "answered").values(choice="bought"))
    broken = site.palabre("verify", "--chain")
    assert (broken.returncode, "was changed" in broken.stdout) == (1, True)


def test_a_dry_run_of_retention_says_what_it_would_end(site: Watched, engine: Engine) -> None:
    feed(engine, in_lanes(drawn(1, 60)))
    said = site.palabre("retention", "--dry-run")
    assert (said.returncode, "raw events, after 30 days" in said.stdout, "nothing was changed" in said.stdout) == (
        0,
        True,
        True,
    )
    assert "by night nothing ends yet: 0 of 7 nights are noted\n" in said.stdout
    assert site.palabre("retention").stdout.endswith("done\n")  # who asks for it says that the clock is right


def test_a_dry_run_of_retention_says_since_when_nights_are_noted(site: Watched, engine: Engine, redis_url: str) -> None:
    client, now = redis.Redis.from_url(redis_url), datetime.now(UTC)
    for days in (3, 2, 1):
        retention.note_night(client, now - timedelta(days=days))
    since = (now - timedelta(days=3)).date()
    assert f"3 of 7 nights are noted, since {since}\n" in site.palabre("retention", "--dry-run").stdout
    for days in range(7, -1, -1):
        retention.note_night(client, now - timedelta(days=days))
    assert "nights are noted" not in site.palabre("retention", "--dry-run").stdout
