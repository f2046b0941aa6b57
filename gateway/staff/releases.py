"""What is to be published: one person prepares it, another one approves it, and both see what is hidden and what waits."""

from collections.abc import Callable
from contextlib import suppress

from flask import Blueprint, abort, redirect, render_template, request, url_for
from redis import RedisError
from werkzeug.wrappers import Response

from gateway import current, doors
from gateway.public.pages import names
from gateway.staff.polls import find
from workers import publication
from workers.database.session import reading, writing
from workers.figures import releases
from workers.figures.audit import TooHard
from workers.figures.drafting import Draft, NothingToRelease

REFUSED = {
    "few": "Moins de dix personnes ont répondu: rien ne peut paraître.",
    "few_new": "Moins de dix personnes ont répondu depuis la dernière parution.",
    "overtaken": "Ce n'est plus ce qui attendait: relisez avant d'approuver.",
    "same_person": "Une parution demande deux personnes: quelqu'un d'autre doit l'approuver.",
    "too_hard": "Le contrôle de ces chiffres n'aboutit pas: rien ne peut paraître.",
}


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/polls/<slug>/release", "release", release)
    blueprint.add_url_rule("/polls/<slug>/release", "decide", decide, methods=["POST"])


@doors.staff
def release(slug: str) -> str:
    """What waits for a second person, as everybody would read it."""
    with reading(current.runtime().engine) as session:
        poll, waits, last = find(session, slug), releases.waiting(session, slug), releases.last(session, slug)
    refused = REFUSED.get(request.args.get("refused", ""), "")
    return render_template("staff/release.html", poll=poll, waiting=waits, last=last, refused=refused, called=names(poll))


@doors.staff
def decide(slug: str) -> Response:
    """One step. What cannot be done changes nothing, and the page says why."""
    steps = {"prepare": _prepare, "approve": _approve}
    step = steps.get(request.form.get("do", "")) or abort(400)
    return redirect(url_for("staff.release", slug=slug, refused=_refused(step, slug)))


def _refused(step: Callable[[str], None], slug: str) -> str | None:
    """Takes the step; why it could not be taken, by its name in `REFUSED`."""
    try:
        step(slug)
    except NothingToRelease as few:
        return few.why
    except releases.Overtaken:
        return "overtaken"
    except releases.SamePerson:
        return "same_person"
    except TooHard:
        return "too_hard"
    return None


def _prepare(slug: str) -> None:
    made = _draft(slug)
    with writing(current.runtime().engine) as session:
        releases.prepare(session, made, doors.signed_in())


def _approve(slug: str) -> None:
    with writing(current.runtime().engine) as session:
        releases.approve(session, slug, request.form.get("digest", ""), doors.signed_in())
    with suppress(RedisError):  # where it is away, the clock says it within a minute of its return
        publication.announce(current.runtime().engine, current.runtime().redis)


def _draft(slug: str) -> Draft:
    """Made while nobody waits for the database: it takes seconds."""
    with reading(current.runtime().engine) as session:
        return releases.next_draft(session, find(session, slug), current.runtime().above)
