"""The `palabre` command, one module a group. Errors are one line on standard error; 0 fine, 1 does not hold, 2 wrong usage."""

import logging
import os
import sys
from importlib import import_module

import click
from redis import RedisError
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from workers.embedded import EmbeddedError
from workers.keys.keyfile import KeyfileError
from workers.settings import SettingsError

MODULES = {
    "backup": ("backup", "restore"),
    "campaigns": ("campaign",),
    "channels": ("channel",),
    "database": ("db", "verify"),
    "keys": ("keys",),
    "messages": ("outbox",),
    "people": ("staff",),
    "phones": ("dial", "rehearse"),
    "phrases": ("phrases",),
    "polls": ("poll", "results"),
    "releases": ("release",),
    "servers": ("up", "web", "worker", "clock"),
    "upkeep": ("retention", "dead-letters"),
}
"""The commands, by the module of this package that adds them."""


class _Commands(click.Group):
    """Reads a module once one of its commands is asked for: what is not used takes seconds to read on a small server."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return sorted(name for names in MODULES.values() for name in names)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        for module, names in MODULES.items():
            if name in names and name not in self.commands:
                import_module(f"{__name__}.{module}").add_to(self)
        return super().get_command(ctx, name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="palabre")
def palabre() -> None:
    """Palabre: polls by USSD and SMS, counted exactly once."""


def main() -> None:
    """The command's edge: whatever goes wrong is one line and an exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        palabre(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as why:
        _say(why.format_message())
    except (SettingsError, EmbeddedError, KeyfileError, ValueError) as why:
        _say(str(why))
    except RedisError:
        _say("redis does not answer: is 'palabre up' running, on this PALABRE_DATA_DIR or PALABRE_REDIS_URL?")
    except ArgumentError:
        _say("PALABRE_DATABASE_URL is not a SQLAlchemy URL")
    except ModuleNotFoundError as why:
        _say(f"no module '{why.name}' is installed; PALABRE_DATABASE_URL is for SQLite or PostgreSQL")
    except SQLAlchemyError as why:
        _say(f"the database cannot be used: {_reason(why)}")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as why:
        _say(f"{why.filename or 'system'}: {why.strerror or why}")


def _say(line: str) -> None:
    click.echo(f"palabre: {' '.join(line.split())}", err=True)
    sys.exit(2)


def _reason(why: SQLAlchemyError) -> str:
    """The driver's own first line, without the statement and its values."""
    first = next(iter(str(getattr(why, "orig", None) or why).strip().splitlines()), "")
    return f"{first} ('palabre db upgrade' makes it)" if "no such table" in first else first
