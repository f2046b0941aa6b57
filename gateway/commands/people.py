"""`palabre staff`: who may sign in."""

import click

from gateway.runtime import Runtime, load_settings
from workers import people
from workers.database.session import writing


def add_to(palabre: click.Group) -> None:
    palabre.add_command(staff)


@click.group()
def staff() -> None:
    """The people who read the figures."""


@staff.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(people.ROLES))
def add(name: str, role: str) -> None:
    """Adds somebody, or gives them a new password, which is printed this once."""
    with writing(Runtime(load_settings()).engine) as session:
        password = people.add(session, name, role)
    click.echo(f"{name}: {password}")
