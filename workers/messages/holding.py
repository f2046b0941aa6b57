"""Campaigns that wait: paused whole or for one cercle, resumed, cancelled; and when each message is due."""

import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, func, literal, select, update
from sqlalchemy.orm import Session

from workers.channels.base import Channel
from workers.database.models import Campaign, Message
from workers.messages import audience
from workers.messages.campaigns import get, key_of, move, paused_places, plan_of, utc
from workers.messages.wording import Refused

_CAN_WAIT = ("approved", "running", "paused")


def pause(session: Session, number: int, channels: Sequence[Channel], cercle: str | None = None) -> None:
    """Holds what it has not sent yet: all of it, or what goes to one cercle, and what will be queued for it.

    Raises:
        Refused: state: where there is nothing to hold; no_place: nothing of it goes there, and `what` names where it does.
    """
    if cercle is None:
        move(session, number, ("running",), state="paused")
    else:
        row = move(session, number, _CAN_WAIT)
        if cercle not in (there := places(session, row, channels)):
            raise Refused("no_place", ", ".join(there))
        row.paused = json.dumps(sorted({*paused_places(row), cercle}))
    _hold(session, number)


def resume(session: Session, number: int, cercle: str | None = None) -> None:
    """Lets go what was held: for one cercle, or for all but those that were paused by themselves; the overdue is spread anew.

    Raises:
        Refused: state: where nothing is paused; held_alone: only the cercles that `what` names are.
    """
    row = move(session, number, _CAN_WAIT)
    paused = paused_places(row)
    if cercle in paused:
        row.paused = json.dumps([one for one in paused if one != cercle])
    elif cercle is None and row.state == "paused":
        row.state = "running"
    else:
        raise Refused("held_alone", ", ".join(paused)) if paused else Refused("state", row.state)
    _hold(session, number)


def cancel(session: Session, number: int) -> int:
    """Ends it; what is queued will not be sent. Returns how many messages that were. A reminder that nobody got may come again.

    Raises:
        Refused: state: it is done or cancelled.
    """
    move(session, number, ("draft", "approved", "running", "paused"), state="cancelled")
    queued = (Message.campaign == number, Message.state == "queued")
    unsent = {"key": literal("cancelled:") + func.cast(Message.id, Message.key.type)}
    now = {"state": "cancelled", "moved_at": datetime.now(UTC)}
    ended = session.execute(update(Message).where(*queued).values(**now, **unsent))
    return int(ended.rowcount)  # type: ignore[attr-defined]


def spread(begins: datetime, ends: datetime, key: str) -> datetime:
    """A moment between the two for one message: the same however often it is asked for, and all of them evenly apart."""
    return begins + (ends - begins) * (zlib.crc32(key.encode()) / 2**32)


def places(session: Session, row: Campaign, channels: Sequence[Channel]) -> list[str]:
    """The cercles to which its messages go; while they are not all queued, those of its audience too."""
    of_messages = select(Message.place).where(Message.campaign == row.id).distinct()
    found = set(session.scalars(of_messages))
    if row.state in _CAN_WAIT and not row.queued_at:
        whom, names = plan_of(row).audience, [channel.name for channel in channels]
        found |= {*audience.broken_down(session, whom, names, key_of(row.id, whom), "cercle")}
    return sorted(found - {""})


def is_held(row: Campaign, cercle: str) -> bool:
    """Whether a message of it to this cercle waits."""
    return row.state == "paused" or cercle in paused_places(row)


def _hold(session: Session, number: int) -> None:
    """Brings `held` of what is queued in line with what is paused."""
    row = get(session, number)
    session.flush()
    queued = (Message.campaign == number, Message.state == "queued")
    paused = Message.place.in_(paused_places(row))
    wanted = paused if row.state != "paused" else literal(True)
    session.execute(update(Message).where(*queued, wanted).values(held=True))
    if row.state != "paused":
        _spread_anew(session, row)
        session.execute(update(Message).where(*queued, ~paused, Message.held).values(held=False))


def _spread_anew(session: Session, row: Campaign) -> None:
    """What was held and should have gone by now is spread over what is left of the campaign, an hour at least."""
    now = datetime.now(UTC)
    ends = max(utc(row.starts_at) + timedelta(hours=row.hours), now + timedelta(hours=1))
    for some in _overdue(session, row, now):
        moved = [{"which": one, "then": spread(now, ends, str(one))} for one in some]
        later = update(Message).where(Message.id == bindparam("which")).values(due_at=bindparam("then"))
        session.connection().execute(later, moved)


def _overdue(session: Session, row: Campaign, now: datetime) -> Iterator[Sequence[int]]:
    """The ids of what is let go and overdue, some thousands at a time."""
    after = 0
    late = (Message.campaign == row.id, Message.state == "queued", Message.held, Message.due_at < now)
    going = Message.place.not_in(paused_places(row))
    while True:
        ids = select(Message.id).where(*late, going, Message.id > after).order_by(Message.id).limit(5000)
        some = session.scalars(ids).all()
        if not some:
            return
        yield some
        after = some[-1]
