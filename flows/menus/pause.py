"""By SMS, where questions of the profile are left: nobody has to call again, the dialog waits for the word that goes on."""

from flows import reading
from flows.menus import home, welcome
from flows.reading import Option, Read
from flows.scene import Scene
from flows.screen import Screen


def show(scene: Scene) -> Screen:
    return Screen(id="pause", text=scene.say("thanks_more_sms", code=scene.progress.code))


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, (Option(2, "resume", (scene.say("resume"), "oui", "yes")),))
    if isinstance(heard, Read):
        return welcome.resume(scene.to("welcome", asked=0))
    return home.enter(scene).again(scene.say("not_understood"))


def back(scene: Scene) -> Scene:
    return home.enter(scene)
