"""Campaigns: the list, and one of them: approved by somebody else, watched while it goes, held when it must be."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from gateway import current, doors, french
from gateway.staff.composing import found, must_write_to_many
from gateway.staff.refusals import refusal
from workers import people
from workers.database.models import Campaign
from workers.database.session import reading, writing
from workers.messages import audience, campaigns, dry_run, holding, progress, trial, waits
from workers.messages.wording import Refused

STRATA = ("cercle", "residence", "country", "sex", "age_band", "language", "channel")
"""By what a dry run is broken down."""


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/campaigns", "campaigns", listed)
    blueprint.add_url_rule("/campaigns/<number>", "campaign", campaign)
    blueprint.add_url_rule("/campaigns/<number>", "move_campaign", move, methods=["POST"])
    blueprint.add_url_rule("/campaigns/<number>/progress", "campaign_progress", how_far)
    blueprint.add_url_rule("/polls/<slug>/remind", "remind", remind, methods=["POST"])


@doors.staff
def listed() -> str:
    with reading(current.runtime().engine) as session:
        rows = campaigns.listed(session)
        shown = {"rows": rows, "stands": french.CAMPAIGNS, "aside": audience.set_aside(session)}
        shown |= {"may": people.may_write_to_many(session, doors.signed_in())}
    refused = refusal(*map(request.args.get, ("why", "what")))
    return render_template("staff/campaigns.html", refused=refused, **shown)


@doors.staff
def campaign(number: str) -> str:
    """Before it goes: whom and what; afterwards: how far it is."""
    runtime = current.runtime()
    with reading(runtime.engine) as session:
        row = found(session, number)
        plan = campaigns.plan_of(row)
        shown = {"row": row, "plan": plan, "digest": campaigns.digest_of(plan), "stands": french.CAMPAIGNS[row.state]}
        shown |= {"whom": french.audience(plan.audience), "trials": len(runtime.settings.training_phones)}
        shown |= {"may": people.may_write_to_many(session, doors.signed_in()), "done": request.args.get("done", "")}
        shown |= {"channels": runtime.settings.channels, "refused": refusal(*map(request.args.get, ("why", "what")))}
        shown |= {"cercles": _named(holding.places(session, row, runtime.settings.channels)), "held_places": _held(row)}
        if row.state in ("draft", "approved"):
            shown |= _before(session, row)
        else:
            shown |= _meanwhile(session, row)
    return render_template("staff/campaign.html", **shown)


@doors.staff
def how_far(number: str) -> Response:
    """Its figures alone, for the page that asks every second: a 304 while nothing moved."""
    with reading(current.runtime().engine) as session:
        row = found(session, number)
        stamp = progress.stamp(session, row.id, current.runtime().settings.channels)
        if request.if_none_match.contains(stamp):
            response = Response(status=304)
        else:
            response = make_response(render_template("staff/progress.html", row=row, **_meanwhile(session, row)))
    response.set_etag(stamp)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@doors.staff
def move(number: str) -> Answer:
    """One step. What cannot be done changes nothing, and the page says why."""
    step = _STEPS.get(request.form.get("do", "")) or abort(400)
    with reading(current.runtime().engine) as session:
        at = found(session, number).id
    try:
        with writing(current.runtime().engine) as session:
            must_write_to_many(session)
            step(session, at)
    except Refused as why:
        return redirect(url_for("staff.campaign", number=at, why=why.why, what=why.what))
    return redirect(url_for("staff.campaign", number=at, done=request.form["do"]))


@doors.staff
def remind(slug: str) -> Answer:
    """A draft of the one reminder to those who stopped half-way: somebody else still approves it."""
    runtime = current.runtime()
    try:
        with writing(runtime.engine) as session:
            must_write_to_many(session)
            phrases = runtime.phrases(session)
            plan = campaigns.reminder(session, slug, runtime.settings.organisation, phrases, datetime.now(UTC))
            number = campaigns.write(session, plan, doors.signed_in(), runtime.settings.channels, phrases)
    except Refused as why:
        return redirect(url_for("staff.poll", slug=slug, why=why.why, what=why.what))
    return redirect(url_for("staff.campaign", number=number))


def _held(row: Campaign) -> dict[str, str]:
    """The cercles that were paused by themselves, with their names."""
    return _named(campaigns.paused_places(row))


def _named(cercles: Sequence[str]) -> dict[str, str]:
    names = french.groups("cercle")
    return {cercle: names.get(cercle, cercle) for cercle in cercles}


def _before(session: Session, row: Campaign) -> dict[str, object]:
    by = request.args.get("by", STRATA[0])
    if by not in STRATA:
        abort(404)
    channels, plan = current.runtime().settings.channels, campaigns.plan_of(row)
    try:
        run = dry_run.dry_run(session, plan, row.id, channels, by)
    except Refused as why:  # the settings changed since it was written
        return {"run": None, "cannot": refusal(why.why, why.what)}
    return {"run": run, "by": by, "strata": STRATA, "names": french.groups(by)}


def _meanwhile(session: Session, row: Campaign) -> dict[str, object]:
    shown = {"progress": progress.progress(session, row.id), "aside": audience.set_aside(session)}
    shown |= {"waits": waits.waits(session, row.id, current.runtime().settings.channels, datetime.now(UTC))}
    return {**shown, "names": french.groups("cercle"), "held_places": _held(row), "hour": progress.hour_of}


def _approve(session: Session, number: int) -> None:
    digest, channels = request.form.get("digest", ""), current.runtime().settings.channels
    campaigns.approve(session, number, digest, doors.signed_in(), channels)


def _try(session: Session, number: int) -> None:
    """To one of our own phones, by its place in the settings: its number stands on no page."""
    runtime, place = current.runtime(), request.form.get("phone", "")
    phones = runtime.settings.training_phones
    if not place.isdecimal() or int(place) >= len(phones):
        raise Refused("no_phone")
    channel = trial.channel_of(runtime.settings.channels, request.form.get("channel", ""))
    trial.send(session, number, phones[int(place)], channel, runtime.keyring.current())


def _pause(session: Session, number: int) -> None:
    """All of it where the form has no cercle; a form whose cercle nobody picked pauses nothing."""
    holding.pause(session, number, current.runtime().settings.channels, request.form.get("cercle"))


_STEPS: dict[str, Callable[[Session, int], object]] = {
    "approve": _approve,
    "pause": _pause,
    "resume": lambda session, number: holding.resume(session, number, request.form.get("cercle")),
    "cancel": holding.cancel,
    "try": _try,
}
