"""The runtime of the application that answers this request: how every view comes to the database, Redis and settings."""

from flask import current_app

from gateway.runtime import Runtime


def runtime() -> Runtime:
    """The one that `create_app` was given."""
    found: Runtime = current_app.extensions["palabre"]
    return found
