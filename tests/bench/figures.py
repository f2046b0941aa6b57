"""Whether figures cost the same however many answered: the results page, the intake and the recount, up to a million answers."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine

from flows.events import Answered
from gateway.processes import palabre
from tests import servers
from tests.bench.conversations import demo_poll
from tests.bench.intake import MARGIN, Crowd
from workers import publication
from workers.database.session import open_engine, reading, writing
from workers.draining import Drainer
from workers.figures import results
from workers.relay import connect

AT_ONCE = 20_000
"""Answers that lie in the lanes together."""

LOOKS = 31
VERIFY = (("palabre", "verify"), ("palabre", "verify", "--chain"))


def measure(sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """On PostgreSQL, at each size: the intake's rate for the last answers before it, and the results page's queries.

    The last row also says how long `palabre verify` and `--chain` took, and how much memory.
    """
    with tempfile.TemporaryDirectory(prefix="palabre-") as home, servers.valkey(Path(home), "everysec") as redis_url:
        postgres = servers.Postgres(Path(home) / "postgres")
        try:
            url = postgres.fresh()
            engine = open_engine(url)
            with writing(engine) as session:
                publication.publish(session, demo_poll())
            rows = _grow(engine, connect(redis_url), sizes)
            engine.dispose()
            rows[-1] |= {" ".join(words): _cost(words, url, home) for words in VERIFY}
            return rows
        finally:
            postgres.stop()


def _grow(engine: Engine, client: Any, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    crowd, drainer = Crowd(client), Drainer(engine, client, MARGIN)
    rows, there = [], 0
    for size in sizes:
        rate = 0.0
        while there < size:
            said = crowd.says(min(AT_ONCE, size - there))
            there += said[Answered]
            rate = said[Answered] / _seconds(lambda: _drain(drainer))
            print(f"{there:,} answers", file=sys.stderr, flush=True)
        looks = {by: [_seconds(lambda by=by: _results_page(engine, by)) for _ in range(LOOKS)] for by in ("", "residence")}
        rows.append({"answers": there, "intake": rate, "page_ms": {by: 1000 * median(took) for by, took in looks.items()}})
    return rows


def _drain(drainer: Drainer) -> None:
    while drainer.step(block=1):
        pass


def _results_page(engine: Engine, by: str) -> None:
    """Every query of a staff page, and the sums made of them."""
    with reading(engine) as session:
        results.stamp(session)
        poll = publication.newest(session, "demo")
        assert poll is not None
        results.results(session, poll, [by] if by else [])


def _cost(words: tuple[str, ...], url: str, home: str) -> tuple[float, float]:
    """(seconds, MiB at its largest) of one command of ours, in a process of its own."""
    started = time.perf_counter()
    command = subprocess.Popen(
        palabre(*words[1:]),
        env={**os.environ, "PALABRE_DATABASE_URL": url, "PALABRE_DATA_DIR": home},
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(command.pid, 0)
    if status:
        sys.exit(f"bench: '{' '.join(words)}' found something wrong")
    return time.perf_counter() - started, used.ru_maxrss / 1024


def _seconds(does: Callable[[], None]) -> float:
    started = time.perf_counter()
    does()
    return time.perf_counter() - started


def table(rows: list[dict[str, Any]]) -> list[str]:
    """The rows as lines."""
    lines = ["", f"{'PostgreSQL':<40}{'answers/s':>9}{'page ms':>9}{'by=residence':>14}   target: 5,000, flat; < 50 ms, flat"]
    for row in rows:
        plain, broken_down = row["page_ms"].values()
        lines.append(f"{row['answers']:>12,} answers{'':<20}{row['intake']:>9,.0f}{plain:>9.1f}{broken_down:>14.1f}")
    for words in map(" ".join, VERIFY):
        seconds, mib = rows[-1][words]
        lines.append(f"{words:<40}{seconds:>8.1f}s{mib:>6.0f} MiB   target: < 60 s, < 500 MB")
    return lines
