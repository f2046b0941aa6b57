"""The lanes as the intake left them: what still lies there that the database has. For sweeping and trimming, never counting."""

import secrets
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import MsgspecError
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows import events
from flows.events import Record
from workers.database.models import Lane
from workers.dialogs import lane_key

EPOCH = "palabre:epoch"
ENTRIES_AT_ONCE = 1000


class Lying(NamedTuple):
    """One entry of a lane that was taken in."""

    number: int
    record: Record


def epoch_of(client: Any) -> str:
    """The server's run and a mark in it: a restart, a roll-back and a wipe each begin another epoch."""
    pipeline = client.pipeline(transaction=False)
    _, mark, server = pipeline.set(EPOCH, secrets.token_hex(8), nx=True).get(EPOCH).info("server").execute()
    return f"{server['run_id']}.{mark.decode()}"


def offsets(session: Session, client: Any) -> dict[int, int]:
    """How far each lane was taken in, of those that were read since the server's last start."""
    rows = session.execute(select(Lane.lane, Lane.last).where(Lane.epoch == epoch_of(client)).order_by(Lane.lane))
    return {row.lane: row.last for row in rows}


def taken_in(client: Any, lane: int, last: int) -> Iterator[Lying]:
    """What lies in the lane up to its offset, oldest first, without what cannot be read: that is a dead letter too."""
    start = "-"
    while entries := client.xrange(lane_key(lane), start, f"{last}-9", ENTRIES_AT_ONCE):
        for name, fields in entries:
            try:
                yield Lying(int(name.split(b"-")[0]), events.from_bytes(fields.get(b"e", b"")))
            except (MsgspecError, UnicodeDecodeError):
                continue
        start = f"({entries[-1][0].decode()}"
