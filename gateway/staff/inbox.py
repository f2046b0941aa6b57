"""The messages that belong to no question: staff read them, answer, and settle them. No page of it shows a number."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from gateway import current, doors
from workers.database.session import reading, writing
from workers.messages import inbox

MOST_COUNTED = 1000
"""The count on every page stops here: it must cost nothing."""

REFUSED = {
    "stopped": "Cette personne a dit STOP: on ne peut plus lui écrire. Elle seule peut revenir, par START.",
    "gone": "On ne peut pas répondre: le message est envoyé par un nom, sans numéro, ou son numéro n'est plus gardé.",
    "empty": "La réponse est vide.",
    "long": "La réponse est trop longue: trois SMS au plus.",
    "unsent": "Votre réponse n'est pas partie: envoyez-la, ou effacez-la d'abord.",
    "overtaken": "Quelqu'un vient de répondre aussi: relisez l'échange, puis envoyez de nouveau s'il le faut.",
}

STATES = {
    "queued": "en attente",
    "sending": "en route",
    "sent": "partie",
    "delivered": "remise",
    "failed": "n'est pas arrivée",
    "unknown": "sans nouvelles",
    "cancelled": "annulée",
}
"""What became of a message of ours."""


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/messages", "messages", messages)
    blueprint.add_url_rule("/messages/list", "messages_list", messages_list)
    blueprint.add_url_rule("/messages/alarm", "alarm", alarm)
    blueprint.add_url_rule("/messages/<number>", "message", message)
    blueprint.add_url_rule("/messages/<number>", "act", act, methods=["POST"])


def waiting() -> inbox.Waiting:
    """What waits, for the head of every staff page; nothing where the database does not answer: the page says that itself."""
    try:
        with reading(current.runtime().engine) as session:
            return inbox.waiting(session, MOST_COUNTED)
    except SQLAlchemyError:
        return inbox.Waiting(0, 0)


@doors.staff
def messages() -> Response:
    return _private(render_template("staff/messages.html", **_listed()))


@doors.staff
def messages_list() -> Response:
    return _unless_known(render_template("staff/messages_list.html", **_listed()))


@doors.staff
def alarm() -> Response:
    """The banner alone, for every page that stands open."""
    return _unless_known(render_template("staff/alarm.html", waiting=waiting()))


@doors.staff
def message(number: str) -> Response:
    """One message, what was exchanged with whoever wrote it, and room for an answer."""
    with reading(current.runtime().engine) as session:
        return _shown(session, _find(session, number))


@doors.staff
def act(number: str) -> Answer:
    """One step. An answer that cannot be sent, or was typed and is not sent, stays on the page, with the reason."""
    steps: dict[str, Callable[[Session, inbox.Letter], None]] = {"reply": _reply, "done": _settle, "reopen": _reopen}
    step = steps.get(request.form.get("do", "")) or abort(400)
    try:
        with writing(current.runtime().engine) as session:
            letter = _find(session, number)
            if step is not _reply and request.form.get("words", "").strip():
                raise inbox.Refused("unsent")
            step(session, letter)
    except inbox.Refused as refused:
        with reading(current.runtime().engine) as session:
            shown = _shown(session, _find(session, number), refused.why, request.form.get("words", ""))
        shown.status_code = 409
        return shown
    return redirect(url_for("staff.message", number=number) if step is _reply else url_for("staff.messages"))


def _reply(session: Session, letter: inbox.Letter) -> None:
    inbox.reply(session, letter, request.form.get("words", ""), _number(request.form.get("place", "")))


def _settle(session: Session, letter: inbox.Letter) -> None:
    inbox.settle(session, letter.id, doors.signed_in(), datetime.now(UTC))


def _reopen(session: Session, letter: inbox.Letter) -> None:
    inbox.reopen(session, letter.id)


def _listed() -> dict[str, object]:
    """What waits, or what was settled, from the place in the address on."""
    place, settled = _number(request.args.get("from", "")), "settled" in request.args
    with reading(current.runtime().engine) as session:
        page = inbox.settled(session, place) if settled else inbox.unsettled(session, place)
    return {"page": page, "settled": settled, "place": place}


def _shown(session: Session, letter: inbox.Letter, refused: str = "", words: str = "") -> Response:
    page = render_template(
        "staff/message.html",
        letter=letter,
        lines=inbox.exchange(session, letter, datetime.now(UTC)),
        place=inbox.replies(session, letter),
        cannot=REFUSED.get(letter.cannot, ""),
        refused=REFUSED.get(refused, ""),
        words=words,
        states=STATES,
    )
    return _private(page)


def _find(session: Session, number: str) -> inbox.Letter:
    return inbox.letter(session, _number(number)) or abort(404)


def _number(typed: str) -> int:
    """A number in an address or a form; 0, which is no message's, where there is none."""
    return int(typed) if re.fullmatch("[0-9]{1,18}", typed) else 0


def _unless_known(shown: str) -> Response:
    """304 while nothing moved: a few octets on a poor line."""
    stamp = hashlib.sha256(shown.encode()).hexdigest()[:16]
    known = request.if_none_match.contains(stamp)
    response = Response(status=304) if known else make_response(shown)
    response.set_etag(stamp)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _private(shown: str) -> Response:
    """Words that are erased stay in no browser."""
    response = make_response(shown)
    response.headers["Cache-Control"] = "no-store"
    return response
