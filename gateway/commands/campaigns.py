"""`palabre campaign`: what the staff's pages do with campaigns, from a shell. Whoever has one may say in whose name.

One name may not approve what it wrote, here either.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from gateway.commands.messages import budget_spent
from gateway.commands.releases import OPERATOR
from gateway.runtime import Runtime, load_settings
from workers import people
from workers.database.models import Campaign
from workers.database.session import reading, writing
from workers.messages import audience, campaigns, dry_run, holding, progress, trial, waits
from workers.messages.audience import Audience, State
from workers.messages.campaigns import Plan
from workers.messages.wording import Refused

_MOMENT = "%Y-%m-%d %H:%M UTC"

AS = click.option("--as", "who", default=OPERATOR, help="The member of staff in whose name.")


def add_to(palabre: click.Group) -> None:
    palabre.add_command(campaign)


@click.group()
def campaign() -> None:
    """Invitations and reminders by SMS."""


@campaign.command("list")
def list_campaigns() -> None:
    """The newest, newest first: number, state, start, name, who wrote and who approved it."""
    with reading(_runtime().engine) as session:
        for row in campaigns.listed(session):
            start = campaigns.plan_of(row).starts_at
            names = f"written by {row.written_by}\tapproved by {row.approved_by or '-'}"
            click.echo(f"{row.id}\t{row.state}\t{start:%Y-%m-%d %H:%M} UTC\t{row.name}\t{names}")
        click.echo(f"{audience.set_aside(session)} numbers are set aside: nothing reaches them", err=True)


@campaign.command()
@click.argument("name")
@click.option("--text", "texts", multiple=True, metavar="LANGUAGE=TEXT", required=True, help="At least fr=...")
@click.option("--poll", default="", help="The poll whose {code} or {keyword} stands in the texts.")
@click.option("--in", "strata", multiple=True, metavar="STRATUM=VALUE[,VALUE]", help="Only people of these.")
@click.option("--channel", "channels", multiple=True, help="Only people last heard on these.")
@click.option("--state", type=click.Choice(["unbegun", "halfway", "answered"]), help="Where they stand in the poll of --of.")
@click.option("--of", "asked", default="", help="The poll of --state; else that of --poll.")
@click.option("--idle", "idle", type=click.IntRange(0), default=campaigns.IDLE_HOURS, help="halfway: silent for so many hours.")
@click.option("--sample", type=click.IntRange(0), default=0, help="At most so many phones.")
@click.option("--seed", type=int, default=1, help="By which they are drawn.")
@click.option("--quotas", default="", metavar="STRATUM:VALUE=N,...", help="At most so many of each value, and nobody else.")
@click.option("--starts", type=click.DateTime(), help="UTC; now where it is left out.")
@click.option("--hours", type=int, default=4, help="Over how many hours it is spread.")
@AS
def write(name: str, texts: Sequence[str], poll: str, strata: Sequence[str], who: str, **given: Any) -> None:
    """Keeps a draft, and prints its number."""
    runtime = _runtime()
    starts = (given["starts"] or datetime.now(UTC)).replace(tzinfo=UTC)
    with _writing(runtime, who) as session:
        whom = _audience(poll, strata, given)
        plan = Plan(name, dict(map(_pair, texts)), whom, starts, given["hours"], poll)
        number = campaigns.write(session, plan, who, runtime.settings.channels, runtime.phrases(session))
    click.echo(f"campaign {number} is a draft: 'palabre campaign show {number}', then somebody else approves it")


@campaign.command()
@click.argument("slug")
@AS
def remind(slug: str, who: str) -> None:
    """A draft of the one reminder to those who stopped half-way in a poll."""
    runtime = _runtime()
    with _writing(runtime, who) as session:
        phrases = runtime.phrases(session)
        plan = campaigns.reminder(session, slug, runtime.settings.organisation, phrases, datetime.now(UTC))
        number = campaigns.write(session, plan, who, runtime.settings.channels, phrases)
    click.echo(f"campaign {number} is a draft: 'palabre campaign show {number}', then somebody else approves it")


@campaign.command()
@click.argument("number", type=int)
@click.option("--by", default="cercle", help="The stratum by which the dry run is broken down.")
def show(number: int, by: str) -> None:
    """Before it goes: a dry run, with whom, parts, cost and words. Afterwards: how far it is."""
    runtime = _runtime()
    with _one_line(), reading(runtime.engine) as session:
        row = campaigns.get(session, number)
        click.echo(f"{row.name}: {row.state}, written by {row.written_by}, approved by {row.approved_by or 'nobody yet'}")
        is_ahead = row.state in ("draft", "approved")
        for line in _before(session, runtime, row, by) if is_ahead else _meanwhile(session, runtime, row):
            click.echo(line)


@campaign.command()
@click.argument("number", type=int)
@AS
def approve(number: int, who: str) -> None:
    """Lets it go out at its hour. Not in the name of who wrote it."""
    runtime = _runtime()
    with _writing(runtime, who) as session:
        digest = campaigns.digest_of(campaigns.plan_of(campaigns.get(session, number)))
        campaigns.approve(session, number, digest, who, runtime.settings.channels)
    click.echo(f"campaign {number} is approved")


@campaign.command("try")
@click.argument("number", type=int)
@click.option("--to", "phone", required=True, help="One of the settings' training_phones.")
@click.option("--channel", default="", help="By which it goes; the first where it is left out.")
def try_out(number: int, phone: str, channel: str) -> None:
    """Sends its French words to a phone of ours."""
    runtime = _runtime()
    if phone not in runtime.settings.training_phones:
        raise click.UsageError("--to is none of the settings' training_phones")
    with _writing(runtime, OPERATOR) as session:
        by = trial.channel_of(runtime.settings.channels, channel)
        trial.send(session, number, phone, by, runtime.keyring.current())
    click.echo("one message is on its way to our phone")


def _moving(name: str, step: Callable[[Session, int, Runtime, str | None], object], help_text: str) -> None:
    @campaign.command(name, help=help_text)
    @click.argument("number", type=int)
    @click.option("--cercle", help="Only what goes to this cercle.")
    def move(number: int, cercle: str | None) -> None:
        runtime = _runtime()
        with _writing(runtime, OPERATOR) as session:
            step(session, number, runtime, cercle)
            click.echo(f"campaign {number} is {campaigns.get(session, number).state}{_but(session, number)}")


def _pause(session: Session, number: int, runtime: Runtime, cercle: str | None) -> None:
    holding.pause(session, number, runtime.settings.channels, cercle)


def _resume(session: Session, number: int, _: Runtime, cercle: str | None) -> None:
    holding.resume(session, number, cercle)


_moving("pause", _pause, "Holds what is not sent yet.")
_moving("resume", _resume, "Lets it go on, but for cercles that were paused by themselves; what is overdue is spread anew.")


@campaign.command()
@click.argument("number", type=int)
def cancel(number: int) -> None:
    """Ends it; what is not sent will not be."""
    with _writing(_runtime(), OPERATOR) as session:
        ended = holding.cancel(session, number)
    click.echo(f"campaign {number} is cancelled: {ended} messages will not be sent")


def _before(session: Session, runtime: Runtime, row: Campaign, by: str) -> Iterator[str]:
    plan = campaigns.plan_of(row)
    run = dry_run.dry_run(session, plan, row.id, runtime.settings.channels, by)
    costs = "".join(f", {cost} {currency}" for cost, currency in run.bill.costs)
    yield f"from {plan.starts_at:%Y-%m-%d %H:%M} UTC, over {plan.hours} hours"
    if run.night:
        begins, morning = run.night
        yield f"at night nothing goes: what falls between {begins:{_MOMENT}} and {morning:{_MOMENT}} waits for the morning"
    yield f"{run.bill.people} phones, {run.bill.parts} parts{costs}"
    yield from (f"{count:>8}  {by} {value or '-'}" for value, count in run.by.items())
    for one in run.shown:
        yield f"--- {one.people} on {one.channel}, {one.language or 'no language'}"
        yield one.text


def _meanwhile(session: Session, runtime: Runtime, row: Campaign) -> Iterator[str]:
    far = progress.progress(session, row.id)
    yield from (f"{count:>8}  {state}" for state, count in far.states.items() if count)
    if far.held:
        yield f"{far.held:>8}  of them held"
    wait = waits.waits(session, row.id, runtime.settings.channels, datetime.now(UTC))
    if wait.asleep:
        yield f"{wait.asleep:>8}  of them wait for the morning, the first until {wait.morning:{_MOMENT}}"
    yield from (budget_spent(channel, wait.tomorrow) for channel in wait.spent)
    yield from (f"{count:>8}  failed: {why or 'no reason given'}" for why, count in far.why)
    for place, states in far.places.items():
        yield f"{place or '-'}: " + ", ".join(f"{count} {state}" for state, count in states.items() if count)


def _but(session: Session, number: int) -> str:
    paused = campaigns.paused_places(campaigns.get(session, number))
    return f", held for {', '.join(paused)}" if paused else ""


def _audience(poll: str, strata: Sequence[str], given: Mapping[str, Any]) -> Audience:
    """Whom the options name.

    Raises:
        Refused: quotas.
    """
    by, _, quotas = given["quotas"].partition(":")
    state: State = given["state"] or ""
    return Audience(
        strata={name: tuple(values.split(",")) for name, values in map(_pair, strata)},
        channels=tuple(given["channels"]),
        poll=(given["asked"] or poll) if state else "",
        state=state,
        idle_hours=given["idle"] if state == "halfway" else 0,
        sample=given["sample"],
        seed=given["seed"],
        by=by,
        quotas=campaigns.read_quotas(quotas),
    )


def _pair(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise click.UsageError(f"'{written[:40]}' is no NAME=VALUE")
    return name.strip(), value


def _runtime() -> Runtime:
    return Runtime(load_settings())


@contextmanager
def _writing(runtime: Runtime, who: str) -> Iterator[Session]:
    """A transaction in somebody's name; what is refused is one line, exit code 1, and changes nothing."""
    with _one_line(), writing(runtime.engine) as session:
        if who != OPERATOR and not people.may_write_to_many(session, who):
            raise Refused("role", who)
        yield session


_SAYS = {
    "no_name": "a campaign has a name",
    "no_french": "there is no French text: --text fr=...",
    "placeholder": "{what} is not known: there are {{code}}, {{keyword}} and {{ways}}",
    "no_poll": "{what} needs --poll",
    "no_way": "nobody can answer this poll on channel '{what}': leave out {{code}} and {{keyword}}, or that channel",
    "too_long": "the text ({what}) is longer than a message may be",
    "starts": "it starts within a year of today",
    "hours": "it is spread over 1 to {what} hours",
    "no_channel": "there is no channel '{what}'",
    "unknown_poll": "there is no poll '{what}'",
    "discreet": "poll '{what}' is discreet: no message may tell that somebody took part, or did not",
    "unknown_stratum": "'{what}' is no stratum",
    "quotas": "quotas are STRATUM:VALUE=N,VALUE=N",
    "overtaken": "it was written anew meanwhile",
    "same_person": "a second person approves: --as NAME",
    "stopped": "this phone said STOP: only a START from it brings it back",
    "role": "'{what}' is no admin or moderator",
    "unknown": "there is no campaign {what}",
    "no_place": "no message of it goes to that cercle; there are: {what}",
    "held_alone": "these cercles are paused by themselves, and each is resumed by --cercle: {what}",
    "state": "that cannot be done with a campaign that is {what}",
}


_WRONG_USE = ("unknown", "unknown_poll", "no_channel", "unknown_stratum", "quotas", "no_place", "held_alone")


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except Refused as why:
        click.echo(f"palabre: {_SAYS.get(why.why, why.why).format(what=why.what or 'none')}", err=True)
        sys.exit(2 if why.why in _WRONG_USE else 1)
