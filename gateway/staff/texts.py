"""What people answered to a question in their own words. Nothing beside a text tells who wrote it."""

import re

from flask import Blueprint, Response, abort, make_response, render_template, request

from gateway import current, doors
from gateway.staff.polls import find
from workers.database.session import reading
from workers.figures import texts as answers


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/polls/<slug>/texts/<question>", "texts", texts)


@doors.staff
def texts(slug: str, question: str) -> Response:
    with reading(current.runtime().engine) as session:
        found = find(session, slug)
        asked = found.by_name.get(question)
        if asked is None or asked.type != "text":
            abort(404)
        page = answers.page(session, slug, question, before=_place("before"), after=_place("after"))
    response = make_response(render_template("staff/texts.html", poll=found, question=asked, page=page))
    response.headers["Cache-Control"] = "no-store"  # a text that is erased stays in no browser
    return response


def _place(name: str) -> int:
    """A place in the address; 0 where there is none, or what cannot be one."""
    typed = request.args.get(name, "")
    return int(typed) if re.fullmatch("[0-9]{1,18}", typed) else 0
