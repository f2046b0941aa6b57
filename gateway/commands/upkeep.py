"""`palabre retention` and `palabre dead-letters`: what comes to its end, and what could not be counted."""

import sys
from datetime import UTC, datetime

import click
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.runtime import Runtime, load_settings
from workers import intake, retention
from workers.database.models import DeadLetter
from workers.database.session import reading


def add_to(palabre: click.Group) -> None:
    palabre.add_command(retain)
    palabre.add_command(dead_letters)


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Only say what would end.")
def retain(dry_run: bool) -> None:
    """Ends what is kept for a time only, as the clock does every night."""
    runtime = Runtime(load_settings())
    ended = (retention.due if dry_run else retention.end)(runtime.engine, runtime.redis, datetime.now(UTC))
    for what, number in ended.items():
        click.echo(f"{number:>8}  {what}")
    click.echo("nothing was changed" if dry_run else "done")


@click.command("dead-letters")
@click.option("--replay", is_flag=True, help="Try again to count them.")
def dead_letters(replay: bool) -> None:
    """What could not be read or counted, newest first; exit 1 while there is something."""
    engine = Runtime(load_settings()).engine
    with reading(engine) as session:
        letters = session.execute(
            select(DeadLetter.id, DeadLetter.lane, DeadLetter.at, DeadLetter.error).order_by(DeadLetter.id.desc())
        ).all()
    left = [letter for letter in letters if not (replay and _counts_now(engine, letter.id))]
    for letter in left:
        click.echo(f"{letter.id:>8}  lane {letter.lane:<2}  {letter.at:%Y-%m-%d %H:%M}  {letter.error}")
    click.echo(f"{len(letters) - len(left)} counted, {len(left)} left" if replay else f"{len(left)} dead letters")
    sys.exit(1 if left else 0)


def _counts_now(engine: Engine, letter: int) -> bool:
    try:
        return intake.replay(engine, letter)
    except SQLAlchemyError:
        return False
