"""Who may enter: every view declares it, one place enforces it, and a view that declares nothing is closed."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, redirect, request, session, url_for

View = TypeVar("View", bound=Callable[..., Any])

SIGNED_IN_SECONDS = 12 * 3600


def public(view: View) -> View:
    """Anybody."""
    return _opened(view, "public")


def staff(view: View) -> View:
    """Whoever signed in."""
    return _opened(view, "staff")


def demonstration(view: View) -> View:
    """Anybody in a demonstration, staff elsewhere."""
    return _opened(view, "demonstration")


def guard(app: Flask) -> None:
    """Puts the guard before every request of the application."""
    app.before_request(_check)
    app.view_functions["static"] = public(app.view_functions["static"])


def who_may_enter(app: Flask, endpoint: str) -> str:
    """What the view behind an endpoint declares; empty where it declares nothing."""
    return getattr(app.view_functions.get(endpoint), "door", "")


def signed_in() -> str:
    """The name of the staff member behind this request; empty where there is none."""
    return str(session.get("name", "")) if session.get("until", 0) > time.time() else ""


def enter(name: str) -> None:
    """Signs somebody in."""
    session.clear()
    session["name"], session["until"] = name, time.time() + SIGNED_IN_SECONDS


def _opened(view: View, who: str) -> View:
    view.door = who  # type: ignore[attr-defined]
    return view


def _check() -> Any:
    if request.endpoint is None:
        return None  # no such address: the 404 that follows says so
    door = who_may_enter(current_app, request.endpoint)
    if not door:
        abort(403)
    if request.method not in ("GET", "HEAD", "OPTIONS") and _from_elsewhere():
        abort(403)
    is_open = door == "public" or (door == "demonstration" and current_app.config["DEMONSTRATION"])
    if is_open or signed_in():
        return None
    if request.headers.get("X-Requested-With") == "live":
        return Response(status=401)
    return redirect(url_for("staff.sign_in", then=request.full_path.rstrip("?")))


def _from_elsewhere() -> bool:
    """Whether a page of another site sent this request (CSRF): browsers say where they come from."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return bool(origin) and origin != request.host_url.rstrip("/")
