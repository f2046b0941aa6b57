"""What can be talked about now: an immutable snapshot, read again when its version moved."""

from functools import cached_property

from msgspec import Struct

from flows.phrases import BUILT_IN, Phrases
from flows.poll import Poll


class Catalogue(Struct, frozen=True, dict=True):
    """The polls of one moment.

    `open` holds the newest version of each open poll, newest first; `polls` also the older versions, on which dialogs
    under way finish. `version` is the number under which it was announced. `organisation` is the short name on screens.
    """

    version: str = ""
    polls: tuple[Poll, ...] = ()
    open: tuple[Poll, ...] = ()
    organisation: str = "EMDK"
    phrases: Phrases = BUILT_IN

    @cached_property
    def _by_version(self) -> dict[tuple[str, str], Poll]:
        return {(poll.slug, poll.version): poll for poll in self.polls}

    def find(self, slug: str, version: str) -> Poll | None:
        """The poll of that slug and version, where it can still be answered."""
        return self._by_version.get((slug, version))

    def dialled(self, digits: str) -> Poll | None:
        """The open poll that `digits` after the service code lead to."""
        return next((poll for poll in self.open if poll.dial == digits), None) if digits else None
