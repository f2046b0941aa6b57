"""Releases: prepared by one person, approved by another, read by everybody, never changed.

The only way to a public or exported figure (rule 24): whoever shows one asks here, and never results or tallies.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from flows.poll import Poll
from workers.database.models import Release
from workers.figures import tables
from workers.figures.drafting import Draft, draft
from workers.figures.grain import Above
from workers.publication import next_catalogue


class Published(Struct, frozen=True):
    """A release, or one that waits for its second person: then nobody approved it.

    content: as in the contract, and `release`, `grain` and `notes` (French sentences); digest: of the content;
    waiting: answers that it left out; lost: figures of the release before that it hides.
    """

    number: int
    content: dict[str, Any]
    digest: str
    prepared_by: str
    prepared_at: datetime
    approved_by: str
    approved_at: datetime | None
    waiting: int
    lost: int


class Overtaken(Exception):
    """Somebody released meanwhile, or prepared anew: what was looked at is no longer what would be published."""


class SamePerson(Exception):
    """Publication takes two people."""


def next_draft(session: Session, poll: Poll, above: Above) -> Draft:
    """The next release of a poll, audited together with all that there are. Takes seconds: not within a write.

    Raises:
        NothingToRelease: when there are fewer than ten people to speak of.
        TooHard: when not even the totals can be audited.
    """
    kept = session.scalars(select(Release.kept).where(*_approved(poll.slug)).order_by(Release.number))
    return draft(session, poll, [tables.from_json(one) for one in kept], above)


def prepare(session: Session, made: Draft, by: str) -> None:
    """Puts a draft before a second person, in place of one that waits.

    Raises:
        Overtaken: when the poll has another release since the draft was made.
    """
    _add(session, made, by, approved_by=None)


def publish(session: Session, made: Draft, by: str) -> None:
    """Releases a draft at once: for whoever runs the installation.

    Raises:
        Overtaken: when the poll has another release since the draft was made.
    """
    _add(session, made, by, approved_by=by)
    next_catalogue(session)  # phones read it too


def approve(session: Session, slug: str, digest: str, by: str) -> None:
    """Releases what waits, if it is what the second person has read.

    Raises:
        SamePerson: when they prepared it themselves.
        Overtaken: when it is not, or no longer, what waits.
    """
    if session.scalar(select(Release.prepared_by).where(*_waiting(slug), Release.digest == digest)) == by:
        raise SamePerson
    done = session.execute(
        update(Release)
        .where(*_waiting(slug), Release.digest == digest, Release.prepared_by != by)
        .values(approved_by=by, approved_at=datetime.now(UTC))
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise Overtaken
    next_catalogue(session)  # phones read it too


def last(session: Session, slug: str) -> Published | None:
    """The newest release of a poll."""
    return _one(session, select(Release).where(*_approved(slug)).order_by(Release.number.desc()).limit(1))


def numbered(session: Session, slug: str, number: int) -> Published | None:
    """A release of a poll."""
    return _one(session, select(Release).where(*_approved(slug), Release.number == number))


def waiting(session: Session, slug: str) -> Published | None:
    """What was prepared and waits for a second person."""
    return _one(session, select(Release).where(*_waiting(slug)))


def dates(session: Session, slug: str) -> list[tuple[int, datetime]]:
    """The number and the day of every release of a poll, newest first."""
    rows = session.execute(select(Release.number, Release.approved_at).where(*_approved(slug)).order_by(Release.number.desc()))
    return [(number, at) for number, at in rows if at]


def newest(session: Session) -> dict[str, datetime]:
    """The polls that have a release, with the day of the last."""
    rows = session.execute(
        select(Release.poll, func.max(Release.approved_at)).where(Release.approved_at.is_not(None)).group_by(Release.poll)
    )
    return {slug: at for slug, at in rows if at}


def broken_down(content: dict[str, Any]) -> list[str]:
    """The break-downs of a release: `cercle`, `sex`, `cercle,sex`."""
    return list(dict.fromkeys(key for question in content["questions"] for key in question.get("by", {})))


def only_by(content: dict[str, Any], by: tuple[str, ...]) -> dict[str, Any] | None:
    """The release with one of its break-downs, or with none; None where it has not that one."""
    published = {tuple(sorted(key.split(","))): key for key in broken_down(content)}
    key = published.get(tuple(sorted(by)), "")
    if by and not key:
        return None
    return {**content, "questions": [_only_by(question, key, ",".join(by)) for question in content["questions"]]}


def counted(content: dict[str, Any]) -> tuple[int, int]:
    """How many figures a release shows, and how many it hides; means and medians apart."""
    rows = [row for one in content["questions"] for row in (one, *(row for rows in one.get("by", {}).values() for row in rows))]
    figures = [content["respondents"], *(row[name] for row in rows for name in ("answered", "skipped"))]
    for row in rows:
        choices = row.get("choices", {})
        figures += choices.values() if isinstance(choices, dict) else [choice["count"] for choice in choices]
    hidden = figures.count(None)
    return len(figures) - hidden, hidden


def _only_by(question: dict[str, Any], key: str, asked: str) -> dict[str, Any]:
    left = {name: value for name, value in question.items() if name != "by"}
    rows = question.get("by", {}).get(key)
    if rows is None:
        return left
    turned = [row if asked == key else {**row, "value": row["value"][::-1]} for row in rows]
    return {**left, "by": {asked: turned}}


def _approved(slug: str) -> tuple[ColumnElement[bool], ...]:
    return Release.poll == slug, Release.approved_at.is_not(None)


def _waiting(slug: str) -> tuple[ColumnElement[bool], ...]:
    return Release.poll == slug, Release.approved_at.is_(None)


def _add(session: Session, made: Draft, by: str, approved_by: str | None) -> None:
    before = session.scalar(select(func.max(Release.number)).where(*_approved(made.poll))) or 0
    if made.number != before + 1:
        raise Overtaken
    session.execute(delete(Release).where(*_waiting(made.poll)))
    content, now = json.dumps(made.content, ensure_ascii=False), datetime.now(UTC)
    session.add(
        Release(
            poll=made.poll,
            number=made.number,
            content=content,
            kept=tables.to_json(made.kept),
            digest=hashlib.sha256(content.encode()).hexdigest(),
            prepared_by=by,
            prepared_at=now,
            approved_by=approved_by,
            approved_at=now if approved_by else None,
        )
    )
    try:
        session.flush()
    except IntegrityError as taken:
        raise Overtaken from taken


def _one(session: Session, wanted: Select[Any]) -> Published | None:
    row = session.scalars(wanted).first()
    if row is None:
        return None
    kept = tables.from_json(row.kept)
    return Published(
        row.number,
        json.loads(row.content),
        row.digest,
        row.prepared_by,
        row.prepared_at,
        row.approved_by or "",
        row.approved_at,
        kept.waiting,
        kept.lost,
    )
