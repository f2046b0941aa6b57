"""`palabre release`: the next figures that anybody may read. Whoever has a shell here is trusted with both signatures."""

import sys

import click

from gateway.commands.polls import announce
from gateway.runtime import Runtime, load_settings
from workers import publication
from workers.database.session import reading, writing
from workers.figures import releases
from workers.figures.drafting import Draft, NothingToRelease

OPERATOR = "operator"


def add_to(palabre: click.Group) -> None:
    palabre.add_command(release)


@click.command()
@click.argument("slug")
@click.option("--dry-run", is_flag=True, help="Only say what would be published, and what hidden.")
def release(slug: str, dry_run: bool) -> None:
    """Makes the next release of a poll safe against small groups, audits it with all that came before, and publishes it."""
    runtime = Runtime(load_settings())
    with reading(runtime.engine) as session:
        poll = publication.newest(session, slug)
        if poll is None:
            raise click.UsageError(f"there is no poll '{slug}'")
        try:
            made = releases.next_draft(session, poll, runtime.above)
        except NothingToRelease as why:
            since = "since the last release" if why.why == "few_new" else "so far"
            click.echo(f"palabre: too few to publish anything of: {why.people} answered {since}, and it takes ten", err=True)
            sys.exit(1)
    for line in _outcome(made):
        click.echo(line)
    if dry_run:
        click.echo("nothing was published")
        return
    with writing(runtime.engine) as session:
        releases.publish(session, made, OPERATOR)
    announce(runtime)
    click.echo(f"release {made.number} of '{slug}' is public")


def _outcome(made: Draft) -> list[str]:
    """How it is broken down, and what waits or is hidden."""
    grain, questions = made.content["grain"], made.content["questions"]
    hidden = sum("suppressed" in one for question in questions for one in (question, *question.get("choices", ())))
    lines = [
        f"broken down by {', '.join(grain) or 'nothing'}",
        *made.content["notes"],
        f"{hidden} rows of the totals are suppressed",
    ]
    if made.kept.waiting:
        lines.append(f"{made.kept.waiting} answers wait, until ten more people of their group have answered")
    if made.kept.lost:
        lines.append(f"{made.kept.lost} figures of the last release are hidden in this one")
    return lines
