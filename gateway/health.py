"""The addresses that machines watch: alive, able to serve, and how far intake is behind."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from gateway import current, doors
from gateway.line import ENDED, REFUSED
from gateway.runtime import Runtime
from workers.database.models import DeadLetter, Lane
from workers.database.session import is_current, reading
from workers.dialogs import seq_key
from workers.messages import inbox, outbox
from workers.privacy import LANES

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@doors.public
def alive() -> Response:
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@doors.public
def ready() -> Response:
    """503 with the reason where phones, or the figures, would notice."""
    wrong = [reason for reason in (_redis(current.runtime()), _database(current.runtime())) if reason]
    return Response("\n".join(wrong or ["ok"]) + "\n", status=503 if wrong else 200, mimetype="text/plain")


@blueprint.get("/metrics")
@doors.public
def metrics() -> Response:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Palabre(current.runtime()))
    return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")


def _redis(runtime: Runtime) -> str:
    try:
        full = runtime.pressure.is_high()
    except RedisError:
        return "redis does not answer: phones are asked to call again"
    return "redis is nearly full: new calls are asked to come later" if full else ""


def _database(runtime: Runtime) -> str:
    try:
        return "" if is_current(runtime.engine) else "the database awaits 'palabre db upgrade'"
    except SQLAlchemyError:
        return "the database does not answer: what phones say waits in the lanes"


class _Palabre(Collector):
    """Read when asked, from Redis and the database: nothing is counted on the hot path."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        """What can be known now; a source that is away is told by `palabre_up`."""
        up = GaugeMetricFamily("palabre_up", "Whether it answers", labels=["part"])
        committed: list[int] | None = None
        try:
            client = self._runtime.redis
            committed = [int(number or 0) for number in client.mget(*(seq_key(lane) for lane in range(LANES)))]
            yield _labelled_counter(client, REFUSED, "palabre_hops_refused", "Hops that fitted nothing", "kind")
            yield _labelled_counter(client, ENDED, "palabre_sessions_ended", "USSD sessions, as their provider says", "status")
            yield GaugeMetricFamily("palabre_redis_bytes", "Memory of Redis", client.info("memory")["used_memory"])
            up.add_metric(["redis"], 1)
        except RedisError:
            up.add_metric(["redis"], 0)
        try:
            with reading(self._runtime.engine) as session:
                read = {row.lane: row.last for row in session.execute(select(Lane.lane, Lane.last))}
                waiting = inbox.waiting(session)
                dead = session.scalar(select(func.count()).select_from(DeadLetter)) or 0
                messages = outbox.counts(session)
            yield GaugeMetricFamily("palabre_dead_letters", "Entries that could not be read", dead)
            yield GaugeMetricFamily("palabre_inbox_unread", "Messages that nobody of the staff settled", waiting.unread)
            yield GaugeMetricFamily("palabre_inbox_distress", "Those of them that sound like distress", waiting.distress)
            yield _messages(messages)
            if committed is not None:
                yield from _lag(committed, read)
            up.add_metric(["database"], 1)
        except SQLAlchemyError:
            up.add_metric(["database"], 0)
        yield up


def _lag(committed: list[int], read: dict[int, int]) -> Iterator[Metric]:
    """A lane whose counter stands before the offset was rolled back: all that lies in it will be read again."""
    lag = GaugeMetricFamily("palabre_intake_lag", "Events committed and not yet in the database", labels=["lane"])
    events = CounterMetricFamily("palabre_events", "Events committed", labels=["lane"])
    for lane, number in enumerate(committed):
        last = read.get(lane, 0)
        lag.add_metric([str(lane)], number - last if number >= last else number)
        events.add_metric([str(lane)], number)
    yield lag
    yield events


def _messages(counted: list[outbox.Count]) -> Metric:
    family = GaugeMetricFamily("palabre_messages", "Messages out", labels=["channel", "state"])
    states: Counter[tuple[str, str]] = Counter()
    for one in counted:
        states[one.channel, one.state] += one.number
    for labels, number in sorted(states.items()):
        family.add_metric(labels, number)
    return family


def _labelled_counter(client: Any, place: str, name: str, says: str, label: str) -> Metric:
    family = CounterMetricFamily(name, says, labels=[label])
    for value, count in sorted(client.hgetall(place).items()):
        family.add_metric([value.decode()], int(count))
    return family
