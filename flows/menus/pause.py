"""By SMS, where questions of the profile are left: nobody has to call again, the dialog waits for the word that goes on."""

from flows import reading, unfinished
from flows.menus import home, welcome
from flows.naming import Option
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen


def show(scene: Scene) -> Screen:
    return Screen(id="pause", text=scene.say("thanks_more_sms", code=scene.progress.code))


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, (Option(2, "resume", (scene.say("resume"), "oui", "yes")),))
    if isinstance(heard, Read):
        scene = scene.to("welcome", asked=0)
        here = [one for one in unfinished.resumable(scene) if one.ordinal == scene.dialog.ordinal]
        return welcome.go_on(scene, here[0]) if here else welcome.resume(scene)
    return home.enter(scene).again(scene.say("not_understood"))


def back(scene: Scene) -> Scene:
    return home.enter(scene)
