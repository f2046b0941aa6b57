"""A phone that has answered: another person of the household may answer too, once each."""

from flows import reading
from flows.menus import listing, welcome
from flows.reading import Option, Read
from flows.scene import Scene
from flows.screen import Screen


def show(scene: Scene) -> Screen:
    return listing.screen(scene, scene.say("already"), _options(scene))


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, _options(scene))
    if isinstance(heard, Read):
        return welcome.consent(scene, len(scene.person.members) + 1)
    return scene.again(scene.say("not_understood"))


def back(scene: Scene) -> Scene:
    return scene.to("welcome")


def _options(scene: Scene) -> tuple[Option, ...]:
    return listing.options([("another", scene.say("another"))])
