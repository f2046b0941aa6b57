"""What goes into a backup, and where it is brought back to; a provider to send to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine

from tests import aggregator as providers
from tests import records
from tests.aggregator import Aggregator
from workers.database.session import bring_to, open_engine


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "palabre.zip"


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(redis_url) as made:
        yield made


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    """Where to restore to."""
    made = open_engine(empty_url)
    yield made
    made.dispose()


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Engine]:
    """A database with the polls that the records speak of; it need not be the kind that is restored to."""
    made = open_engine(f"sqlite:///{tmp_path / 'source.db'}")
    with made.begin() as connection:
        bring_to(connection)
    records.publish_all(made)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def aggregator() -> Iterator[Aggregator]:
    """A provider's address; each test says what it answers."""
    with providers.serving() as made:
        yield made
