"""`palabre keys`: the keys of pseudonyms and numbers, rotated, retired and destroyed while everything runs.

None is ever shown, but where they come from a setting that only a person can change.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from gateway.runtime import Runtime, load_settings
from workers.database.session import reading
from workers.keys import destruction, keyfile, rotation
from workers.keys.keyring import LOOK_SECONDS, Keyring
from workers.keys.rotation import Borne
from workers.privacy import mark_of


def add_to(palabre: click.Group) -> None:
    palabre.add_command(keys)


@click.group()
def keys() -> None:
    """The keys of pseudonyms and numbers."""


@keys.command()
def rotate() -> None:
    """Makes a new key, and lets those go that nothing bears. Phones keep their dialogs, and are counted once."""
    runtime = Runtime(load_settings())
    if runtime.settings.phone_keys:
        click.echo(_how_to_rotate(runtime.settings.phone_keys))
        return
    path = keyfile.keyfile_of(runtime.settings.data_dir)
    with keyfile.being_changed(path):
        rotation.add_key(path)
        click.echo("a new key is there; it is used as soon as every process has it, in a few seconds")
        _retire(runtime, path)


@keys.command()
def retire() -> None:
    """Seals every number under the newest key, and lets the keys go that nothing bears any more."""
    runtime = Runtime(load_settings())
    if runtime.settings.phone_keys:
        _retire(runtime, None)
        return
    path = keyfile.keyfile_of(runtime.settings.data_dir)
    with keyfile.being_changed(path):
        _retire(runtime, path)


@keys.command()
@click.option("--yes", is_flag=True, help="Does not ask.")
def destroy(yes: bool) -> None:
    """Destroys the keys at once: what lies on the disk can no longer say who. Everybody is a stranger afterwards."""
    runtime = Runtime(load_settings())
    if runtime.settings.phone_keys:
        click.echo("palabre: the keys come from PALABRE_PHONE_KEYS or palabre.toml: unset and destroy them there", err=True)
        sys.exit(1)
    if not yes:
        click.confirm("Nobody will be known again, and no number can be called. Destroy the keys?", abort=True)
    path = keyfile.keyfile_of(runtime.settings.data_dir)
    with keyfile.being_changed(path):
        mark = destruction.destroy_keys(path)
    click.echo("the keys are destroyed; fresh ones are in force")
    time.sleep(2 * LOOK_SECONDS)  # what a running process says under the old ones until it notices goes too
    if not all((_redis_forgot(runtime, mark), _database_forgot(runtime, mark))):
        sys.exit(1)


def _retire(runtime: Runtime, path: Path | None) -> None:
    if path is not None:
        rotation.wait_until_known(path)
    is_taken_in = rotation.wait_for_intake(runtime.engine, runtime.redis)
    in_force = Keyring(runtime.settings).current()
    click.echo(f"numbers sealed anew: {rotation.reseal(runtime.engine, in_force)}")
    with reading(runtime.engine) as session:
        borne = rotation.borne(session, runtime.redis)
    marks = [mark_of(key) for key in in_force]
    free = [mark for mark in marks[1:] if mark not in (marks[0], *borne)]
    if not is_taken_in:
        click.echo("what phones said is not all in the database: no key retires before; run 'palabre keys retire' later")
    elif path is not None:
        rotation.retire(path, free)
    _show(marks, borne, free if is_taken_in else [])
    if path is None and free and is_taken_in:
        kept = [key for key in runtime.settings.phone_keys if mark_of(key.encode()) not in free]
        click.echo(f"nothing bears the others: set PALABRE_PHONE_KEYS={','.join(kept)}")


def _show(marks: Sequence[str], borne: Mapping[str, Borne], free: Sequence[str]) -> None:
    """Each key by its mark, with what bears it; and what bears the mark of no key."""
    nothing = Borne(0, 0, 0)
    for mark in [*marks, *(mark for mark in borne if mark not in marks)]:
        phones, contacts, people = borne.get(mark, nothing)
        is_what = "in use" if mark == marks[0] else "retired" if mark in free else "tried" if mark in marks else "gone"
        click.echo(f"key {mark}\t{is_what}\tphones {phones}\tnumbers {contacts}\tphones in Redis {people}")


def _redis_forgot(runtime: Runtime, mark: str) -> bool:
    try:
        if destruction.forget_in_redis(runtime.redis, mark):
            return True
        click.echo("palabre: the append-only file of Redis keeps the key of session ids until it is rewritten", err=True)
    except RedisError:
        click.echo("palabre: redis does not answer; delete palabre:session-key and palabre:*:person:* there", err=True)
    return False


def _database_forgot(runtime: Runtime, mark: str) -> bool:
    try:
        destruction.forget_in_database(runtime.engine, mark)
    except SQLAlchemyError:
        click.echo("palabre: the database does not answer; what it holds of phones and numbers is useless now", err=True)
        return False
    return True


def _how_to_rotate(known: Sequence[str]) -> str:
    fresh = rotation.fresh_key(known)
    return "\n".join(
        [
            "The keys come from PALABRE_PHONE_KEYS or palabre.toml, which only you can change. Keep what follows secret.",
            "1. Set this, and restart every process: they all try the new key, and none uses it yet.",
            f"   PALABRE_PHONE_KEYS={','.join([known[0], fresh, *known[1:]])}",
            "2. Set this, and restart every process: the new key is in use.",
            f"   PALABRE_PHONE_KEYS={','.join([fresh, *known])}",
            "3. Run 'palabre keys retire': it seals the numbers anew and says which keys nothing bears any more.",
        ]
    )
