"""What is only read: the help, and the results of the last release."""

from flows.scene import Scene
from flows.screen import Screen


def enter(scene: Scene, phrase: str) -> Scene:
    return scene.to("reference", question=phrase)


def show(scene: Scene) -> Screen:
    phrase = scene.dialog.question
    return Screen(
        id=f"reference/{phrase}",
        text=scene.say(phrase, organisation=scene.catalogue.organisation),
        keys=(f"0 {scene.say('back')}",),
        next_key=f"9 {scene.say('next')}",
    )


def read(scene: Scene, typed: str) -> Scene:
    """Any key but `9` goes home."""
    return scene.to("home")


def back(scene: Scene) -> Scene:
    return scene.to("home")
