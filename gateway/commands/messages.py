"""`palabre outbox`: what goes out, by channel and state. Pseudonyms, never a number and never a word of it."""

import json

import click

from gateway.runtime import Runtime, load_settings
from workers import outbox as messages
from workers.database.session import reading


def add_to(palabre: click.Group) -> None:
    palabre.add_command(outbox)


@click.command()
@click.option("--messages", "last", default=0, help="Also the last so many, newest first.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def outbox(last: int, form: str) -> None:
    """Messages by channel and state."""
    with reading(Runtime(load_settings()).engine) as session:
        counted, newest = messages.counts(session), messages.newest(session, last)
    if form == "json":
        states = [{"channel": channel, "state": state, "count": count} for channel, state, count in counted]
        click.echo(json.dumps({"states": states, "messages": newest}, indent=2))
        return
    click.echo("channel\tstate\tmessages")
    for channel, state, count in counted:
        click.echo(f"{channel}\t{state}\t{count}")
    if not counted:
        click.echo("no messages")
    if newest:
        click.echo("\n" + "\t".join(newest[0]))
    for message in newest:
        click.echo("\t".join(str(value) for value in message.values()))
