"""A phone that has answered: another person of the household may answer too, once each, and whoever was cut off go on."""

from flows import reading, unfinished
from flows.menus import listing, welcome
from flows.naming import Option
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen


def show(scene: Scene) -> Screen:
    return listing.screen(scene, scene.say("already"), _options(scene))


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, _options(scene))
    match heard.value if isinstance(heard, Read) else "":
        case "another":
            return welcome.consent(scene, welcome.newcomer(scene))
        case "resume":
            return welcome.resume(scene)
        case "restart":
            return welcome.restart(scene)
        case _:
            return scene.again(scene.say("not_understood"))


def back(scene: Scene) -> Scene:
    return scene.to("welcome")


def _options(scene: Scene) -> tuple[Option, ...]:
    """Another person first; then what was cut off: to go on with for fifteen days, to begin anew afterwards."""
    entries = [("another", scene.say("another"))]
    if any(one.is_dialled for one in unfinished.resumable(scene)):
        entries.append(("resume", scene.say("resume")))
    if unfinished.too_late(scene):
        entries.append(("restart", scene.say("restart")))
    return listing.options(entries)
