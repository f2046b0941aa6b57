"""Who of those behind a phone was cut off, in which poll: whoever goes on with what they began, or begins it anew.

It never looks into a discreet poll: there only a code tells, see `flows/menus/discretion.py`.
"""

from typing import NamedTuple

from flows.dialog import Member, Progress
from flows.scene import Scene

RESUME_SECONDS = 15 * 24 * 3600
"""How long an unfinished dialog can be resumed (contract, "What a phone sees")."""


class CutOff(NamedTuple):
    """Somebody's dialog that can be resumed; `done` where only their profile is left. Whoever comes last sorts highest."""

    is_dialled: bool
    touched: int
    ordinal: int
    slug: str
    version: str
    done: bool


def resumable(scene: Scene) -> tuple[CutOff, ...]:
    """All who can go on in one poll, the last first: the poll dialled, else the one touched last, for fifteen days."""
    cut_off = [
        CutOff(slug == scene.dialog.poll, _when(progress, scene.turn.now), one.ordinal, slug, progress.version, progress.done)
        for one in scene.person.members
        for slug, progress in one.polls.items()
        if _can_resume(scene, slug, progress)
    ]
    cut_off.sort(reverse=True)
    return tuple(one for one in cut_off if one.slug == cut_off[0].slug)


def is_left(scene: Scene, slug: str) -> bool:
    """Whether somebody can go on in that poll."""
    progresses = (one.polls[slug] for one in scene.person.members if slug in one.polls)
    return any(_can_resume(scene, slug, progress) for progress in progresses)


def too_late(scene: Scene) -> tuple[int, ...]:
    """The ordinals of those who began the poll dialled, did not come to its end, and can only begin it anew."""
    slug = scene.dialog.poll
    return tuple(
        one.ordinal
        for one in scene.person.members
        if (progress := one.polls.get(slug))
        and not progress.done
        and has_answered(one, slug)
        and not _can_resume(scene, slug, progress)
    )


def has_answered(member: Member, slug: str) -> bool:
    """Whether this person answered or skipped something in that poll."""
    progress = member.polls.get(slug)
    return progress is not None and bool(progress.done or progress.answers or progress.stale)


def _can_resume(scene: Scene, slug: str, progress: Progress) -> bool:
    if not progress.question or progress.touched <= scene.turn.now - RESUME_SECONDS:
        return False
    poll = scene.catalogue.find(slug, progress.version)
    return poll is not None and not poll.discreet


def _when(progress: Progress, now: float) -> int:
    """What was touched in the future was so under a clock that was wrong, and says nothing of what was last."""
    return progress.touched if progress.touched <= now else 0
