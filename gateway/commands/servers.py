"""`palabre up`, `web`, `worker`, `clock`: the processes, all in one or one each."""

import contextlib
import logging
import os
import shlex
import signal
import socket
import sys
import time
from importlib.resources import files
from pathlib import Path
from types import FrameType

import click
from rq import Worker

from flows import xlsform
from gateway import roll
from gateway.processes import Child, Pause, die_with_parent, palabre
from gateway.runtime import Runtime, load_settings
from workers import draining, people, publication
from workers.clock import clock as make_clock
from workers.database.session import reading, upgrade, writing
from workers.embedded import EmbeddedError, EmbeddedValkey
from workers.messages import sending
from workers.queues import INTAKE, MESSAGES, QUEUES, RELAYS, queue
from workers.settings import Settings, SettingsError, remember

DEMO_STAFF, DEMO_PASSWORD = "demo", "palabre"
STOP_SECONDS = 15


def add_to(group: click.Group) -> None:
    for command in (up, web, worker, clock):
        group.add_command(command)


@click.command()
@click.option("--demo", is_flag=True, help="With the demonstration's channel, poll and sign-in.")
def up(demo: bool) -> None:
    """Everything in one: embedded servers where no URL is set, migrations, web, workers, clock, until Ctrl-C."""
    os.environ["PALABRE_DEMONSTRATION"] = str(int(demo))
    settings = load_settings(starting=True)
    os.environ.update({"PALABRE_DATA_DIR": settings.data_dir, "HOST": settings.host, "PORT": str(settings.port)})
    _refuse_port_in_use(settings)
    stopping = _Stopping()
    valkey = _start_valkey(settings)
    try:
        _step("database")
        upgrade(settings.database_url)
        _prepare(settings, demo)
        children = [Child("web", palabre("web")), *_workers(settings)]
        children.append(Child("clock", palabre("clock")))
        for child in children:
            _step(child.name)
            child.start()
        _wait_until_served(settings, children[0], stopping)
        if not stopping:
            _say_where(settings, demo)
        _watch(children, valkey, stopping, settings.data_dir)
        _say("stopping")
        _stop(children)
        roll.strike(settings.data_dir)
    finally:
        if valkey:
            valkey.stop()


@click.command()
def web() -> None:
    """The web server: webhooks, staff pages, public pages."""
    settings = load_settings()
    words = shlex.split(
        settings.server.format(
            host=settings.host, port=settings.port, workers=settings.web_workers, threads=settings.web_threads
        )
    )
    beside = Path(sys.executable).parent / words[0]
    os.execvp(str(beside) if beside.exists() else words[0], words)  # noqa: S606 - the server is a setting


@click.command()
@click.argument("name", type=click.Choice(QUEUES), required=False)
def worker(name: str | None) -> None:
    """One queue's worker; without a name, one for each queue: nothing waits behind the intake."""
    if name is None:
        stopping = _Stopping()
        children = _workers(load_settings())
        for child in children:
            child.start()
        _watch(children, None, stopping)
        _stop(children)
        return
    settings = load_settings()
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    for relay_name, keep in ((INTAKE, draining.keep_draining), (MESSAGES, sending.keep_sending)):
        if name == relay_name:
            keep()
    listened = queue(settings.queue_url, name)
    _Worker([listened], connection=listened.connection).work(logging_level="WARNING", with_scheduler=False)


@click.command()
def clock() -> None:
    """What runs by itself: starts the intake where it is missing, and small upkeep."""
    make_clock(load_settings().queue_url).start()  # type: ignore[no-untyped-call]


def _workers(settings: Settings) -> list[Child]:
    """One for each queue, and one more for each further share of the lanes."""
    names = [*QUEUES, *[INTAKE] * (settings.intake_workers - 1)]
    return [Child(name, palabre("worker", name)) for name in names]


class _Worker(Worker):
    """RQ's worker, whose job ends with it: a drain is told to stop, and no job outlives a worker that was killed."""

    def setup_work_horse_signals(self) -> None:
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        die_with_parent(signal.SIGTERM)

    def handle_warm_shutdown_request(self) -> None:
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid and set(RELAYS) & set(self.queue_names()):
            self.kill_horse(signal.SIGTERM)


class _Stopping:
    """True once somebody asked this process to end."""

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def __bool__(self) -> bool:
        return self._asked

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True


def _step(name: str) -> None:
    _say(f"starting {name}")


def _say(what: str) -> None:
    """A line on standard error; a full disk behind it must not end what runs."""
    with contextlib.suppress(OSError):
        click.echo(what, err=True)


def _start_valkey(settings: Settings) -> EmbeddedValkey | None:
    if not settings.embeds_redis:
        return None
    _step("valkey")
    valkey = EmbeddedValkey(settings.data_dir, settings.redis_url, settings.durability, settings.redis_memory)
    valkey.start()
    return valkey


def _prepare(settings: Settings, demo: bool) -> None:
    """The demonstration's poll and sign-in where they are asked for, and the catalogue said to Redis."""
    runtime = Runtime(settings)
    if demo:
        poll = xlsform.read(Path(str(files("flows") / "polls" / "demo.xlsx"))).poll
        with writing(runtime.engine) as session:
            if poll is not None and publication.newest(session, poll.slug) is None:
                publication.publish(session, poll)
            people.add(session, DEMO_STAFF, "admin", DEMO_PASSWORD)
    publication.announce(runtime.engine, runtime.redis)
    warn_of_languages(runtime)
    runtime.engine.dispose()
    remember(settings)


def warn_of_languages(runtime: Runtime) -> None:
    """A language that was imported for other letters than those in which it is sent now."""
    with reading(runtime.engine) as session:
        phrases = runtime.phrases(session)
    for language in phrases.catalogues:
        if complaint := phrases.complaint(language):
            _say(f"warning: {phrases.name_of(language)} is not offered: {complaint}")


def _refuse_port_in_use(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except (OSError, OverflowError) as why:
            reason = getattr(why, "strerror", None) or "a port is between 1 and 65535"
            raise SettingsError(f"cannot listen on {settings.host}:{settings.port}: {reason}; set PORT") from None


def _wait_until_served(settings: Settings, served: Child, stopping: _Stopping) -> None:
    while not stopping:
        served.revive()
        with socket.socket() as probe:
            if probe.connect_ex((settings.host, settings.port)) == 0:
                return
        time.sleep(0.05)


def _watch(children: list[Child], valkey: EmbeddedValkey | None, stopping: _Stopping, data_dir: str = "") -> None:
    """Restarts whatever dies, until we are asked to stop (rule 2); in `data_dir`, if given, stands who lives."""
    living: list[tuple[str, int]] = []
    pause = Pause()
    while not stopping:
        if valkey and not valkey.is_running and pause.is_over():
            pause.begin()
            _revive_valkey(valkey)
        for child in children:
            if child.revive():
                _say(f"{child.name} died: started again")
        now = [("valkey", valkey.pid)] if valkey else []
        now += [(child.name, child.pid) for child in children]
        if data_dir and now != living:
            with contextlib.suppress(OSError):  # a full disk: the next round tries again
                roll.write(data_dir, now)
                living = now
        time.sleep(0.1)


def _revive_valkey(valkey: EmbeddedValkey) -> None:
    """A disk that is full today has room tomorrow: until then phones are told to call again, and this is tried again."""
    _say("valkey died: starting it again")
    try:
        valkey.start()
    except EmbeddedError as why:
        _say(str(why))


def _stop(children: list[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.wait(STOP_SECONDS)


def _say_where(settings: Settings, demo: bool) -> None:
    lines = [f"public page   {settings.address}/", f"staff pages   {settings.address}/staff/"]
    if demo:
        lines.insert(0, f"phone         {settings.address}/phone   (dial {_first_code(settings)})")
        lines.append(f"sign in as    {DEMO_STAFF}   password {DEMO_PASSWORD}")
    click.echo("\n".join(["", "Palabre runs. Ctrl-C stops it.", *(f"  {line}" for line in lines)]))


def _first_code(settings: Settings) -> str:
    return next((code for channel in settings.channels for code in channel.service_codes), "no service code")
