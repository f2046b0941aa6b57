"""A numbered list to pick from, as home, settings and the languages show it: its options, and its screen."""

from collections.abc import Iterable

from flows import reading
from flows.naming import Option
from flows.scene import Scene
from flows.screen import Screen


def options(entries: Iterable[tuple[str, str]]) -> tuple[Option, ...]:
    """(name, words) pairs, numbered by their place."""
    return tuple(Option(reading.number_of_choice(place), name, (words,)) for place, (name, words) in enumerate(entries, 1))


def screen(scene: Scene, text: str, listed: Iterable[Option], leave: str = "back") -> Screen:
    """The menu's list under `text`; `leave` is what `0` is called."""
    return Screen(
        id=scene.dialog.menu,
        text=text,
        choices=tuple(f"{option.number}. {option.words[0]}" for option in listed),
        keys=(f"0 {scene.say(leave)}",),
        next_key=f"9 {scene.say('next')}",
    )
