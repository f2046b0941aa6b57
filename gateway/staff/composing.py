"""Writing a campaign: its segments, cost and audience as it is typed, letters that cost a page, and their folding.

It works without JavaScript too: the same button asks for the same figures.
"""

import re
from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from flows import gsm
from flows.poll import Choice, Poll
from gateway import current, doors, french
from gateway.staff.refusals import refusal
from workers import people, publication
from workers.database.models import Campaign
from workers.database.session import reading, writing
from workers.messages import audience, campaigns, dry_run, wording
from workers.messages.audience import Audience
from workers.messages.campaigns import Plan
from workers.messages.wording import Measured, Refused

Form = MultiDict[str, str]

STRATA = ("residence", "cercle", "origin", "commune", "country", "sex", "age_band", "college", "language", "channel")
_MOMENT = "%Y-%m-%dT%H:%M"


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/campaigns/new", "compose", compose, methods=["GET", "POST"])
    blueprint.add_url_rule("/campaigns/<number>/edit", "recompose", compose, methods=["GET", "POST"])
    blueprint.add_url_rule("/campaigns/measure", "measure", measure, methods=["POST"])


def found(session: Session, number: str) -> Campaign:
    """The campaign in the address; a 404 where there is none."""
    try:
        return campaigns.get(session, int(number) if number.isdecimal() else 0)
    except Refused:
        abort(404)


def must_write_to_many(session: Session) -> None:
    """Keeps those out who read only.

    Raises:
        Refused: role.
    """
    if not people.may_write_to_many(session, doors.signed_in()):
        raise Refused("role")


@doors.staff
def compose(number: str = "") -> str | Answer:
    """The form; what is typed is measured, folded, or kept as a draft. Who may not, or no longer, is sent back and told why."""
    try:
        at, form = _draft(number) if number else (_new(), _blank())
    except Refused as why:
        to = "staff.campaign" if number else "staff.campaigns"
        return redirect(url_for(to, number=number or None, why=why.why, what=why.what))
    wrong = ""
    if request.method == "POST":
        form, do = request.form, request.form.get("do", "")
        if do == "keep":
            try:
                return redirect(url_for("staff.campaign", number=_keep(form, at)))
            except Refused as why:
                wrong = refusal(why.why, why.what)
        elif do.startswith("fold:"):
            form = _folded(form, f"text_{do[5:]}")
    with reading(current.runtime().engine) as session:
        shown = {**_choices(session, form), **_measured(session, form)}
    return render_template("staff/compose.html", form=form, number=at, wrong=wrong, **shown)


@doors.staff
def measure() -> str:
    """The figures alone, for the page that asks while somebody types."""
    with reading(current.runtime().engine) as session:
        return render_template("staff/measure.html", **_measured(session, request.form))


def _keep(form: Form, number: int) -> int:
    runtime = current.runtime()
    with writing(runtime.engine) as session:
        phrases = runtime.phrases(session)
        return campaigns.write(session, _plan(form), doors.signed_in(), runtime.settings.channels, phrases, number)


def _measured(session: Session, form: Form) -> dict[str, object]:
    """Each text as it is sent, and the bill; or why there is none yet."""
    runtime = current.runtime()
    texts = wording.complete(_texts(form), runtime.phrases(session))
    try:
        plan = _plan(form)
        poll = campaigns.poll(session, plan.poll)
        channels = campaigns.spoken_on(plan.audience, runtime.settings.channels)
        if not texts:
            return {"measured": {}, "run": None, "cannot": ""}
        wording.check(texts, poll, channels)
        longest = {language: _longest(texts, language, poll, plan) for language in texts}
        run = dry_run.dry_run(session, _with(plan, texts), 0, runtime.settings.channels, at_most=dry_run.MOST_COUNTED)
    except Refused as why:
        return {"measured": {language: wording.measure(text) for language, text in texts.items()}, "run": None} | {
            "cannot": refusal(why.why, why.what)
        }
    return {"measured": longest, "run": run, "cannot": ""}


def _longest(texts: dict[str, str], language: str, poll: Poll | None, plan: Plan) -> Measured:
    """The text on the channel where it takes most."""
    channels = campaigns.spoken_on(plan.audience, current.runtime().settings.channels)
    every = (wording.measure(wording.said(texts, language, channel, poll)) for channel in channels)
    return max(every, key=lambda one: (one.parts, one.units))


def _with(plan: Plan, texts: dict[str, str]) -> Plan:
    return Plan(plan.name, texts, plan.audience, plan.starts_at, plan.hours, plan.poll)


def _choices(session: Session, form: Form) -> dict[str, object]:
    """What can be picked: languages, polls, channels, and the values of each stratum that people have."""
    runtime = current.runtime()
    listed = publication.polls(session)
    labels = _labels([poll for poll, _ in listed])
    values = audience.known_values(session)
    strata = {
        name: {
            value: labels.get((name, value)) or french.groups(name).get(value, value)
            for value in sorted({*values.get(name, ()), *form.getlist(f"in_{name}")})
        }
        for name in STRATA
    }
    phrases = runtime.phrases(session)
    languages = {language: phrases.name_of(language) for language in phrases.languages}
    return {"languages": languages, "polls": listed, "channels": runtime.settings.channels, "strata": strata}


def _labels(polls: list[Poll]) -> dict[tuple[str, str], str]:
    """What the forms call the values of their profile questions."""

    def label(poll: Poll, choice: Choice) -> str:
        return poll.text(choice.label, "fr")

    asked = [(poll, question) for poll in polls for question in poll.profile]
    return {(one.name, choice.name): label(poll, choice) for poll, one in asked for choice in one.choices}


def _new() -> int:
    """The number of one that has none yet.

    Raises:
        Refused: role.
    """
    with reading(current.runtime().engine) as session:
        must_write_to_many(session)
    return 0


def _draft(number: str) -> tuple[int, Form]:
    """(its number, what was typed) of a campaign that is written again.

    Raises:
        Refused: role; state: nothing of it can be changed any more.
    """
    with reading(current.runtime().engine) as session:
        row = found(session, number)
        must_write_to_many(session)
        if row.state != "draft" and request.method == "GET":  # what was typed meanwhile stays on the form
            raise Refused("state", row.state)
        return row.id, _form_of(campaigns.plan_of(row))


def _blank() -> Form:
    soon = (datetime.now(UTC) + timedelta(hours=1)).replace(minute=0)
    given = {"starts_at": soon.strftime(_MOMENT), "hours": "4", "seed": "1", "idle_hours": str(campaigns.IDLE_HOURS)}
    return MultiDict({**given, "poll": request.args.get("poll", "")})


def _form_of(plan: Plan) -> Form:
    """A draft, as it was typed."""
    whom = plan.audience
    form: Form = MultiDict({f"text_{language}": text for language, text in plan.texts.items()})
    form.update({"name": plan.name, "poll": plan.poll, "hours": str(plan.hours), "starts_at": plan.starts_at.strftime(_MOMENT)})
    form.update({"asked": whom.poll, "state": whom.state, "idle_hours": str(whom.idle_hours), "seed": str(whom.seed)})
    quotas = ", ".join(f"{value}={count}" for value, count in whom.quotas.items())
    form.update({"sample": str(whom.sample or ""), "by": whom.by, "quotas": quotas})
    picked = {f"in_{name}": values for name, values in whom.strata.items()} | {"channels": whom.channels}
    for name, values in picked.items():
        if values:  # a key without a value would break whoever reads the form
            form.setlist(name, list(values))
    return form


def _plan(form: Form) -> Plan:
    """What was typed, read.

    Raises:
        Refused: starts, number or quotas.
    """
    try:
        starts_at = datetime.strptime(form.get("starts_at", ""), _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        raise Refused("starts") from None
    campaigns.check_start(starts_at)
    quotas = campaigns.read_quotas(form.get("quotas", ""))
    strata = {name: tuple(form.getlist(f"in_{name}")) for name in STRATA if form.getlist(f"in_{name}")}
    state = form.get("state", "")
    whom = Audience(
        strata=strata,
        channels=tuple(form.getlist("channels")),
        poll=form.get("asked", "") if state else "",
        state=state if state in ("unbegun", "halfway", "answered") else "",  # type: ignore[arg-type]
        idle_hours=_number(form, "idle_hours") if state == "halfway" else 0,
        sample=_number(form, "sample"),
        seed=_number(form, "seed"),
        by=form.get("by", "") if quotas else "",
        quotas=quotas,
    )
    return Plan(form.get("name", ""), _texts(form), whom, starts_at, _number(form, "hours"), form.get("poll", ""))


def _number(form: Form, name: str) -> int:
    typed = form.get(name, "").strip()
    if typed and not re.fullmatch("[0-9]{1,7}", typed):
        raise Refused("number", typed[:20])
    return int(typed or 0)


def _texts(form: Form) -> dict[str, str]:
    return {name[5:]: text for name, text in form.items() if re.fullmatch("text_[a-z]{2,3}", name)}


def _folded(form: Form, field: str) -> Form:
    """The form, with one text written so that it stays in the phones' alphabet."""
    changed: Form = MultiDict(form)
    changed[field] = gsm.fold(form.get(field, ""))
    return changed
