"""A real browser for the end-to-end tests: Debian's Chromium, installed where it lacks and we are root."""

import os
import shutil
import subprocess
import sys

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
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return False
    print("installing chromium from the system's packages", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]):
        subprocess.run([apt, *words], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return bool(chromium())


if __name__ == "__main__" and not install():
    print("NO BROWSER: the tests in tests/end_to_end/test_browser.py will not run; install chromium", file=sys.stderr)
