"""`palabre backup` and `palabre restore`: all that an installation holds, in one file, and back out of it. Never its keys."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from redis import RedisError

from gateway.commands.polls import FILE, announce
from gateway.runtime import Runtime, load_settings
from workers import backup as backups
from workers import restore as restoring
from workers.archive import ArchiveError
from workers.draining import lease
from workers.embedded import EmbeddedValkey
from workers.privacy import LANES
from workers.relay import connect
from workers.settings import Settings, SettingsError


def add_to(palabre: click.Group) -> None:
    palabre.add_command(backup)
    palabre.add_command(restore)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Writes all that this installation holds to one file, while phones go on; never its keys."""
    runtime = Runtime(load_settings())
    with _redis_or_none(runtime.settings) as client:
        about = backups.back_up(file, runtime.engine, client, runtime.keyring.current())
    people, unread = about.rows(backups.PEOPLE), about.rows(backups.UNREAD)
    click.echo(f"{file}: {about.rows(backups.TABLES)} rows of the database, {people} of redis, {unread} events on their way")
    click.echo(
        f"the keys are not in it: keep PALABRE_PHONE_KEYS, or {runtime.settings.data_dir}/secrets.toml, in another place"
    )


@click.command()
@click.argument("file", type=FILE)
@click.option("--cancel-messages", is_flag=True, help="What waited to be sent is not sent: the old installation did since.")
def restore(file: Path, cancel_messages: bool) -> None:
    """Brings a backup back, into an empty database; all of it or nothing."""
    runtime = Runtime(load_settings())
    with _redis_of_nobody(runtime.settings) as client:
        try:
            done = restoring.restore(file, runtime.engine, client, cancel_messages)
        except (ArchiveError, restoring.NotEmpty) as why:
            click.echo(f"palabre: {why}", err=True)
            sys.exit(1)
        announce(runtime)
    click.echo(f"restored {done.about.rows(backups.TABLES)} rows, as they were at {done.about.made_at:%F %T} UTC")
    click.echo(f"put into redis: {done.people}; events that nobody had read yet, taken in: {done.events}")
    if done.waiting:
        click.echo(f"messages that waited then and will be sent: {done.waiting}; were they sent since? see --cancel-messages")
    if set(done.about.keys) - set(map(backups.fingerprint, runtime.keyring.current())):
        click.echo("palabre: a phone key of the backup is not here: move the keys, or known phones count as new", err=True)
    click.echo("now run: palabre verify --chain")


@contextmanager
def _redis_or_none(settings: Settings) -> Iterator[Any]:
    """Redis; the embedded one is started for as long as this takes, where no `up` runs. None where there is none."""
    client = connect(settings.redis_url)
    with _embedded(settings, wanted=not _answers(client) and (Path(settings.data_dir) / "valkey").exists()):
        if _answers(client):
            yield client
        else:
            click.echo(
                "palabre: redis does not answer: this is the database alone, without what no intake has read yet", err=True
            )
            yield None


@contextmanager
def _redis_of_nobody(settings: Settings) -> Iterator[Any]:
    """Redis of an installation that does not run; the embedded one's lock says whether it does.

    Raises:
        SettingsError: when it runs.
    """
    client = connect(settings.redis_url)
    with _embedded(settings, wanted=True):
        if not settings.embeds_redis and client.exists(*map(lease, range(LANES))):
            raise SettingsError("the intake of this redis runs, or did five seconds ago: stop 'palabre' first")
        yield client


@contextmanager
def _embedded(settings: Settings, wanted: bool) -> Iterator[None]:
    """The embedded Valkey, under the lock that `palabre up` takes, for as long as the block lasts."""
    if not wanted or not settings.embeds_redis:
        yield
        return
    valkey = EmbeddedValkey(settings.data_dir, settings.redis_url, settings.durability, settings.redis_memory)
    valkey.start()
    try:
        yield
    finally:
        valkey.stop()


def _answers(client: Any) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False
