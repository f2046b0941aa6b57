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
    """Ends what is kept for a time only, as the clock does every night; whoever asks for it says that the clock is right."""
    runtime, now = Runtime(load_settings()), datetime.now(UTC)
    click.echo(f"as of {now:%Y-%m-%d %H:%M} UTC")
    for what, number in (retention.due if dry_run else retention.end)(runtime.engine, runtime.redis, now).items():
        click.echo(f"{number:>8}  {what}")
    if dry_run and not retention.is_clock_trusted(runtime.redis, now):
        noted = retention.nights(runtime.redis, now)
        since = f", since {noted[0]}" if noted else ""
        click.echo(f"by night nothing ends yet: {len(noted)} of {retention.NIGHTS_NEEDED} nights are noted{since}")
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
