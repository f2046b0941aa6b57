"""`make chaos`: each scenario on an installation of its own, one after the other; a table; exit 1 where something broke."""

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import NamedTuple

from tests.chaos.scenarios import FULL, QUICK, SCENARIOS, Scale, Scenario
from tests.chaos.trial import NotRun


class Row(NamedTuple):
    """One line of the table."""

    name: str
    outcome: str
    seconds: float
    remark: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer people and shorter outages")
    parser.add_argument("--only", default="", metavar="WORD", help="scenarios with this in their names")
    chosen = parser.parse_args()
    rows = []
    for name, scenario in SCENARIOS.items():
        if chosen.only in name:
            rows.append(_tried(name, scenario, QUICK if chosen.quick else FULL))
            print(_line(rows[-1]), file=sys.stderr, flush=True)
    print("\n".join(["", *map(_line, rows)]))
    return int(any(row.outcome == "BROKEN" for row in rows))


def _tried(name: str, scenario: Scenario, scale: Scale) -> Row:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="palabre-chaos-", ignore_cleanup_errors=True) as home:
        try:
            outcome, remark = "held", scenario(Path(home), scale)
        except NotRun as why:
            outcome, remark = "not run", str(why)
        except Exception as why:  # whatever it is, the next scenario is to be tried too
            traceback.print_exc()
            outcome, remark = "BROKEN", " ".join(str(why).split())[:300] or type(why).__name__
    return Row(name, outcome, time.monotonic() - begun, remark)


def _line(row: Row) -> str:
    return f"{row.name:<60}{row.outcome:<9}{row.seconds:>5.0f} s   {row.remark}"


sys.exit(main())
