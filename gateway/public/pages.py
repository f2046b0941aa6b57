"""The public pages. No live figure is ever shown here: only releases (rule 24)."""

import time
from collections.abc import Callable, Sequence

from flask import Blueprint, abort, render_template, request

from flows.poll import Poll
from gateway import current, doors, french
from workers import publication
from workers.channels.base import Channel
from workers.database.session import reading
from workers.figures import releases

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
@doors.public
def home() -> str:
    runtime = current.runtime()
    with reading(runtime.engine) as session:
        listed, dated = publication.polls(session), releases.newest(session)
    now, channels = time.time(), runtime.settings.channels
    stands = {poll.slug: french.standing(poll, is_open, now) for poll, is_open in listed}
    closed = {poll.slug for poll, is_open in listed if publication.standing(poll, is_open, now) == "closed"}
    talked_of = [(poll, _codes(poll, channels), _numbers(poll, channels)) for poll, _ in listed if poll.slug not in closed]
    return render_template(
        "home.html",
        reached=[(poll, codes, numbers) for poll, codes, numbers in talked_of if codes or numbers],
        released=[poll for poll, _ in listed if poll.slug in dated],
        over=[poll for poll, _ in listed if poll.slug in closed.difference(dated)],
        stands=stands,
        demonstration=runtime.settings.demonstration,
    )


def _codes(poll: Poll, channels: Sequence[Channel]) -> list[str]:
    """What is dialled to come to the poll."""
    return [code for channel in channels for code in channel.codes_to(poll.dial)]


def _numbers(poll: Poll, channels: Sequence[Channel]) -> list[str]:
    """To which numbers its word is sent."""
    return [channel.short_code for channel in channels if poll.keyword and channel.short_code]


@blueprint.get("/polls/<slug>")
@doors.public
def poll(slug: str) -> str:
    """A poll's last release, or the one of a number; `by` opens one of its break-downs."""
    number, by = request.args.get("release", type=int), request.args.get("by", "")
    with reading(current.runtime().engine) as session:
        found, dates = publication.newest(session, slug), releases.dates(session, slug)
        release = releases.numbered(session, slug, number) if number else releases.last(session, slug)
        is_open = publication.is_open(session, slug)
    if found is None or release is None or by not in ("", *releases.broken_down(release.content)):
        abort(404)
    return render_template(
        "public/poll.html",
        poll=found,
        stands=french.standing(found, is_open, time.time()),
        figures=release.content,
        release=release,
        dates=dates,
        by=by,
        called=names(found),
    )


def names(found: Poll) -> Callable[[str, str | list[str]], str]:
    """What a group of a break-down is called: as the form says, else as the place is."""

    def called(by: str, value: str | list[str]) -> str:
        values = value if isinstance(value, list) else [value]
        return ", ".join(_name(found, stratum, one) for stratum, one in zip(by.split(","), values, strict=True))

    return called


def _name(found: Poll, stratum: str, value: str) -> str:
    question = found.by_name.get(stratum)
    labels = {choice.name: found.text(choice.label, "fr") for choice in question.choices} if question else {}
    return (french.groups(stratum) | labels).get(value, value)
