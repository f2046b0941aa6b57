"""`palabre channel test`: one message through a channel, and what becomes of it. The number is never printed."""

import sys
import time

import click

from flows.gsm import fold
from gateway.runtime import Runtime, load_settings
from workers.channels.base import Channel
from workers.database.session import reading, writing
from workers.messages import probes
from workers.privacy import e164
from workers.settings import Settings

LOOK_SECONDS = 0.2


def add_to(palabre: click.Group) -> None:
    palabre.add_command(channel)


@click.group()
def channel() -> None:
    """The numbers by which people reach us."""


@channel.command()
@click.argument("name")
@click.option("--to", required=True, help="The number that gets it, as +33...")
@click.option("--wait", default=60, show_default=True, help="Seconds to wait for its report.")
def test(name: str, to: str, wait: int) -> None:
    """Sends one message and waits for its report, through the outbox of the installation that runs.

    Exit 0 where it arrived, or was sent and no report came; 1 where it failed, or did not leave in time and was called off.
    """
    settings = load_settings()
    chosen, number = _named(settings, name), e164(to)
    if number is None:
        raise click.UsageError("--to is not a number: write it with its country, as +33 and the rest")
    runtime = Runtime(settings)
    text = fold(f"{settings.organisation}: essai du canal {chosen.name}. Rien à répondre.")
    try:
        with writing(runtime.engine) as session:
            message = probes.put(session, chosen.name, number, text, runtime.vault, runtime.keyring.current())
    except probes.Stopped:
        raise click.UsageError("this number said STOP: only a START from it brings it back") from None
    sys.exit(0 if follow(runtime, message, wait) else 1)


def _named(settings: Settings, name: str) -> Channel:
    for one in settings.channels:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in settings.channels) or "none: palabre.toml has no [[channels]]"
    raise click.UsageError(f"no channel '{name}'; there are: {known}")


def follow(runtime: Runtime, message: int, wait: int) -> bool:
    """Prints each state as it is reached; whether the message may be taken for sent."""
    deadline, last = time.monotonic() + wait, None
    while True:
        with reading(runtime.engine) as session:
            seen = probes.look(session, message)
        if seen != last:
            click.echo(f"{seen.state}: {seen.why}" if seen.why else seen.state)
            last = seen
        if seen.state in probes.ENDED:
            return seen.state == "delivered"
        if time.monotonic() >= deadline:
            return _give_up(runtime, message, seen, wait)
        time.sleep(LOOK_SECONDS)


def _give_up(runtime: Runtime, message: int, seen: probes.Seen, wait: int) -> bool:
    if seen.state == "sent":
        click.echo(f"no report in {wait} seconds: the provider took it; whether it arrived is not known")
        return True
    with writing(runtime.engine) as session:
        probes.call_off(session, message)
    reason = f"the provider did not take it ({seen.why})" if seen.why else "is 'palabre up' running?"
    click.echo(f"still {seen.state} after {wait} seconds" + (f": called off; {reason}" if seen.state == "queued" else ""))
    return False
