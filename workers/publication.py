"""Polls in the database: publishing one, closing one, and the catalogue that the conversation reads."""

import hashlib
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Engine, func, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from flows.catalogue import Catalogue, Results
from flows.poll import Poll, from_json, to_json
from flows.spelling import normalise
from workers import dialogs
from workers.database.models import CatalogueNumber, PollVersion, Release
from workers.database.session import reading

Standing = Literal["coming", "open", "closed"]

RETRY_SECONDS = 1.0
"""How often a web process whose catalogue is behind asks a database that does not answer."""


def publish(session: Session, poll: Poll) -> Poll:
    """Opens the poll, as a new version where the slug is known and the form changed; the same form again changes nothing.

    Raises:
        ValueError: where a name keeps its place but changes type or choices (rule 23), or another open poll has its dial or
            its keyword.
    """
    versions = {row.number: row for row in _versions(session, poll.slug)}
    last = versions.get(max(versions, default=0))
    digest = hashlib.sha256(to_json(replace(poll, version=""))).hexdigest()
    if last is not None and last.digest == digest and last.is_open:
        return from_json(last.definition)
    for earlier in versions.values():
        _refuse_changed_meaning(from_json(earlier.definition), poll)
    _refuse_what_another_has(session, poll)
    following = max(versions, default=0) + 1
    published = replace(poll, version=str(following))
    session.add(
        PollVersion(
            slug=poll.slug,
            number=following,
            definition=to_json(published).decode(),
            digest=digest,
            is_open=True,
            published_at=datetime.now(UTC),
        )
    )
    session.execute(update(PollVersion).where(PollVersion.slug == poll.slug).values(is_open=True))
    next_catalogue(session)
    return published


def close(session: Session, slug: str) -> bool:
    """Closes every version of the poll; False where there is none, or none open."""
    closed = session.execute(update(PollVersion).where(PollVersion.slug == slug, PollVersion.is_open).values(is_open=False))
    next_catalogue(session)
    return bool(closed.rowcount)  # type: ignore[attr-defined]


def newest(session: Session, slug: str) -> Poll | None:
    """The newest version of a poll, open or closed."""
    row = session.scalars(
        select(PollVersion).where(PollVersion.slug == slug).order_by(PollVersion.number.desc()).limit(1)
    ).first()
    return from_json(row.definition) if row else None


def is_open(session: Session, slug: str) -> bool:
    """Whether the poll was published and not closed by hand; what its days say of it is not asked."""
    return bool(session.scalar(select(PollVersion.is_open).where(PollVersion.slug == slug).limit(1)))


def standing(poll: Poll, is_open: bool, now: float) -> Standing:
    """Whether phones come to the poll at `now`, in seconds since 1970.

    Args:
        poll: its newest version, whose days hold for all.
        is_open: that nobody closed it by hand.
        now: the moment.
    """
    if not is_open or poll.closes_at <= now:
        return "closed"
    return "coming" if now < poll.opens_at else "open"


def strata(session: Session, slug: str) -> dict[str, tuple[str, ...]]:
    """The strata of every version of a poll, by version."""
    return {str(row.number): from_json(row.definition).strata for row in _versions(session, slug)}


def polls(session: Session) -> list[tuple[Poll, bool]]:
    """The newest version of every poll, newest first, with whether it is open."""
    rows = session.scalars(select(PollVersion).order_by(PollVersion.published_at.desc(), PollVersion.number.desc())).all()
    first = {row.slug: row for row in reversed(rows)}
    return [(from_json(row.definition), row.is_open) for row in rows if first[row.slug] is row]


def number(session: Session) -> int:
    """The number of the catalogue, which moves with each publication; 0 before the first."""
    return session.scalar(select(CatalogueNumber.number)) or 0


def read_catalogue(session: Session, blank: Catalogue) -> Catalogue:
    """What can be talked about now: every version of the open polls and the last releases, in a catalogue of no polls."""
    rows = session.scalars(
        select(PollVersion).where(PollVersion.is_open).order_by(PollVersion.published_at.desc(), PollVersion.number.desc())
    ).all()
    versions = tuple(from_json(row.definition) for row in rows)
    newest_of: dict[str, Poll] = {}
    for poll in versions:
        newest_of.setdefault(poll.slug, poll)
    return replace(
        blank, version=str(number(session)), polls=versions, open=tuple(newest_of.values()), results=_results(session)
    )


def _results(session: Session) -> tuple[Results, ...]:
    """What the last release of each poll says to everybody, newest first."""
    newest = select(Release.poll, func.max(Release.number)).where(Release.approved_at.is_not(None)).group_by(Release.poll)
    rows = session.execute(
        select(Release.content, PollVersion.definition)
        .join(PollVersion, PollVersion.slug == Release.poll)
        .where(tuple_(Release.poll, Release.number).in_(newest), _is_newest_version())
        .order_by(Release.approved_at.desc())
    )
    told = ((json.loads(content), from_json(definition)) for content, definition in rows)
    return tuple(Results(poll, said["respondents"], _shares(said)) for said, poll in told if said["respondents"])


def _is_newest_version() -> ColumnElement[bool]:
    other = aliased(PollVersion)
    return PollVersion.number == select(func.max(other.number)).where(other.slug == PollVersion.slug).scalar_subquery()


def _shares(content: dict[str, Any]) -> dict[str, dict[str, float]]:
    """By question and choice; what a release hides is not there."""
    return {
        question["name"]: {one["name"]: one["share"] for one in question.get("choices", ()) if one["share"] is not None}
        for question in content["questions"]
    }


class Shelf:
    """The catalogue as one process holds it: read again when its number moved, the old one kept while it cannot be."""

    def __init__(self, engine: Engine, blank: Callable[[Session], Catalogue]) -> None:
        self._engine, self._blank = engine, blank
        self._catalogue: Catalogue | None = None
        self._number, self._tried = -1, 0.0
        self._lock = threading.Lock()

    def at(self, announced: int) -> Catalogue:
        """The catalogue, at least as new as `announced` where the database lets us.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: when it was never read and the database is away.
        """
        if self._catalogue is not None and (announced <= self._number or time.monotonic() - self._tried < RETRY_SECONDS):
            return self._catalogue
        with self._lock:
            if self._catalogue is None or announced > self._number:
                self._read()
        assert self._catalogue is not None  # noqa: S101 - `_read` raises where there is none
        return self._catalogue

    def _read(self) -> None:
        try:
            with reading(self._engine) as session:
                catalogue = read_catalogue(session, self._blank(session))
        except SQLAlchemyError:
            if self._catalogue is None:
                raise
            self._tried = time.monotonic()
            return
        self._catalogue, self._number = catalogue, int(catalogue.version)


def announce(engine: Engine, client: Any) -> None:
    """Tells the web processes which catalogue is in force; harmless to repeat."""
    with reading(engine) as session:
        dialogs.announce(client, number(session))


def _versions(session: Session, slug: str) -> list[PollVersion]:
    return list(session.scalars(select(PollVersion).where(PollVersion.slug == slug)))


def next_catalogue(session: Session) -> None:
    """Moves the catalogue's number on: what is talked about changed."""
    moved = session.execute(update(CatalogueNumber).values(number=CatalogueNumber.number + 1))
    if not moved.rowcount:  # type: ignore[attr-defined]
        session.add(CatalogueNumber(id=1, number=1))


def _refuse_changed_meaning(old: Poll, new: Poll) -> None:
    for question in new.questions:
        before = old.by_name.get(question.name)
        if before is None:
            continue
        if before.type != question.type:
            raise ValueError(f"question '{question.name}' was {before.type} and is {question.type}: give it another name")
        if [choice.name for choice in before.choices] != [choice.name for choice in question.choices]:
            raise ValueError(f"the choices of '{question.name}' changed: give the question another name")


def _refuse_what_another_has(session: Session, poll: Poll) -> None:
    """No two open polls have one dial or, as people type it, one keyword."""
    for other in (other for other, is_open in polls(session) if is_open and other.slug != poll.slug):
        for name in ("dial", "keyword"):
            ours, theirs = getattr(poll, name), getattr(other, name)
            if ours and normalise(ours) == normalise(theirs):
                title = other.text(other.title, other.default_language)
                raise ValueError(
                    f"{name} {ours} already leads to the open poll '{other.slug}' ({title}): "
                    f"give this one another {name}, or 'palabre poll close {other.slug}' first"
                )
