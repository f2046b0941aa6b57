"""Resuming a discreet poll: only with the code that was shown after the first answer, and five tries in all.

No screen tells whether this phone was ever used: the question is the same, and so is the answer to a wrong code.
"""

from msgspec.structs import replace

from flows import reading
from flows.menus import farewell, poll, profile
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen

TRIES = 5


def enter(scene: Scene) -> Scene:
    return scene.to("discretion")


def show(scene: Scene) -> Screen:
    return Screen(id="discretion", text=scene.say("which_code"), keys=(f"00 {scene.say('quit')}",))


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_integer(typed)
    code = f"{heard.value:03d}" if isinstance(heard, Read) and isinstance(heard.value, int) else ""
    person, slug = scene.person, scene.dialog.poll
    if person.wrong_codes < TRIES:
        for member in person.members:
            progress = member.polls.get(slug)
            if progress and progress.question and code and code == progress.resume_code:
                return _resume(replace(scene, person=replace(person, wrong_codes=0)), member.ordinal)
    if person.members:
        scene = replace(scene, person=replace(person, wrong_codes=person.wrong_codes + 1))
    if scene.dialog.tries + 1 >= TRIES:
        return farewell.enter(scene, "goodbye")
    return scene.again(scene.say("unknown_code"))


def back(scene: Scene) -> Scene:
    return scene.to("welcome")


def _resume(scene: Scene, ordinal: int) -> Scene:
    dialog = replace(scene.dialog, ordinal=ordinal)
    scene = replace(scene, dialog=dialog)
    return profile.go_on(scene) if scene.progress.done else poll.resume(scene)
