"""A poll that is not open yet: the day on which it will be. The last screen of a session."""

from datetime import UTC, datetime

from flows.menus import welcome
from flows.poll import Poll
from flows.scene import Scene
from flows.screen import Screen


def enter(scene: Scene, poll: Poll, language: str = "") -> Scene:
    """The screen of one coming poll, in the language asked for where the poll has it."""
    return welcome.enter(scene, poll, language).end("opening")


def show(scene: Scene) -> Screen:
    poll = _poll(scene)
    return Screen(
        id=f"{poll.slug}/opening",
        text=scene.say(
            "opening",
            organisation=scene.catalogue.organisation,
            title=poll.text(poll.title, scene.dialog.language),
            date=_day(poll.opens_at),
        ),
        next_key=f"9 {scene.say('next')}",
        final=True,
    )


def read(scene: Scene, typed: str) -> Scene:
    """Nothing more is heard: the same screen again."""
    return scene


def back(scene: Scene) -> Scene:
    return scene


def _poll(scene: Scene) -> Poll:
    """The coming poll.

    Raises:
        LookupError: when it is no longer coming: the engine starts anew.
    """
    for poll in scene.catalogue.coming:
        if poll.slug == scene.dialog.poll:
            return poll
    raise LookupError(scene.dialog.poll)


def _day(at: float) -> str:
    """As people write it here, with the hour where it does not begin with the day."""
    moment = datetime.fromtimestamp(at, UTC)
    day = f"{moment.day}/{moment.month}/{moment.year}"
    return f"{day} {moment:%H:%M}" if moment.hour or moment.minute else day
