"""The composition root: settings → database, Redis, channels. Made once a process, after the fork."""

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from flows import geography
from flows.catalogue import Catalogue
from flows.phrases import Phrases
from workers import settings as reading_settings
from workers.channels import provider
from workers.channels.base import Provider
from workers.database.session import open_engine
from workers.dialogs import TIMEOUT_SECONDS, Dialogs
from workers.keys.keyring import Keyring
from workers.keys.vault import Vault
from workers.pressure import Pressure
from workers.privacy import SessionKey
from workers.publication import Shelf
from workers.relay import connect
from workers.settings import Settings, SettingsError
from workers.translations import read_phrases

if TYPE_CHECKING:
    from workers.figures.grain import Above  # and with it numpy, which most commands do without

__all__ = ["Runtime", "Settings", "SettingsError", "load_settings"]


class Runtime:
    """What a process of ours holds: each part is made when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._sealing: tuple[tuple[bytes, ...], Vault] = ((), Vault(()))

    @cached_property
    def engine(self) -> Engine:
        """The proposal database."""
        return open_engine(self.settings.database_url)

    @cached_property
    def redis(self) -> Any:
        """Redis, for everything that is not the hot path; a phone may be waiting all the same."""
        return connect(self.settings.redis_url, TIMEOUT_SECONDS)

    @cached_property
    def dialogs(self) -> Dialogs:
        """Redis, for the hot path."""
        return Dialogs(self.settings.redis_url)

    @cached_property
    def pressure(self) -> Pressure:
        """Whether there is room for new calls."""
        return Pressure(self.redis)

    @cached_property
    def session_key(self) -> SessionKey:
        """The seven-day key of session ids."""
        return SessionKey(self.redis)

    @cached_property
    def keyring(self) -> Keyring:
        """The keys of pseudonyms and numbers, which may change while this process runs."""
        return Keyring(self.settings)

    @property
    def vault(self) -> Vault:
        """Seals the numbers to which we answer, under the keys of now."""
        keys = self.keyring.current()
        if keys != self._sealing[0]:
            self._sealing = (keys, Vault(keys))
        return self._sealing[1]

    @cached_property
    def shelf(self) -> Shelf:
        """The catalogue in force."""
        return Shelf(self.engine, self._blank_catalogue)

    def _blank_catalogue(self, session: Session) -> Catalogue:
        """What is said whatever the polls are."""
        conf = self.settings
        return Catalogue(
            organisation=conf.organisation,
            phrases=self.phrases(session),
            referral=conf.referral,
            distress=conf.distress_words,
        )

    def phrases(self, session: Session) -> Phrases:
        """The system's own sentences as this installation says them."""
        return read_phrases(session).with_ucs2(self.settings.ucs2_languages)

    @property
    def above(self) -> "Above":
        """What a stratum is coarsened to where its groups are too small to publish: places, as they are divided today."""
        today = datetime.now(UTC).date()
        lies_in = {name: geography.coarser(name, today) for name in geography.ABOVE}
        return {name: (geography.ABOVE[name], coarser) for name, coarser in lies_in.items() if coarser is not None}

    @cached_property
    def providers(self) -> tuple[Provider, ...]:
        """One for each channel.

        Raises:
            ValueError: for a provider that there is not.
        """
        return tuple(provider(channel) for channel in self.settings.channels)


def load_settings(starting: bool = False) -> Settings:
    """The settings of this process, with the keys of its data directory; see `workers.settings.load`.

    Raises:
        SettingsError: in one line.
    """
    return reading_settings.with_secrets(reading_settings.load(starting))
