"""Small jobs of the clock that put back what a lost Redis or a cut line left undone. Each may run at any time, and again."""

from workers import erasure, publication, settings
from workers.database.session import open_engine
from workers.relay import connect


def announce_catalogue() -> None:
    """Says again which catalogue is in force: a publication whose announcement was lost, or a Redis that was wiped."""
    conf = settings.load()
    engine = open_engine(conf.database_url)
    publication.announce(engine, connect(conf.redis_url))
    engine.dispose()


def sweep_traces() -> None:
    """Takes out what is left of those who erased themselves: well within a minute."""
    conf = settings.load()
    engine = open_engine(conf.database_url)
    erasure.sweep(engine, connect(conf.redis_url))
    engine.dispose()
