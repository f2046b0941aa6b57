"""`make bench`: how fast the gateway is beside bare Flask, how long a phone waits, how fast the intake, the sender and the engine are.

What is compared is measured in turns, round after round, so that a busy machine slows all of it alike; medians are shown.
"""

import argparse
import contextlib
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from tests.bench import conversations, engine, intake, outgoing, stand
from tests.bench import figures as growing
from tests.bench.conversations import Hop, Message
from tests.bench.load import Load, Measured

CONNECTIONS = 64
OPEN_CONNECTIONS = 256
OPEN_RATE = 1300
"""Turns a second at which the 99th percentile is taken."""

STATIC, FLASK, ALWAYS, EVERYSEC = "static", "bare Flask", "USSD turn, appendfsync always", "USSD turn, appendfsync everysec"
TEXT = "SMS in, appendfsync always"
_HOPS = conversations.played(conversations.demo_catalogue())
"""The last one's reply is an END, which only a gateway knows."""
_MESSAGES = conversations.texted(conversations.demo_catalogue())

LEAST_HEADROOM = 3
"""A generator that does less than this many times bare Flask measures itself (rule 31)."""


class Plan(NamedTuple):
    """How long it may take."""

    rounds: int
    seconds: float
    open_seconds: float
    answers: int
    messages: int
    sizes: tuple[int, ...]


FULL = Plan(5, 4, 20, 40_000, 5_000, (10_000, 100_000, 1_000_000))
QUICK = Plan(3, 1, 5, 8_000, 1_000, (10_000, 50_000))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a minute or so, and rougher figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    chosen = parser.parse_args()
    plan = QUICK if chosen.quick else FULL
    figures: dict[str, Any] = {"machine": _machine(), "plan": plan._asdict()}
    figures["closed loop"] = _closed_loop(plan)
    figures["open loop"] = _open_loop(plan)
    figures["intake"] = intake.measure(plan.answers)
    figures["messages out"] = outgoing.measure(plan.messages)
    figures["advance"] = engine.measure()
    figures["figures"] = growing.measure(plan.sizes)
    print(_table(figures))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _closed_loop(plan: Plan) -> dict[str, Any]:
    """Every target, one after the other, round after round."""
    with contextlib.ExitStack() as opened:
        loads = {name: opened.enter_context(_load(name)) for name in (STATIC, FLASK, ALWAYS, EVERYSEC, TEXT)}
        for load in loads.values():
            load.closed(1)
        rounds: list[dict[str, Measured]] = []
        for number in range(plan.rounds):
            _say(f"round {number + 1} of {plan.rounds}")
            rounds.append({name: load.closed(plan.seconds) for name, load in loads.items()})
    return {name: _medians([one[name] for one in rounds], [one[FLASK].rate for one in rounds]) for name in loads}


@contextlib.contextmanager
def _load(name: str) -> Iterator[Load]:
    """A server and the load for it; the gateway's lanes are counted at the end."""
    if name in (STATIC, FLASK):
        with (
            stand.wsgi("static" if name == STATIC else "bare_flask") as port,
            _connected(port, CONNECTIONS, _HOPS[:-1]) as load,
        ):
            yield load
        return
    script = _MESSAGES if name == TEXT else _HOPS
    with stand.gateway(name.rpartition(" ")[2]) as gateway, _connected(gateway.port, CONNECTIONS, script) as load:
        yield load
        _refuse_lost_events(gateway, load)


@contextlib.contextmanager
def _connected(port: int, connections: int, script: list[Hop] | list[Message]) -> Iterator[Load]:
    of_each = 90_000_000 // connections
    load = Load(port, [conversations.phones(script, first=10_000_000 + line * of_each) for line in range(connections)])
    try:
        yield load
    finally:
        load.close()


def _refuse_lost_events(gateway: stand.Palabre, load: Load) -> None:
    there = gateway.events()
    if there != load.events:
        sys.exit(f"bench: the replies imply {load.events} events and the lanes took {there}: these were no new turns")


def _medians(runs: list[Measured], flask: list[float]) -> dict[str, float]:
    return {
        "per_second": median(run.rate for run in runs),
        "p50_ms": median(run.milliseconds(50) for run in runs),
        "p99_ms": median(run.milliseconds(99) for run in runs),
        "to_flask": median(run.rate / beside for run, beside in zip(runs, flask, strict=True)),
        "generator_busy": median(run.busy for run in runs),
    }


def _open_loop(plan: Plan) -> dict[str, Any]:
    """Latency at a fixed rate while the intake drains the lanes into SQLite."""
    _say(f"{OPEN_RATE} turns a second")
    with stand.gateway("always", intake=True) as gateway, _connected(gateway.port, OPEN_CONNECTIONS, _HOPS) as load:
        load.open(OPEN_RATE, 3)
        run = load.open(OPEN_RATE, plan.open_seconds)
        behind = gateway.events() - intake.taken(gateway.database_url)
        _refuse_lost_events(gateway, load)
    if behind >= load.events:
        sys.exit("bench: the intake took in nothing")
    return {
        "per_second": run.rate,
        "p50_ms": run.milliseconds(50),
        "p99_ms": run.milliseconds(99),
        "max_ms": run.milliseconds(100),
        "events_per_second": run.events / run.seconds,
        "intake_behind": behind,
    }


def _table(figures: dict[str, Any]) -> str:
    closed, late = figures["closed loop"], figures["open loop"]
    lines = ["", figures["machine"], ""]
    lines.append(
        f"{f'as fast as {CONNECTIONS} connections can':<40}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'to Flask':>10}   target"
    )
    for name, row in closed.items():
        target = {ALWAYS: "0.70", EVERYSEC: "1.00", STATIC: f"{LEAST_HEADROOM}.00", TEXT: "0.8 of the turn"}.get(name, "")
        lines.append(
            f"{name:<40}{row['per_second']:>9,.0f}{row['p50_ms']:>9.2f}{row['p99_ms']:>9.2f}{row['to_flask']:>10.2f}   {target}"
        )
    lines += [
        "",
        f"{f'{OPEN_RATE:,} turns/s, intake draining':<40}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>10}   target",
    ]
    lines.append(
        f"{'USSD turn, appendfsync always':<40}{late['per_second']:>9,.0f}{late['p50_ms']:>9.2f}{late['p99_ms']:>9.2f}"
        f"{late['max_ms']:>10.2f}   p99 < 100"
    )
    lines.append(
        f"  {late['events_per_second']:,.0f} events/s; the intake was {late['intake_behind']:,} events behind at the end"
    )
    lines += ["", f"{'intake':<40}{'answers/s':>9}{'events/s':>9}{'MiB before':>12}{'after':>7}   target"]
    for name, row in figures["intake"].items():
        target = "5,000 answers/s" if name == "PostgreSQL" else ""
        lines.append(
            f"{name:<40}{row['answers_per_second']:>9,.0f}{row['events_per_second']:>9,.0f}"
            f"{row['mib_before']:>12.0f}{row['mib_after']:>7.0f}   {target}"
        )
    lines += ["", f"{'advance()':<40}{'µs':>9}   target"]
    lines += [f"{name:<40}{microseconds:>9.1f}   < 60" for name, microseconds in figures["advance"].items()]
    lines += outgoing.table(figures["messages out"])
    lines += growing.table(figures["figures"])
    headroom = closed[STATIC]["to_flask"]
    if headroom < LEAST_HEADROOM:
        limit = "the generator" if closed[STATIC]["generator_busy"] > 0.9 else "the server or the machine"
        lines += [
            "",
            f"!!! THE RATIOS SAY NOTHING: static is {headroom:.1f} x bare Flask, not {LEAST_HEADROOM}; the limit is {limit}",
        ]
    return "\n".join(lines)


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.release()}"


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


main()
