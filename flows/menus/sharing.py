"""A phone that has answered: another person of the household may answer too, once each, and whoever was cut off go on."""

from flows import reading, unfinished
from flows.dialog import MAX_MEMBERS
from flows.menus import listing, welcome
from flows.naming import Option
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen


def show(scene: Scene) -> Screen:
    options = _options(scene)
    if welcome.newcomer(scene) > MAX_MEMBERS:  # `1` is not offered; whoever types it all the same is told and noted (rule 19)
        return listing.screen(scene, scene.say("crowded"), options[1:])
    return listing.screen(scene, scene.say("already"), options)


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
    if unfinished.is_left(scene, scene.dialog.poll):
        entries.append(("resume", scene.say("resume")))
    if unfinished.too_late(scene):
        entries.append(("restart", scene.say("restart")))
    return listing.options(entries)
