"""Faults: while people dial, what runs of this installation is killed, in turn and several times, at moments drawn from a seed.

It must never kill by a command's name: only what stands on the roll of `palabre up`, and what that has started.
"""

import contextlib
import os
import random
import signal
import time
from collections import Counter

from gateway import roll

LIVES_SECONDS = 1.0
"""All must have lived so long before the next is killed: a service that is never up proves nothing."""

LEAST_ROUNDS = 2
PEOPLE_A_ROUND = 2500
"""For every so many there is one round more; what is still owed when all are through is not killed any more."""

WAITS_SECONDS = 6.0
"""So long a round waits for those that are between two lives, as a job of housekeeping mostly is."""

BELOW = "below "
"""Before a name: what that process started itself, such as a worker's job."""

CHILDLESS = ("clock", "valkey")


class Faults:
    """In each round every process of the roll and one below it, where there is one; `killed` says how often each was."""

    def __init__(self, data_dir: str, people: int, seed: int) -> None:
        """`people`: how many will dial; a moment is that at which so many of them are through."""
        self.killed: Counter[str] = Counter()
        self._data_dir, self._calm_since = data_dir, 0.0
        self._whole = set(roll.read(data_dir)) - {roll.UP}
        dice = random.Random(seed)  # noqa: S311 - a rehearsal is repeatable
        victims = sorted([*self._whole, *(BELOW + name for name in self._whole if name not in CHILDLESS)])
        number = max(LEAST_ROUNDS, 1 + people // PEOPLE_A_ROUND) if victims else 0
        self._rounds = [dice.sample(victims, len(victims)) for _ in range(number)]
        kills = number * len(victims)
        self._moments = [(place + dice.random()) / (kills + 1) * people for place in range(kills)]

    @property
    def sees(self) -> bool:
        """Whether there is a running `palabre up` of this data directory on this machine."""
        return bool(self._whole)

    def through(self, people: int) -> None:
        """So many are through: kills the next, where it is due and all that should run has lived a while."""
        is_due = bool(self._rounds and self._moments and self._moments[0] <= people)
        if is_due and self._is_calm() and self._kills_one():
            self._moments.pop(0)

    def _is_calm(self) -> bool:
        now = time.monotonic()
        if not self._whole <= roll.read(self._data_dir).keys():
            self._calm_since = now
        return now - self._calm_since > LIVES_SECONDS

    def _kills_one(self) -> bool:
        """The first of this round that is there; a round without any waits a while, and is over."""
        owed, here = self._rounds[0], roll.read(self._data_dir)
        for victim in owed:
            if pid := _pid_of(victim, here):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                owed.remove(victim)
                self.killed[victim] += 1
                self._calm_since = time.monotonic()
                return True
        if not owed or time.monotonic() - self._calm_since > WAITS_SECONDS:
            self._rounds.pop(0)
        return False


def _pid_of(victim: str, here: dict[str, int]) -> int:
    """0 where it does not live just now."""
    if not victim.startswith(BELOW):
        return here.get(victim, 0)
    above = here.get(victim.removeprefix(BELOW))
    return next(iter(roll.below(above)), 0) if above else 0
