"""`palabre dial` and `palabre rehearse`: phones that call us through the real webhook."""

import secrets
import sys

import click

from gateway.runtime import demo_channel, load_settings
from gateway.simulator import Handset, Network, NetworkError
from workers.channels.base import Channel
from workers.settings import Settings


def add_to(palabre: click.Group) -> None:
    palabre.add_command(dial)


@click.command()
@click.argument("code", required=False, default="")
@click.option("--phone", default="", help="The number that calls; one of our own invention without.")
@click.option("--channel", default="", help="The channel to call; the first without.")
def dial(code: str, phone: str, channel: str) -> None:
    """A phone in the terminal: shows each page, sends each line. An empty line hangs up."""
    settings = load_settings()
    chosen = channel_named(settings, channel)
    handset = Handset(Network(settings.address, chosen), phone or f"+22377{secrets.randbelow(10**6):06d}")
    try:
        shown = handset.dial(code or chosen.service_codes[0])
        while True:
            click.echo(f"\n{shown.text}\n")
            if not shown.goes_on:
                return
            line = input("> ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
            if not line:
                return
            if not sys.stdin.isatty():
                click.echo(f"> {line}")
            shown = handset.types(line)
    except NetworkError as why:
        raise click.ClickException(f"{settings.address}: {why}; is 'palabre up' running?") from None
    except EOFError:
        click.echo()


def channel_named(settings: Settings, name: str) -> Channel:
    """The channel of that name, the first where it is empty, the demonstration's where none is set.

    Raises:
        click.UsageError: where there is none.
    """
    channels = settings.channels or (demo_channel(settings),)
    found = next((one for one in channels if one.service_codes and name in ("", one.name)), None)
    if found is None:
        raise click.UsageError(f"no channel '{name}' with a service code; there are: {', '.join(one.name for one in channels)}")
    return found
