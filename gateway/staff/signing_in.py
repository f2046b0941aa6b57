"""Signing in and out. A name that is guessed at waits; nobody learns whether a name exists."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from redis import RedisError
from werkzeug.wrappers import Response

from gateway import current, doors
from gateway.runtime import Runtime
from workers.database.session import reading
from workers.people import password_fits

TRIES, TRIES_SECONDS = 10, 900


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/sign-in", "sign_in", sign_in, methods=["GET", "POST"])
    blueprint.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])


@doors.public
def sign_in() -> str | tuple[str, int] | Response:
    if request.method == "GET":
        return render_template("staff/sign_in.html", wrong="")
    runtime = current.runtime()
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    if not _may_try(runtime, name):
        return render_template("staff/sign_in.html", wrong="Trop d'essais. Attendez un quart d'heure."), 429
    with reading(runtime.engine) as database:
        fits = password_fits(database, name, password)
    if not fits:
        return render_template("staff/sign_in.html", wrong="Ce nom et ce mot de passe ne vont pas ensemble."), 403
    doors.enter(name)
    then = request.args.get("then", "")
    return redirect(then if then.startswith("/staff") else url_for("staff.polls"))


@doors.staff
def sign_out() -> Response:
    session.clear()
    return redirect(url_for("staff.sign_in"))


def _may_try(runtime: Runtime, name: str) -> bool:
    key = f"palabre:sign-in:{name[:64]}"
    try:
        tries, _ = runtime.redis.pipeline().incr(key).expire(key, TRIES_SECONDS, lt=True).execute()
    except RedisError:
        return True  # staff may read figures while Redis is away
    return int(tries) <= TRIES
