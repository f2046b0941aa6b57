"""How many messages a second leave through one sender, to a local server that speaks Africa's Talking's protocol."""

import tempfile
import time
from pathlib import Path

import redis

from tests import servers
from tests.bench import stand
from tests.outgoing import VAULT, column, know, queue
from workers.channels.africastalking import AfricasTalking
from workers.channels.base import Channel
from workers.database.session import open_engine, upgrade
from workers.messages.pace import Pace
from workers.messages.sending import Sender

TARGET = 200


def measure(messages: int) -> dict[str, float]:
    """Messages of a campaign a second, on both databases."""
    with tempfile.TemporaryDirectory(prefix="palabre-") as home, servers.valkey(Path(home), "everysec") as redis_url:
        postgres = servers.Postgres(Path(home) / "postgres")
        try:
            sqlite = f"sqlite:///{home}/palabre.db"
            upgrade(sqlite)
            with stand.wsgi("messaging") as port:
                urls = (("PostgreSQL", postgres.fresh()), ("SQLite", sqlite))
                return {name: _sent_a_second(url, redis_url, port, messages) for name, url in urls}
        finally:
            postgres.stop()


def _sent_a_second(database_url: str, redis_url: str, port: int, messages: int) -> float:
    address = f"http://127.0.0.1:{port}"
    channel = Channel(name="demo", provider="africastalking", token="demo", base_url=address, rate=100_000)
    engine = open_engine(database_url)
    sender = Sender(engine, Pace(redis.Redis.from_url(redis_url)), lambda: VAULT, {"demo": AfricasTalking(channel)})
    know(engine)
    queue(engine, *(str(number) for number in range(messages)), kind="campaign")
    started = time.perf_counter()
    while sender.work() or not sender.is_idle():
        pass
    seconds = time.perf_counter() - started
    if set(column(engine)) != {"sent"}:
        raise AssertionError("not every message was sent")
    engine.dispose()
    return messages / seconds


def table(rows: dict[str, float]) -> list[str]:
    """The rows as text."""
    lines = ["", f"{'messages out, one sender':<40}{'sent/s':>9}   target"]
    return lines + [f"{name:<40}{rate:>9,.0f}   {TARGET}/s" for name, rate in rows.items()]
