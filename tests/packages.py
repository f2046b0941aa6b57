"""What the tests need of the system, installed from its packages where that is possible: Debian, and root."""

import os
import shutil
import subprocess


def install(*names: str) -> None:
    """Installs packages, and says so; nothing where nobody may, or where it fails."""
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return
    print(f"installing {' '.join(names)} from the system's packages", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *names]):
        subprocess.run([apt, *words], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
