"""A phone that has answered: another person of the household may answer too, once each."""

from flows import reading
from flows.menus import welcome
from flows.reading import Option, Read
from flows.scene import Scene
from flows.screen import Screen


def show(scene: Scene) -> Screen:
    return Screen(
        id="sharing",
        text=scene.say("already"),
        choices=(f"1. {scene.say('another')}",),
        keys=(f"0 {scene.say('back')}",),
        next_key=f"9 {scene.say('next')}",
    )


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, (Option(1, "another", (scene.say("another"),)),))
    if isinstance(heard, Read):
        return welcome.consent(scene, len(scene.person.members) + 1)
    return scene.again(scene.say("not_understood"))


def back(scene: Scene) -> Scene:
    return scene.to("welcome")
