"""`palabre phrases`: the system's own sentences, out to translators and back."""

import sys
from pathlib import Path

import click

from gateway.commands.polls import FILE, announce
from gateway.runtime import Runtime, load_settings
from workers import translations
from workers.database.session import reading, writing


def add_to(palabre: click.Group) -> None:
    palabre.add_command(phrases)


@click.group()
def phrases() -> None:
    """The system's own sentences, by language."""


@phrases.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Writes every sentence in every language, with its state, to a workbook."""
    runtime = Runtime(load_settings())
    with reading(runtime.engine) as session:
        translations.export(runtime.phrases(session), file)
    click.echo(f"{file}: fill in the columns of your language; write 'reviewed' in its state once a second person agreed")


@phrases.command("import")
@click.argument("file", type=FILE)
def take_in(file: Path) -> None:
    """Takes a translator's workbook in; exit 1, and nothing taken, where a cell is wrong."""
    runtime = Runtime(load_settings())
    with writing(runtime.engine) as session:
        findings = translations.take_in(session, file, runtime.phrases(session))
    for finding in findings:
        click.echo(str(finding), err=True)
    if findings:
        sys.exit(1)
    announce(runtime)
    with reading(runtime.engine) as session:
        now = runtime.phrases(session)
    for language in now.catalogues:
        missing, complaint = now.missing(language), now.complaint(language)
        lacks = f"{len(missing)} sentences are missing, are drafts or do not fit"
        click.echo(f"{now.name_of(language)}: {lacks if missing else 'whole'}")
        if complaint:
            click.echo(f"warning: {now.name_of(language)} is not offered: {complaint}", err=True)
