"""What can be talked about now: an immutable snapshot, read again when its version moved."""

import math
from bisect import bisect
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from flows.phrases import BUILT_IN, Phrases
from flows.poll import Poll


class Results(Struct, frozen=True):
    """The last release of a poll: how many answered, and the share of each choice that is public, between 0 and 1."""

    poll: Poll
    respondents: int
    shares: dict[str, dict[str, float]]


class Catalogue(Struct, frozen=True, dict=True):
    """The polls of one moment.

    `open` holds the newest version of each open poll, newest first; `polls` also the older versions, on which dialogs
    under way finish; `coming` those that open on a later day; `results` what was released, newest first. `version` is the
    number under which it was announced. `organisation` is the short name on screens; `referral` whom somebody in distress is
    told to call, `distress` the words beside our own that sound like it.
    """

    version: str = ""
    polls: tuple[Poll, ...] = ()
    open: tuple[Poll, ...] = ()
    organisation: str = "EMDK"
    phrases: Phrases = BUILT_IN
    coming: tuple[Poll, ...] = ()
    results: tuple[Results, ...] = ()
    referral: str = ""
    distress: tuple[str, ...] = ()

    def at(self, now: float) -> "Catalogue":
        """What of it can be talked about at `now`, in seconds since 1970: made once for as long as nothing opens or closes.

        The days of a poll's newest version hold for all of its versions.
        """
        if not self._moments:
            return self
        stretch = bisect(self._moments, now)
        if stretch not in self._stretches:
            self._stretches[stretch] = self._within(now)
        return self._stretches[stretch]

    @cached_property
    def _moments(self) -> list[float]:
        """When a poll of these opens or closes by itself."""
        return sorted(at for poll in self.open for at in (poll.opens_at, poll.closes_at) if math.isfinite(at))

    @cached_property
    def _stretches(self) -> dict[int, "Catalogue"]:
        return {}

    def _within(self, now: float) -> "Catalogue":
        shut = {poll.slug for poll in self.open if not poll.opens_at <= now < poll.closes_at}
        return replace(
            self,
            polls=tuple(poll for poll in self.polls if poll.slug not in shut),
            open=tuple(poll for poll in self.open if poll.slug not in shut),
            coming=tuple(poll for poll in (*self.open, *self.coming) if now < poll.opens_at),
        )

    @cached_property
    def _by_version(self) -> dict[tuple[str, str], Poll]:
        return {(poll.slug, poll.version): poll for poll in self.polls}

    def find(self, slug: str, version: str) -> Poll | None:
        """The poll of that slug and version, where it can still be answered."""
        return self._by_version.get((slug, version))

    def dialled(self, digits: str) -> Poll | None:
        """The open poll that `digits` after the service code lead to, else the one that they will lead to."""
        return next((poll for poll in (*self.open, *self.coming) if poll.dial == digits), None) if digits else None
