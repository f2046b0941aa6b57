"""A real browser for the end-to-end tests: Debian's Chromium, installed where it lacks and we are root."""

import shutil
import sys

from tests import packages

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """The path of the browser; empty where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""


def install() -> bool:
    """Installs Chromium from the system's packages where that is possible; whether there is one now."""
    if chromium():
        return True
    packages.install("chromium", "fonts-dejavu-core")
    return bool(chromium())


if __name__ == "__main__" and not install():
    print("NO BROWSER: the tests in tests/end_to_end/test_browser.py will not run; install chromium", file=sys.stderr)
