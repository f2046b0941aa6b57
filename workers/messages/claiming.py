"""What may go out now: due, not held, to somebody who may be written to, by day, within the budget.

All of it is looked at in the transaction that claims the messages, before the provider is called. A message is claimed by a
conditional UPDATE, so two senders never hold the same one.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, func, select, update
from sqlalchemy.orm import Session

from workers.channels.base import Channel
from workers.database.models import Contact, Message
from workers.database.session import writing
from workers.keys.vault import SealedError, Vault
from workers.messages import budget
from workers.messages.outbox import KEY_IS_GONE, KINDS_TO_MANY, SET_ASIDE, TO_MANY, Claimed
from workers.messages.quiet_hours import quiet_until

QUIET = "quiet hours"
"""Why a message waits for the morning."""

LOOKED_AT = 100
"""How many are looked at to find those that may go: at the beginning of the night none of them may."""


class Change(NamedTuple):
    """What becomes of a message that does not go now."""

    state: str
    why: str
    due_at: datetime | None = None


def waiting(session: Session, channel: str, priority: int, now: datetime, at_most: int) -> int:
    """How many of a channel are due, up to `at_most`."""
    found = select(Message.id).where(*is_due(channel, priority, now)).limit(at_most)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def claim(engine: Engine, vault: Vault, channel: Channel, priority: int, now: datetime, at_most: int) -> list[Claimed]:
    """The first that are due and may go, up to `at_most`, now `sending`; what may never go is cancelled, the rest put off."""
    with writing(engine) as session:
        parts_left = budget.left(session, channel, budget.day_of(now)) if priority == TO_MANY else None
        if parts_left == 0:
            return []
        may_go, changes = _sorted(_first(session, channel.name, priority, now), vault, now, at_most)
        for change, messages in changes.items():
            _put_off(session, messages, change, now)
        mine = _take(session, _affordable(may_go, parts_left), now)
        budget.spend(session, budget.total((one.channel, one.day, one.kind, one.parts) for one in mine))
    return mine


def is_due(channel: str, priority: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What is asked of a message whose turn it may be."""
    return (
        *(Message.state == "queued", Message.held.is_(False)),
        *(Message.channel == channel, Message.priority == priority, Message.due_at <= now),
    )


def _first(session: Session, channel: str, priority: int, now: datetime) -> Sequence[Any]:
    columns = (
        *(Message.id, Message.channel, Message.kind, Message.text, Message.parts, Message.tries),
        *(Message.contact, Message.last_word, Message.reference),
        *(Contact.sealed, Contact.stopped, Contact.agreed, Contact.failures),
    )
    first = select(*columns).outerjoin(Contact, Contact.id == Message.contact).where(*is_due(channel, priority, now))
    return session.execute(first.order_by(Message.due_at, Message.id).limit(LOOKED_AT)).all()


def _sorted(rows: Sequence[Any], vault: Vault, now: datetime, at_most: int) -> tuple[list[Claimed], dict[Change, list[int]]]:
    """(the first that may go, what becomes of those before them that may not)."""
    may_go: list[Claimed] = []
    changes: dict[Change, list[int]] = defaultdict(list)
    for row in rows:
        if len(may_go) == at_most:
            break
        phone = _number(row, vault)
        if change := _instead(row, phone, now):
            changes[change].append(row.id)
            continue
        about = (row.text, row.parts, row.tries + 1, row.contact, row.last_word, row.reference)
        may_go.append(Claimed(row.id, row.channel, row.kind, phone, *about, budget.day_of(now)))
    return may_go, changes


def _number(row: Any, vault: Vault) -> str:
    """Empty where no key opens it any more, or nobody is there."""
    try:
        return vault.open(row.sealed) if row.sealed else ""
    except SealedError:
        return ""


def _instead(row: Any, phone: str, now: datetime) -> Change | None:
    """Why this one does not go now; None where it does."""
    if not phone:
        return Change("failed", KEY_IS_GONE)
    if row.stopped and not row.last_word:
        return Change("cancelled", "said STOP")
    if row.kind not in KINDS_TO_MANY:
        return None
    if not row.agreed:
        return Change("cancelled", "agreed to no messages")
    if row.failures >= SET_ASIDE:
        return Change("cancelled", f"set aside: {SET_ASIDE} messages in a row never arrived")
    morning = quiet_until(phone, now)
    return Change("queued", QUIET, morning) if morning else None


def _put_off(session: Session, messages: list[int], change: Change, now: datetime) -> None:
    later = {"due_at": change.due_at} if change.due_at else {}
    still = update(Message).where(Message.id.in_(messages), Message.state == "queued")
    session.execute(still.values(state=change.state, why=change.why, moved_at=now, **later))


def _affordable(messages: list[Claimed], parts: int | None) -> list[Claimed]:
    """The first of them that cost no more than so many parts together."""
    if parts is None:
        return messages
    bought = []
    for message in messages:
        parts -= message.parts
        if parts < 0:
            break
        bought.append(message)
    return bought


def _take(session: Session, messages: list[Claimed], now: datetime) -> list[Claimed]:
    """Those of them that nobody took, held or stopped meanwhile."""
    if not messages:
        return []
    free = update(Message).where(
        Message.id.in_([one.id for one in messages]), Message.state == "queued", Message.held.is_(False)
    )
    taken = free.values(state="sending", moved_at=now, why="", tries=Message.tries + 1).returning(Message.id)
    mine = set(session.scalars(taken))
    return [one for one in messages if one.id in mine]


WAITS_AT_MOST = timedelta(days=21)
"""What is due later than this was made so under a clock that was ahead; a campaign is spread over fourteen days at most."""


def bring_forward(engine: Engine) -> int:
    """What became due under a clock that was years ahead is due now. Returns how many messages that were."""
    now = datetime.now(UTC)
    with writing(engine) as session:
        late = update(Message).where(Message.state == "queued", Message.due_at > now + WAITS_AT_MOST)
        return int(session.execute(late.values(due_at=now)).rowcount)  # type: ignore[attr-defined]
