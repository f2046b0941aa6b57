"""The polls, and one poll's figures as they come in. Read from tallies, never from answers."""

import time
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, make_response, render_template, request
from sqlalchemy.orm import Session

from flows import geography
from flows.poll import Poll
from gateway import current, doors, french
from gateway.staff.refusals import refusal
from workers import people, publication
from workers.database.session import reading
from workers.figures import results


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/", "polls", polls)
    blueprint.add_url_rule("/polls/<slug>", "poll", poll)
    blueprint.add_url_rule("/polls/<slug>/figures", "figures", figures)


@doors.staff
def polls() -> str:
    with reading(current.runtime().engine) as session:
        listed = publication.polls(session)
    now = time.time()
    stand = [(poll, french.standing(poll, is_open, now)) for poll, is_open in listed]
    return render_template("staff/polls.html", polls=stand)


@doors.staff
def poll(slug: str) -> str:
    with reading(current.runtime().engine) as session:
        found = find(session, slug)
        stands = french.standing(found, publication.is_open(session, slug), time.time())
        shown = {"refused": refusal(*map(request.args.get, ("why", "what"))), **_figures(session, found)}
        shown |= {"may": people.may_write_to_many(session, doors.signed_in())}
        return render_template("staff/poll.html", poll=found, stands=stands, **shown)


@doors.staff
def figures(slug: str) -> Response:
    """The figures alone, for the page that asks every second: 304 while nothing moved, a few octets on a poor line."""
    with reading(current.runtime().engine) as session:
        stamp = f"{results.stamp(session)}.{request.args.get('by', '')}"
        if request.if_none_match.contains(stamp):
            response = Response(status=304)
        else:
            found = find(session, slug)
            response = make_response(render_template("staff/figures.html", poll=found, **_figures(session, found)))
    response.set_etag(stamp)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _figures(session: Session, found: Poll) -> dict[str, object]:
    by = request.args.get("by", "")
    if by and by not in found.strata:
        abort(404)
    return {"figures": results.results(session, found, [by] if by else []), "by": by, "names": _names(found, by)}


def _names(found: Poll, by: str) -> dict[str, str]:
    """What each value of the stratum is called: as the form says, else as the place is; outside the perimeter it says so."""
    question = found.by_name.get(by)
    choices = question.choices if question else ()
    labels = {choice.name: found.text(choice.label, "fr") for choice in choices}
    names = french.groups(by) | labels
    division = geography.in_force(datetime.now(UTC).date())
    for value in division.outside(by, current.runtime().settings.perimeter):
        names[value] += " (hors périmètre)"
    return names


def find(session: Session, slug: str) -> Poll:
    """The newest version of a poll; a 404 where there is none."""
    found = publication.newest(session, slug)
    if found is None:
        abort(404)
    return found
