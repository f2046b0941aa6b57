"""`palabre dial` and `palabre rehearse`: phones that call us through the real webhook."""

import secrets
import sys
from importlib.resources import files
from pathlib import Path

import click
import msgspec

from gateway.rehearsal import outcome
from gateway.rehearsal.faults import Faults
from gateway.rehearsal.form import read_form
from gateway.runtime import Runtime, load_settings
from gateway.simulator import Handset, Network, NetworkError, UnknownCodeError
from gateway.terminal import Terminal
from workers.channels.base import Channel
from workers.privacy import e164, phone_key
from workers.settings import Settings, demo_channel


def add_to(palabre: click.Group) -> None:
    palabre.add_command(dial)
    palabre.add_command(rehearse)


@click.command()
@click.argument("code", required=False, default="")
@click.option("--phone", default="", help="The number that calls; one of our own invention without.")
@click.option("--channel", default="", help="The channel to call; the first without.")
def dial(code: str, phone: str, channel: str) -> None:
    """A phone in the terminal: shows each page, sends each line. An empty line hangs up.

    `sms RETOUR` texts, here as CODE or at any prompt; what comes back is shown. With no call open, further lines are texts too.
    """
    number = e164(phone or f"+22377{secrets.randbelow(10**6):06d}")
    if number is None:
        raise click.UsageError("--phone is not a number: write it with its country, as +223 and the rest")
    settings = load_settings()
    terminal = Terminal(settings.address, channel_named(settings, channel), number)
    try:
        terminal.begin(code)
        while terminal.is_in_use and (line := _next_line()):
            terminal.take(line)
    except UnknownCodeError as why:
        raise click.UsageError(str(why)) from None
    except NetworkError as why:
        raise click.ClickException(f"{settings.address}: {why}; is 'palabre up' running?") from None
    except EOFError:
        click.echo()


def _next_line() -> str:
    if sys.stdin.isatty():
        return input("> ")
    line = sys.stdin.readline().rstrip("\n")
    if line:
        click.echo(f"> {line}")
    return line


@click.command()
@click.option("--people", type=click.IntRange(1, 10**6), required=True, help="How many dial.")
@click.option("--seed", default=1, show_default=True, help="The same people with the same answers, on new numbers.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="At most so many hops a second.")
@click.option("--faults", is_flag=True, help="Kills the processes of this installation meanwhile, in turn.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def rehearse(people: int, seed: int, rate: float | None, faults: bool, as_json: bool) -> None:
    """A drawn population dials the demonstration; exit 1 where what was counted is not what was drawn."""
    settings = load_settings()
    channel = channel_named(settings, "")
    form = read_form(Path(str(files("flows") / "polls" / "demo.xlsx")))
    struck = faults_here(settings, people, seed) if faults else None
    asked = outcome.Rehearsal(form=form, people=people, seed=seed, rate=rate, faults=struck)
    runtime = Runtime(settings)
    stage = outcome.Stage(
        runtime.engine,
        lambda number: phone_key(number, runtime.keyring.current()[0]),
        lambda: Network(settings.address, channel),
    )
    refuse_silence(Network(settings.address, channel))
    with click.progressbar(length=people, label="people", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        came = outcome.rehearse(asked, stage, bar.update)
    click.echo(msgspec.json.encode(came).decode() if as_json else outcome.table(came))
    sys.exit(0 if came.holds else 1)


def faults_here(settings: Settings, people: int, seed: int) -> Faults:
    """What will be killed; where that is nothing, it says why."""
    struck = Faults(settings.data_dir, people, seed)
    if not struck.sees:
        click.echo(f"no 'palabre up' of {settings.data_dir} runs on this machine: nothing will be killed", err=True)
    return struck


def refuse_silence(network: Network) -> None:
    """Nothing where a dial is answered.

    Raises:
        click.ClickException: where it is not.
    """
    try:
        Handset(network, "+22370000000").dial()
    except NetworkError as why:
        raise click.ClickException(f"{why}; is 'palabre up --demo' running on this HOST and PORT?") from None
    finally:
        network.close()


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
