"""A real Kannel for the tests, from Debian's packages: bearerbox and smsbox, and fakesmsc in the operator's place.

The configuration is what docs/channels.md tells an operator to write, and a connection of the kind `fake`.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote_to_bytes

from tests import packages
from tests.installation import free_port
from tests.processes import until

SMSC = Path("/usr/lib/kannel/test/fakesmsc")
USERNAME, PASSWORD = "palabre", "a-secret-of-the-tests"
MANUAL = Path(__file__).parent.parent / "docs" / "channels.md"

_CAME_OUT = re.compile(rb"Got message \d+: <36036 \+\d+ (text|ucs-2) (.*)>")
"""The first line of a message: fakesmsc takes each further one for another message."""

REST = """
group = core
admin-port = {admin}
admin-password = {password}
admin-interface = "127.0.0.1"
smsbox-port = {boxes}
smsbox-interface = "127.0.0.1"
box-allow-ip = "127.0.0.1"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake
port = {carrier}
connect-allow-ip = 127.0.0.1
"""


def is_there() -> bool:
    """Whether Kannel and its fakesmsc are installed."""
    return bool(_box("bearerbox") and _box("smsbox") and SMSC.exists())


def install() -> bool:
    """Installs them where that is possible; whether they are there now."""
    if not is_there():
        packages.install("kannel", "kannel-extras")
    return is_there()


class Kannel:
    """A Kannel that runs: where its `sendsms` is, and the operator behind it."""

    def __init__(self, home: Path, sendsms: int, carrier: int) -> None:
        self._home, self._carrier = home, carrier
        self.address = f"http://127.0.0.1:{sendsms}"

    @contextlib.contextmanager
    def carries(self, message: str) -> Iterator[Callable[[], list[str]]]:
        """One SMS comes from a phone, as fakesmsc writes it; yields a way to see the words of those that come out meanwhile."""
        seen = self._home / "fakesmsc.log"
        with seen.open("wb") as log:
            words = [SMSC, "-H", "127.0.0.1", "-r", str(self._carrier), "-m", "1", message]
            process = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            yield lambda: [_words(*found) for found in _CAME_OUT.findall(seen.read_bytes())]
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def running(webhook: str) -> Iterator[Kannel]:
    """A Kannel whose `get-url` is at `webhook` (`http://host:port/kannel/<token>`)."""
    admin, boxes, carrier, sendsms = (free_port() for _ in range(4))
    with tempfile.TemporaryDirectory(prefix="kannel-") as home, contextlib.ExitStack() as stack:
        conf = Path(home) / "kannel.conf"
        rest = REST.format(admin=admin, boxes=boxes, carrier=carrier, password=PASSWORD)
        conf.write_text(rest + _as_documented(boxes, sendsms, webhook))
        for name, port in (("bearerbox", boxes), ("smsbox", sendsms)):
            stack.enter_context(_process([_box(name), "-v", "2", str(conf)], Path(home) / f"{name}.log"))
            until(partial(_listens, port), name)
        yield Kannel(Path(home), sendsms, carrier)


def _as_documented(boxes: int, sendsms: int, webhook: str) -> str:
    """The groups that docs/channels.md gives, with our ports and words in them."""
    (block,) = re.findall(r"^    group = smsbox$.*?(?=^\S)", MANUAL.read_text(), re.MULTILINE | re.DOTALL)
    lines = block.replace("https://your-host/kannel/<token>", webhook).replace(
        "sendsms-port = 13013", f"sendsms-port = {sendsms}"
    )
    lines = lines.replace("http-queue-delay = 10", "http-queue-delay = 1").replace('"another long secret"', PASSWORD)
    return "\n" + "\n".join(line.strip() for line in lines.splitlines()) + "\n"


@contextlib.contextmanager
def _process(words: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(words, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _words(kind: bytes, said: bytes) -> str:
    """What a phone shows of a message: letters of its own alphabet, or UCS-2 with each octet written out."""
    if kind == b"text":
        return said.decode()
    return unquote_to_bytes(said.replace(b"+", b" ")).decode("utf-16-be")


def _box(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


if __name__ == "__main__" and not install():
    print(
        "NO KANNEL: the tests in tests/end_to_end/test_kannel.py will not run; install kannel and kannel-extras",
        file=sys.stderr,
    )
