"""What is to be published: one person prepares it, another one approves it, and both see what is hidden and what waits."""

import contextlib

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gateway import current, doors
from gateway.staff.polls import find
from workers import releases
from workers.database.session import reading, writing
from workers.drafting import Draft, NothingToRelease

REFUSED = {
    "few": "Moins de dix personnes ont répondu: rien ne peut paraître.",
    "few_new": "Moins de dix personnes ont répondu depuis la dernière parution.",
}


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/polls/<slug>/release", "release", release)
    blueprint.add_url_rule("/polls/<slug>/release", "decide", decide, methods=["POST"])


@doors.staff
def release(slug: str) -> str:
    """What waits for a second person, or what the next release would be."""
    refused, draft = "", None
    with reading(current.runtime().engine) as session:
        poll, waits, last = find(session, slug), releases.waiting(session, slug), releases.last(session, slug)
        if waits is None:
            try:
                draft = releases.next_draft(session, poll, current.runtime().above)
            except NothingToRelease as why:
                refused = REFUSED[why.why]
    content = waits.content if waits else draft.content if draft else None
    left_out = waits.waiting if waits else draft.kept.waiting if draft else 0
    shown = {"content": content, "left_out": left_out, "refused": refused}
    return render_template("staff/release.html", poll=poll, waiting=waits, last=last, **shown)


@doors.staff
def decide(slug: str) -> Response:
    """One step. What cannot be done any more changes nothing, and the page says how things stand."""
    step, engine = request.form.get("do"), current.runtime().engine
    if step not in ("prepare", "approve"):
        abort(400)
    with contextlib.suppress(NothingToRelease, releases.Overtaken, releases.SamePerson):
        made = _draft(slug) if step == "prepare" else None
        with writing(engine) as session:
            if made:
                releases.prepare(session, made, doors.signed_in())
            else:
                releases.approve(session, slug, request.form.get("digest", ""), doors.signed_in())
    return redirect(url_for("staff.release", slug=slug))


def _draft(slug: str) -> Draft:
    """Made while nobody waits for the database."""
    with reading(current.runtime().engine) as session:
        return releases.next_draft(session, find(session, slug), current.runtime().above)
