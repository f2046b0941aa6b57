"""Settings: environment variables over `palabre.toml`, read once at each edge. Every one is in docs/settings.md.

They stand here and not in the gateway because jobs read them too. Secrets are never printed.
"""

import hashlib
import os
import tomllib
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from flows import geography
from workers import channels
from workers.channels.base import Channel
from workers.keys import keyfile
from workers.keys.keyfile import KeyfileError

DEMO_TOKEN = "demo"  # noqa: S105 - the demonstration's, refused in production
_ENVIRONMENT = {
    "PALABRE_DATABASE_URL": "database_url",
    "PALABRE_REDIS_URL": "redis_url",
    "PALABRE_QUEUE_URL": "queue_url",
    "PALABRE_DATA_DIR": "data_dir",
    "PALABRE_SECRET_KEY": "secret_key",
    "PALABRE_PHONE_KEYS": "phone_keys",
    "PALABRE_ENV": "env",
    "PALABRE_DURABILITY": "durability",
    "PALABRE_LANE_MARGIN": "lane_margin",
    "PALABRE_INTAKE_WORKERS": "intake_workers",
    "PALABRE_REDIS_MEMORY": "redis_memory",
    "PALABRE_ORGANISATION": "organisation",
    "PALABRE_PERIMETER": "perimeter",
    "PALABRE_SERVER": "server",
    "PALABRE_WEB_WORKERS": "web_workers",
    "PALABRE_WEB_THREADS": "web_threads",
    "PALABRE_DEMONSTRATION": "demonstration",
    "HOST": "host",
    "PORT": "port",
}
_LISTS = ("phone_keys", "perimeter")
"""Those that are separated by commas in the environment."""
GRANIAN = (
    "granian --interface wsgi --host {host} --port {port} --workers {workers} --blocking-threads {threads}"
    " --backpressure 256 --respawn-failed-workers --workers-kill-timeout 5 --log-level warning gateway.wsgi:application"
)


class SettingsError(Exception):
    """A setting is wrong; the message is one line for whoever runs the command."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them; the table in docs/settings.md says what each is for.

    `phone_keys` are those that were set; where there are none, those of the data directory (workers/keys/keyring.py).
    """

    data_dir: str = "var"
    database_url: str = ""
    redis_url: str = ""
    queue_url: str = ""
    secret_key: str = ""
    phone_keys: tuple[str, ...] = ()
    env: str = "development"
    host: str = "127.0.0.1"
    port: int = 8000
    server: str = GRANIAN
    web_workers: int = 2
    web_threads: int = 4
    durability: str = "always"
    lane_margin: int = 1000
    intake_workers: int = 1
    redis_memory: str = "512mb"
    training_phones: tuple[str, ...] = ()
    organisation: str = "EMDK"
    perimeter: tuple[str, ...] = tuple(sorted(geography.HISTORICAL))
    ucs2_languages: tuple[str, ...] = ()
    referral: str = ""
    distress_words: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    demonstration: bool = False

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def embeds_redis(self) -> bool:
        """Whether `palabre up` starts a Valkey of its own."""
        return self.redis_url == embedded_redis_url(Path(self.data_dir))

    @property
    def address(self) -> str:
        """Where the web server listens, as a URL."""
        return f"http://{self.host}:{self.port}"


def load(starting: bool = False) -> Settings:
    """The settings in force: those of the environment, of the installation that runs on this data directory, of the file.

    Args:
        starting: for `palabre up`, which takes nothing over from one that ran before.

    Raises:
        SettingsError: in one line, where something is wrong, or missing in production.
    """
    running = {} if starting else _from_running()
    given = _from_file(running.pop("config", "")) | running | _from_environment()
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as why:
        raise SettingsError(f"settings: {why}") from None
    data = Path(settings.data_dir).absolute()
    redis_url = settings.redis_url or embedded_redis_url(data)
    settings = msgspec.structs.replace(
        settings,
        data_dir=str(data),
        database_url=settings.database_url or f"sqlite:///{data / 'palabre.db'}",
        redis_url=redis_url,
        queue_url=settings.queue_url or redis_url,
    )
    _refuse_what_is_no_cercle(settings)
    _refuse_channels_that_cannot_work(settings)
    _refuse_what_production_forbids(settings)
    if settings.demonstration and not settings.channels:
        settings = msgspec.structs.replace(settings, channels=(demo_channel(settings),))
    return settings


def demo_channel(settings: Settings) -> Channel:
    """The demonstration's channel: the real provider, with the simulator where Africa's Talking would be."""
    return Channel(
        name="demo",
        provider="africastalking",
        token=DEMO_TOKEN,
        service_codes=("*384*36#",),
        short_code="36036",
        base_url=f"{settings.address}/simulator",
    )


def with_secrets(settings: Settings) -> Settings:
    """The settings with the secret key of the data directory, whose keys are made at the first start (mode 0600).

    Raises:
        SettingsError: when they can be neither read nor made.
    """
    if settings.secret_key and settings.phone_keys:
        return settings
    try:
        kept = keyfile.read_or_make(keyfile.keyfile_of(settings.data_dir))
    except OSError as why:
        raise SettingsError(f"{settings.data_dir}: {why.strerror}") from None
    except KeyfileError as why:
        raise SettingsError(str(why)) from None
    return msgspec.structs.replace(settings, secret_key=settings.secret_key or kept.secret_key)


def embedded_redis_url(data: Path) -> str:
    """Where the embedded Valkey of a data directory listens: a socket in it, or beside the temporary files if that is too long.

    A Unix socket's path has at most 107 bytes (unix(7)).
    """
    socket = data / "valkey" / "valkey.sock"
    if len(os.fsencode(socket)) > 100:
        name = hashlib.sha256(str(data).encode()).hexdigest()[:12]
        socket = Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp")) / f"palabre-{os.getuid()}-{name}" / "valkey.sock"  # noqa: S108
    return f"unix://{socket}"


def remember(settings: Settings) -> None:
    """Leaves word in the data directory where this installation runs, so that other commands find it by that alone."""
    config = os.environ.get("PALABRE_CONFIG", "")
    lines = [
        f'host = "{settings.host}"',
        f"port = {settings.port}",
        f"demonstration = {str(settings.demonstration).lower()}",
        f'config = "{Path(config).absolute() if config else ""}"',
    ]
    (Path(settings.data_dir) / _RUNNING).write_text("\n".join(lines) + "\n")


_RUNNING = "running.toml"


def _from_running() -> dict[str, Any]:
    try:
        return tomllib.loads((Path(os.environ.get("PALABRE_DATA_DIR") or "var") / _RUNNING).read_text())
    except (OSError, tomllib.TOMLDecodeError):
        return {}


def _from_file(of_running: str) -> dict[str, Any]:
    named = os.environ.get("PALABRE_CONFIG") or of_running
    path = Path(named or "palabre.toml")
    if not named and not path.exists():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as why:
        raise SettingsError(f"{path}: {why}") from None
    return content


def _from_environment() -> dict[str, Any]:
    given: dict[str, Any] = {}
    for variable, name in _ENVIRONMENT.items():
        if os.environ.get(variable):
            given[name] = os.environ[variable]
    for name in given.keys() & _LISTS:
        given[name] = [one.strip() for one in given[name].split(",") if one.strip()]
    return given


def _refuse_what_is_no_cercle(settings: Settings) -> None:
    for name in settings.perimeter:
        if name not in geography.HISTORICAL:
            raise SettingsError(f"perimeter: '{name}' is not among {', '.join(sorted(geography.HISTORICAL))}")


def _refuse_channels_that_cannot_work(settings: Settings) -> None:
    try:
        channels.check(settings.channels)
    except ValueError as why:
        raise SettingsError(str(why)) from None


def _refuse_what_production_forbids(settings: Settings) -> None:
    if settings.durability not in ("always", "everysec"):
        raise SettingsError("PALABRE_DURABILITY is 'always' or 'everysec'")
    if not settings.is_production:
        return
    if settings.demonstration:
        raise SettingsError("the demonstration does not run in production")
    if not settings.secret_key or not settings.phone_keys:
        raise SettingsError("production needs PALABRE_SECRET_KEY and PALABRE_PHONE_KEYS")
    for channel in settings.channels:
        if not channel.tokens or any(len(token) < 16 for token in channel.tokens):
            raise SettingsError(f"production needs a token of 16 characters or more for channel '{channel.name}'")
