"""The staff's desk in the tests: a browser without a screen, signed in."""

import time

from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.runtime import Runtime


def signed_in(runtime: Runtime, name: str = "awa") -> FlaskClient:
    """The browser of somebody of the staff."""
    client = create_app(runtime).test_client()
    with client.session_transaction() as session:
        session["name"], session["until"] = name, time.time() + 60
    return client
