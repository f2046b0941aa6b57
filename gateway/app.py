"""The Flask application: staff pages, public pages, the simulator and the addresses that machines watch."""

from typing import Any

from flask import Flask, Response, render_template
from sqlalchemy.exc import SQLAlchemyError

from gateway import doors, french, health, simulator
from gateway.public import pages as public_pages
from gateway.runtime import Runtime
from gateway.staff import blueprint as staff_pages
from gateway.staff.inbox import waiting

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def create_app(runtime: Runtime) -> Flask:
    """The application of one process. Views find the runtime as `current_app.runtime`."""
    app = Flask(__name__)
    settings = runtime.settings
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="palabre",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_production,
        MAX_CONTENT_LENGTH=1024 * 1024,
        DEMONSTRATION=settings.demonstration,
    )
    app.extensions["palabre"] = runtime
    for blueprint in (health.blueprint, staff_pages, public_pages.blueprint, simulator.blueprint):
        app.register_blueprint(blueprint)
    doors.guard(app)
    app.jinja_env.filters.update(french.FILTERS)
    app.context_processor(lambda: {"organisation": settings.organisation, "who": doors.signed_in(), "in_the_inbox": waiting})
    app.after_request(_with_headers)
    for code in (403, 404, 405, 413, 500):
        app.register_error_handler(code, _error_page)
    app.register_error_handler(SQLAlchemyError, _database_away)
    return app


def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


_SAYS = {
    403: "Cette page ne vous est pas ouverte. Identifiez-vous, ou revenez par l'accueil.",
    404: "Il n'y a rien à cette adresse. Revenez par l'accueil.",
    405: "Cette adresse ne se lit pas ainsi. Revenez par l'accueil.",
    413: "Ce fichier est trop grand.",
    500: "Une erreur de notre côté. Rien de ce qui a été dit n'est perdu; réessayez dans un moment.",
}


def _error_page(error: Any) -> tuple[str, int]:
    code = getattr(error, "code", 500) or 500
    return render_template("error.html", says=_SAYS.get(code, _SAYS[500]), code=code), code


def _database_away(_error: SQLAlchemyError) -> tuple[str, int]:
    says = "La base de données ne répond pas. Ce que disent les téléphones est gardé et sera compté dès qu'elle revient."
    return render_template("error.html", says=says, code=503), 503
