"""`palabre db` and `palabre verify`: the proposal database."""

import sys

import click
from sqlalchemy import Engine

from gateway.runtime import Runtime, load_settings
from workers import chain
from workers.database import session
from workers.figures import tallies


def add_to(palabre: click.Group) -> None:
    palabre.add_command(db)
    palabre.add_command(verify)


@click.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Brings the database to the newest revision."""
    session.upgrade(load_settings().database_url)


@click.command()
@click.option("--repair", is_flag=True, help="Build the tallies anew from the ledger.")
@click.option("--chain", "chained", is_flag=True, help="Check that no row of the ledger was changed, added or taken out.")
def verify(repair: bool, chained: bool) -> None:
    """Recounts every tally from the ledger; prints each difference; exit 1 if there is one."""
    engine = Runtime(load_settings()).engine
    if chained:
        _verify_chain(engine)
    with session.reading(engine) as reader:
        wrong = tallies.differences(reader)
    for cell, (kept, counted) in wrong.items():
        click.echo(f"{'/'.join(part or '-' for part in cell)}: kept {kept}, recounted {counted}")
    if wrong and repair:
        with session.writing(engine) as writer:
            tallies.repair(writer)
        click.echo(f"{len(wrong)} tallies repaired")
    elif wrong:
        sys.exit(1)
    else:
        click.echo("every tally agrees with the ledger")


def _verify_chain(engine: Engine) -> None:
    with session.reading(engine) as reader:
        broken = list(chain.breaks(reader))
        fingerprint = chain.fingerprint(reader)
    for line in broken:
        click.echo(line)
    if broken:
        sys.exit(1)
    click.echo(f"the ledger is as it was written; its fingerprint now: {fingerprint}")
