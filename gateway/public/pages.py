"""The public pages. No live figure is ever shown here: only the last release (rule 24)."""

from flask import Blueprint, abort, render_template, request

from flows import geography
from flows.poll import Poll
from gateway import current, doors
from workers import publication, releases
from workers.database.session import reading

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
@doors.public
def home() -> str:
    runtime = current.runtime()
    with reading(runtime.engine) as session:
        listed, dated = publication.polls(session), releases.newest(session)
    released = [poll for poll, _ in listed if poll.slug in dated]
    polls = [poll for poll, is_open in listed if is_open]
    ways = [(poll, channel) for channel in runtime.settings.channels for poll in polls]
    dials = [(poll.text(poll.title, "fr"), code) for poll, channel in ways for code in channel.codes_to(poll.dial)]
    return render_template("home.html", dials=dials, released=released, demonstration=runtime.settings.demonstration)


@blueprint.get("/polls/<slug>")
@doors.public
def poll(slug: str) -> str:
    """A poll's last release, by one stratum where `by` says so."""
    by = request.args.get("by", "")
    with reading(current.runtime().engine) as session:
        found, last = publication.newest(session, slug), releases.last(session, slug)
    figures = releases.only_by(last.content, (by,) if by else ()) if last else None
    if found is None or figures is None:
        abort(404)
    return render_template("public/poll.html", poll=found, figures=figures, by=by, names=_names(found, by))


def _names(found: Poll, by: str) -> dict[str, str]:
    """The name of each value of a stratum: the form's, else the place's."""
    question = found.by_name.get(by)
    labels = {choice.name: found.text(choice.label, "fr") for choice in question.choices} if question else {}
    return {**geography.names(by), **labels, "": "non précisé"}
