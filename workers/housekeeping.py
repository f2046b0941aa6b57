"""Small jobs of the clock that put back what a lost Redis or a cut line left undone. Each may run at any time, and again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from workers import erasure, publication, retention, settings
from workers.database.session import open_engine
from workers.dialogs import Dialogs
from workers.messages import parts, starting
from workers.relay import connect


def announce_catalogue() -> None:
    """Says again which catalogue is in force: a publication whose announcement was lost, or a Redis that was wiped."""
    with _behind() as (engine, client):
        publication.announce(engine, client)


def sweep_traces() -> None:
    """Takes out what is left of those who erased themselves: well within a minute."""
    with _behind() as (engine, client):
        erasure.sweep(engine, client)


def hand_on_parts() -> None:
    """Gives to staff what of a longer SMS did not become whole."""
    conf = settings.load()
    with _behind() as (_, client):
        parts.hand_on(client, Dialogs(conf.redis_url), conf.distress_words)


def start_campaigns() -> None:
    """Puts the messages of campaigns whose hour has come into the outbox."""
    with _behind() as (engine, client):
        starting.start_due(engine, client, settings.load().channels)


def end_terms() -> None:
    """Ends what is kept for a time only, once the clock can be trusted to say so."""
    with _behind() as (engine, client):
        now = datetime.now(UTC)
        retention.note_night(client, now)
        if retention.is_clock_trusted(client, now):
            retention.end(engine, client, now)


@contextmanager
def _behind() -> Iterator[tuple[Engine, Any]]:
    """What a job works on: made after the fork, closed when it ends (rule 13)."""
    conf = settings.load()
    engine, client = open_engine(conf.database_url), connect(conf.redis_url)
    try:
        yield engine, client
    finally:
        client.close()
        engine.dispose()
