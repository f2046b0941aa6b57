"""The public pages. No live figure is ever shown here: only the last release (rule 24)."""

from flask import Blueprint, render_template

from gateway import current, doors
from workers import publication
from workers.database.session import reading

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
@doors.public
def home() -> str:
    runtime = current.runtime()
    with reading(runtime.engine) as session:
        polls = [poll for poll, is_open in publication.polls(session) if is_open]
    ways = [(poll, channel) for channel in runtime.settings.channels for poll in polls]
    dials = [(poll.text(poll.title, "fr"), code) for poll, channel in ways for code in channel.codes_to(poll.dial)]
    return render_template("home.html", dials=dials, demonstration=runtime.settings.demonstration)
