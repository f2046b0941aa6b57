"""`palabre poll` and `palabre results`: questionnaires in, figures out."""

import csv
import io
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from redis import RedisError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from flows import lint, xlsform
from flows.phrases import BUILT_IN, Phrases
from flows.poll import Poll
from flows.workbook import Finding
from gateway.runtime import Runtime, Settings, load_settings
from gateway.ways import ANY_CODE, further, ways_to
from workers import publication
from workers import settings as reading_settings
from workers.database.session import reading, writing
from workers.figures.results import results as figures

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def add_to(palabre: click.Group) -> None:
    palabre.add_command(poll)
    palabre.add_command(results)


@click.group()
def poll() -> None:
    """Questionnaires, written as XLSForms."""


@poll.command()
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Prints every error, warning and hint, then every screen of every language; exit 1 on errors. Needs no server."""
    settings = reading_settings.load()
    installed = _installed(settings)
    phrases = BUILT_IN.with_ucs2(settings.ucs2_languages) if installed is None else installed
    found = _read(file, settings, phrases)
    whose = "come with Palabre" if installed is None else f"are those of the installation in {settings.data_dir}"
    click.echo(f"Palabre's own sentences {whose}.\n")
    click.echo(lint.report(found, settings.organisation, phrases))
    by_channel = settings.channels and ways_to(found, settings.channels, phrases)
    if ways := by_channel or list(further(found, ANY_CODE, phrases)):
        click.echo("\n".join(["", "What will be dialled and texted, once it is open:", *ways]))


@poll.command()
@click.argument("file", type=FILE)
def publish(file: Path) -> None:
    """Opens the poll; a changed form of a known poll becomes its next version."""
    runtime = Runtime(load_settings())
    with reading(runtime.engine) as session:
        phrases = runtime.phrases(session)
    found = _read(file, runtime.settings, phrases)
    with writing(runtime.engine) as session:
        before = publication.newest(session, found.slug)
        published = publication.publish(session, found)
    announce(runtime)
    if before is not None and before.version == published.version:
        click.echo(f"{published.slug}: nothing changed: version {published.version} is already open{_days(published)}")
    else:
        click.echo(f"{published.slug}, version {published.version}, is open{_days(published)}")
    click.echo("\n".join(ways_to(published, runtime.settings.channels, phrases)))


@poll.command()
@click.argument("slug")
def close(slug: str) -> None:
    """Closes the poll; its figures stay."""
    runtime = Runtime(load_settings())
    with writing(runtime.engine) as session:
        closed = publication.close(session, slug)
    announce(runtime)
    if not closed:
        raise click.UsageError(f"there is no open poll '{slug}'")
    click.echo(f"{slug} is closed")


@poll.command("list")
def list_polls() -> None:
    """Every poll, newest first: slug, version, whether it is coming, open or closed, title, when it opens and closes."""
    with reading(Runtime(load_settings()).engine) as session:
        listed = publication.polls(session)
    now = time.time()
    for found, is_open in listed:
        stands, title = publication.standing(found, is_open, now), found.text(found.title, found.default_language)
        days = f"opens {found.opens or '-'}\tcloses {found.closes or '-'}"
        click.echo(f"{found.slug}\tversion {found.version}\t{stands}\t{title}\t{days}")


@click.command()
@click.argument("slug")
@click.option("--by", default="", help="Strata to break down by, separated by commas.")
@click.option("--version", "version", default="", help="Only what was answered on this version.")
@click.option("--public", is_flag=True, help="The last release instead of the live figures.")
@click.option("--format", "form", type=click.Choice(["json", "csv", "xlsx"]), default="json")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead.")
def results(slug: str, by: str, version: str, public: bool, form: str, output: Path | None) -> None:
    """A poll's figures. Without --public they are live and for staff only."""
    if public and version:
        raise click.UsageError("a release is of all versions together: leave out --version")
    strata = [name.strip() for name in by.split(",") if name.strip()]
    with reading(Runtime(load_settings()).engine) as session:
        found = publication.newest(session, slug)
        if found is None:
            raise click.UsageError(f"there is no poll '{slug}'")
        counted = _released(session, slug, strata) if public else figures(session, found, strata, version)
    if form == "xlsx" and output is None:
        raise click.UsageError("--format xlsx needs -o FILE")
    content = _FORMATS[form](counted)
    if output is None:
        click.echo(content.decode(), nl=False)
    else:
        output.write_bytes(content)


def _released(session: Session, slug: str, by: Sequence[str]) -> dict[str, Any]:
    """The last release; exit 1 before the first."""
    from workers.figures import releases  # and with it numpy: only figures that are public need it

    last = releases.last(session, slug)
    if last is None:
        click.echo(f"palabre: no release of '{slug}' has been published", err=True)
        sys.exit(1)
    content = releases.only_by(last.content, tuple(by))
    if content is None:
        kept = ", ".join(last.content["grain"]) or "nothing"
        raise click.UsageError(f"the release of '{slug}' is not broken down by {', '.join(by)}; it is by {kept}")
    return content


def _installed(settings: Settings) -> Phrases | None:
    """The sentences of the installation that the settings lead to; None where there is none, or it cannot be asked."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return None
    runtime = Runtime(settings)
    try:
        with reading(runtime.engine) as session:
            return runtime.phrases(session)
    except SQLAlchemyError:
        return None


def _read(file: Path, settings: Settings, phrases: Phrases) -> Poll:
    """The poll in the file; its findings on standard error, and exit 1 where one is an error."""
    book = xlsform.read(file, phrases, settings.distress_words)
    advice = lint.check(book.poll, settings.organisation, phrases, book.places) if book.poll else ()
    for finding in sorted((*book.findings, *advice), key=_in_reading_order):
        click.echo(str(finding), err=True)
    if book.poll is None:
        errors = sum(finding.severity == "error" for finding in book.findings)
        click.echo(
            f"palabre: {file.name} is no poll yet: mend {'this error' if errors == 1 else f'these {errors} errors'}", err=True
        )
        sys.exit(1)
    return book.poll


def _in_reading_order(finding: Finding) -> tuple[bool, int, int]:
    """Sheet by sheet from the top, as somebody goes through the workbook to mend it; what is of the whole comes last."""
    return not finding.row, (*xlsform.SHEETS, finding.sheet).index(finding.sheet), finding.row


def _days(poll: Poll) -> str:
    """What the form's own days say of a poll that is published and cannot be answered now."""
    match publication.standing(poll, True, time.time()):
        case "coming":
            return f" from {poll.opens} on; until then phones are told so"
        case "closed":
            return f", but its last day is past ({poll.closes}): nobody can answer it"
        case _:
            return ""


def announce(runtime: Runtime) -> None:
    """Tells the web processes at once; where Redis is away they will see it when it starts."""
    try:
        publication.announce(runtime.engine, runtime.redis)
    except RedisError:
        click.echo("palabre: redis does not answer; phones will see the change when 'palabre up' starts", err=True)


def _json(counted: dict[str, Any]) -> bytes:
    return (json.dumps(counted, ensure_ascii=False, indent=2) + "\n").encode()


def _rows(counted: dict[str, Any]) -> list[list[Any]]:
    """One row a figure: question, stratum, measure, choice, count."""
    rows: list[list[Any]] = [["poll", "question", "stratum", "measure", "choice", "count"]]
    slug = counted["poll"]
    rows.append([slug, "", "", "respondents", "", counted["respondents"]])
    for question in counted["questions"]:
        name = question["name"]
        rows += [[slug, name, "", measure, "", question[measure]] for measure in ("answered", "skipped")]
        rows += [[slug, name, "", "choice", choice["name"], choice["count"]] for choice in question.get("choices", ())]
        rows += [[slug, name, "", measure, "", question[measure]] for measure in _MIDDLES if measure in question]
        for broken_down in question.get("by", {}).values():
            for row in broken_down:
                where = "|".join(row["value"]) if isinstance(row["value"], list) else row["value"]
                rows += [[slug, name, where, measure, "", row[measure]] for measure in ("answered", "skipped")]
                rows += [[slug, name, where, "choice", choice, count] for choice, count in row.get("choices", {}).items()]
    return rows


_MIDDLES = ("mean", "first", "median", "last")
"""What numbers and dates have besides counts."""


def _csv(counted: dict[str, Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_rows(counted))
    return text.getvalue().encode()


def _xlsx(counted: dict[str, Any]) -> bytes:
    import openpyxl  # only here: it takes long to read

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("results")
    for row in _rows(counted):
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


_FORMATS = {"json": _json, "csv": _csv, "xlsx": _xlsx}
