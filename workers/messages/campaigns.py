"""Campaigns: written by one, approved by another.

What they say is `wording.py`'s, whom they go to `audience.py`'s; `starting.py` puts their messages into
the outbox, `holding.py` holds them.

draft → approved → running ⇄ paused → done; cancelled from any but done.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from flows.phrases import Phrases
from flows.poll import STRATUM_NAMES, Poll
from workers import publication
from workers.channels.base import Channel
from workers.database.models import Campaign
from workers.messages import wording
from workers.messages.audience import Audience
from workers.messages.wording import Refused

MOST_HOURS = 14 * 24
SOON = timedelta(days=366)
"""How far from now a campaign may start: another year is a slip."""

LISTED = 100
IDLE_HOURS = 24
"""How long somebody who stopped half-way is left alone before a reminder."""

Row = Campaign


class Plan(Struct, frozen=True):
    """What a campaign is to be: `texts` by language, `poll` the one whose code or keyword stands in them."""

    name: str
    texts: dict[str, str]
    audience: Audience
    starts_at: datetime
    hours: int
    poll: str = ""


def write(session: Session, plan: Plan, by: str, channels: Sequence[Channel], phrases: Phrases, number: int = 0) -> int:
    """Keeps a draft, or changes the one that has this number; returns its number.

    Raises:
        Refused: what `check` says, or `state`: it is no draft any more.
    """
    plan = replace(plan, name=plan.name.strip()[:80], texts=wording.complete(plan.texts, phrases))
    check(session, plan, channels)
    values = {
        "name": plan.name,
        "poll": plan.poll,
        "texts": json.dumps(plan.texts, ensure_ascii=False),
        "audience": msgspec.json.encode(plan.audience).decode(),
        "starts_at": plan.starts_at,
        "hours": plan.hours,
        "written_by": by,
        "written_at": datetime.now(UTC),
    }
    if number:
        move(session, number, ("draft",), **values)
        return number
    row = Row(state="draft", **values)
    session.add(row)
    session.flush()
    return row.id


def check(session: Session, plan: Plan, channels: Sequence[Channel]) -> None:
    """Holds a plan, its texts completed, to what a campaign may be.

    Raises:
        Refused: no_name, hours, no_channel, unknown_poll, discreet, unknown_stratum, quotas, or what `wording.check` says.
    """
    audience = plan.audience
    if not plan.name:
        raise Refused("no_name")
    if not 1 <= plan.hours <= MOST_HOURS:
        raise Refused("hours", str(MOST_HOURS))
    check_start(plan.starts_at)
    if unknown := set(audience.channels) - {channel.name for channel in channels}:
        raise Refused("no_channel", min(unknown))
    if audience.state and not audience.poll:
        raise Refused("unknown_poll")
    asked = poll(session, audience.poll)
    if audience.state and asked is not None and asked.discreet:
        raise Refused("discreet", audience.poll)
    for name in (*audience.strata, *([audience.by] if audience.by else [])):
        if name not in STRATUM_NAMES:
            raise Refused("unknown_stratum", name)
    if min((audience.sample, audience.idle_hours, *audience.quotas.values())) < 0 or (audience.quotas and not audience.by):
        raise Refused("quotas")
    wording.check(plan.texts, poll(session, plan.poll), spoken_on(audience, channels))


def check_start(moment: datetime) -> None:
    """Holds a start to the year around now.

    Raises:
        Refused: starts.
    """
    if not -SOON <= moment - datetime.now(UTC) <= SOON:
        raise Refused("starts")


def spoken_on(audience: Audience, channels: Sequence[Channel]) -> list[Channel]:
    """The channels by which the audience is written to."""
    return [channel for channel in channels if not audience.channels or channel.name in audience.channels]


def reminder(session: Session, slug: str, organisation: str, phrases: Phrases, now: datetime) -> Plan:
    """The one reminder to those who stopped half-way: it does not say that they began, since phones are shared.

    Raises:
        Refused: unknown_poll, or discreet.
    """
    asked = poll(session, slug)
    if asked is None:
        raise Refused("unknown_poll", slug)
    if asked.discreet:
        raise Refused("discreet", slug)
    texts = {
        language: phrases.say(
            language, "remind", organisation=organisation, title=asked.text(asked.title, language), code="{ways}"
        )
        for language in phrases.everywhere("remind")
        if language in asked.whole_languages or language == "fr"
    }
    name = f"Relance: {asked.text(asked.title, 'fr')}"
    audience = Audience(poll=slug, state="halfway", idle_hours=IDLE_HOURS)
    return Plan(name, texts, audience, now.replace(second=0, microsecond=0), 8, slug)


def approve(session: Session, number: int, digest: str, by: str, channels: Sequence[Channel]) -> None:
    """Lets it go out as it was read, at its hour.

    Args:
        session: a writing one.
        number: whose.
        digest: of the plan that was read (`digest_of`).
        by: who approves; not who wrote it.
        channels: those that there are now.

    Raises:
        Refused: overtaken: it was written anew meanwhile; same_person; state; or what `check` says by now.
    """
    row = get(session, number)
    if row.state != "draft":
        raise Refused("state", row.state)
    if row.written_by == by:
        raise Refused("same_person")
    if digest_of(plan_of(row)) != digest:
        raise Refused("overtaken")
    check(session, plan_of(row), channels)
    move(session, number, ("draft",), state="approved", approved_by=by, approved_at=datetime.now(UTC))


def get(session: Session, number: int) -> Row:
    """One of them.

    Raises:
        Refused: unknown.
    """
    row = session.get(Row, number) if number < 2**31 else None
    if row is None:
        raise Refused("unknown", str(number))
    return row


def listed(session: Session) -> list[Row]:
    """The newest, the newest first."""
    return list(session.scalars(select(Row).order_by(Row.id.desc()).limit(LISTED)))


def plan_of(row: Row) -> Plan:
    """What it is to be, read back."""
    audience = msgspec.json.decode(row.audience, type=Audience)
    return Plan(row.name, json.loads(row.texts), audience, utc(row.starts_at), row.hours, row.poll)


def digest_of(plan: Plan) -> str:
    """By which a plan is known to be the one that was read."""
    return hashlib.sha256(msgspec.json.encode(plan)).hexdigest()


def read_quotas(written: str) -> dict[str, int]:
    """`kayes=50, kita=30`, as it is written in a form or a command.

    Raises:
        Refused: quotas.
    """
    quotas = {}
    for one in filter(None, (part.strip() for part in written.split(","))):
        found = re.fullmatch(r"([\w-]+)\s*=\s*([0-9]{1,7})", one)
        if not found:
            raise Refused("quotas", one)
        quotas[found[1]] = int(found[2])
    return quotas


def key_of(number: int, audience: Audience) -> str:
    """What the keys of its messages begin with, before the contact: nobody gets it twice, nor a second reminder of a poll."""
    if audience.state == "halfway":
        return f"reminder:{hashlib.sha256(audience.poll.encode()).hexdigest()[:16]}:"
    return f"campaign:{number}:"


def poll(session: Session, slug: str) -> Poll | None:
    """A poll by its slug; None where no poll is meant.

    Raises:
        Refused: unknown_poll.
    """
    found = publication.newest(session, slug) if slug else None
    if slug and found is None:
        raise Refused("unknown_poll", slug)
    return found


def paused_places(row: Row) -> list[str]:
    """The cercles for which it waits."""
    return list(json.loads(row.paused))


def move(session: Session, number: int, of: Sequence[str], **values: object) -> Row:
    """Changes it where it is in one of these states, and keeps others from it until the transaction ends.

    Raises:
        Refused: unknown; state: it is in another one.
    """
    moved = session.execute(update(Row).where(Row.id == number, Row.state.in_(of)).values(**{"id": number, **values}))
    row = get(session, number)
    if not moved.rowcount:  # type: ignore[attr-defined]
        raise Refused("state", row.state)
    session.refresh(row)
    return row


def utc(moment: datetime) -> datetime:
    """A moment as the database gives it back: SQLite without its zone, which is UTC, PostgreSQL in the zone of its server."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
