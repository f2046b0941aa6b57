"""Whether messages may come to this number: asked once, after the last question, of people who call; then in the settings.

By then all is counted, and the code stands on this page too: a line that drops here loses nothing. A skip is a no.
"""

from msgspec.structs import replace

from flows import reading
from flows.events import Agreed, Declined
from flows.menus import farewell
from flows.naming import Option
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen

YES, NO = ("oui", "yes", "ok", "d'accord"), ("non", "no", "non merci", "no thanks")


def enter(scene: Scene, thanks: str) -> Scene:
    """The question where it may be put, else the last page at once; `thanks` is the sentence that stands there."""
    asks = can_be_asked(scene) and not scene.person.messages and not scene.poll.discreet
    return scene.to("messages", question=thanks) if asks else farewell.enter(scene, thanks)


def can_be_asked(scene: Scene) -> bool:
    """Whether a message can go out at all, and to this number: who said STOP comes back with START alone (rule 18)."""
    return scene.turn.can_text and not scene.turn.by_sms and not scene.person.stopped


def show(scene: Scene) -> Screen:
    return screen(scene, f"{scene.say('thanks', code=scene.progress.code)} ")


def screen(scene: Scene, before: str = "") -> Screen:
    """The question with something before it. It says nothing of what was answered to it."""
    asked = scene.say("may_write", organisation=scene.catalogue.organisation)
    choices = (f"1. {scene.say('yes')}", f"0. {scene.say('refuse')}")
    return Screen(id="messages", text=f"{before}{asked}", choices=choices, next_key=f"9 {scene.say('next')}")


def read(scene: Scene, typed: str) -> Scene:
    told = answer(scene, typed)
    return scene.again(scene.say("not_understood")) if told is None else farewell.enter(told, scene.dialog.question)


def back(scene: Scene) -> Scene:
    return farewell.enter(_told(scene, is_yes=False), scene.dialog.question)


def answer(scene: Scene, typed: str) -> Scene | None:
    """What was answered, kept for this phone; None where it is no answer."""
    if reading.is_skip(typed):
        return _told(scene, is_yes=False)
    options = (Option(1, "yes", (scene.say("yes"), *YES)), Option(0, "no", (scene.say("refuse"), *NO)))
    heard = reading.read_choice(typed, options)
    return _told(scene, is_yes=heard.value == "yes") if isinstance(heard, Read) else None


def _told(scene: Scene, is_yes: bool) -> Scene:
    """A no is an event only where it takes back a yes."""
    was = scene.person.messages
    scene = replace(scene, person=replace(scene.person, messages="yes" if is_yes else "no"))
    if is_yes:
        return scene.happened(Agreed(scene.dialog.language))
    return scene.happened(Declined()) if was == "yes" else scene
