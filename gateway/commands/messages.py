"""`palabre outbox`: what goes out, by channel, kind and state. Pseudonyms, never a number and never a word of it."""

import json
import sys
from datetime import UTC, datetime

import click

from gateway.runtime import Runtime, load_settings
from workers.database.session import reading, writing
from workers.messages import outbox as messages
from workers.messages import settling, waits
from workers.messages.progress import STATES


def add_to(palabre: click.Group) -> None:
    palabre.add_command(outbox)


@click.command()
@click.option("--messages", "last", default=0, help="Also the last so many, newest first.")
@click.option("--state", type=click.Choice(STATES), default=None, help="Of these, only those in this state.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--settle", "message", type=int, help="Says of an unknown message, by its id, what became of it.")
@click.option("--as", "verdict", type=click.Choice([*settling.BY_HAND]), help="It went out, it did not, or: send it again.")
def outbox(last: int, state: str | None, form: str, message: int | None, verdict: settling.Verdict | None) -> None:
    """Messages by channel, kind and state; or what became of one of which nobody knows whether it went out."""
    runtime = Runtime(load_settings())
    if (message is None) != (verdict is None):
        raise click.UsageError("--settle ID and --as go together")
    if message is not None and verdict is not None:
        _settle(runtime, message, verdict)
        return
    with reading(runtime.engine) as session:
        counted, newest = messages.counts(session), messages.newest(session, last, state or "")
        spent = waits.spent(session, runtime.settings.channels, now := datetime.now(UTC))
    if form == "json":
        states = [{"channel": one.channel, "kind": one.kind, "state": one.state, "count": one.number} for one in counted]
        click.echo(json.dumps({"states": states, "messages": newest, "budget_spent": spent}, indent=2))
        return
    _show(counted, newest)
    for channel in spent:
        click.echo(budget_spent(channel, waits.tomorrow(now)), err=True)


def budget_spent(channel: str, until: datetime) -> str:
    """That what a channel may spend on messages to many today is spent."""
    return f"channel '{channel}' has spent today's budget for campaigns: they go on at {until:%Y-%m-%d %H:%M} UTC, by day"


def _show(counted: list[messages.Count], newest: list[messages.Row]) -> None:
    click.echo("channel\tkind\tstate\tmessages")
    for one in counted:
        click.echo("\t".join(map(str, one)))
    if not counted:
        click.echo("no messages")
    if newest:
        click.echo("\n" + "\t".join(newest[0]))
    for message in newest:
        click.echo("\t".join(str(value) for value in message.values()))


def _settle(runtime: Runtime, message: int, verdict: settling.Verdict) -> None:
    with writing(runtime.engine) as session:
        settled = settling.settle_by_hand(session, message, verdict)
    if not settled:
        click.echo(f"palabre: no message {message} is unknown; see: palabre outbox --messages 50 --state unknown", err=True)
        sys.exit(1)
    click.echo(f"message {message}: {settling.BY_HAND[verdict]}")
