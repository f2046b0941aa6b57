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
    codes = [(code, poll) for channel in runtime.settings.channels for code in channel.service_codes for poll in polls]
    dials = [(poll.text(poll.title, "fr"), f"{code.rstrip('#')}*{poll.dial}#" if poll.dial else code) for code, poll in codes]
    return render_template("home.html", dials=dials, demonstration=runtime.settings.demonstration)
