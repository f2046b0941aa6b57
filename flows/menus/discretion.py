"""Resuming a discreet poll: only with the code that was shown after the first answer, and five tries in all.

No screen tells whether this phone was ever used: the question is the same, and so is the answer to a wrong code.
"""

from msgspec.structs import replace

from flows.menus import farewell, poll, profile
from flows.scene import Scene
from flows.screen import Screen
from flows.spelling import plain

TRIES = 5
FIGURES = 3


def enter(scene: Scene) -> Scene:
    return scene.to("discretion")


def show(scene: Scene) -> Screen:
    keys = (f"0 {scene.say('back')}", f"00 {scene.say('menu')}")
    return Screen(id="discretion", text=scene.say("which_code"), keys=keys, next_key=f"9 {scene.say('next')}")


def read(scene: Scene, typed: str) -> Scene:
    """Three figures, with whatever else (`3 20`, `code 320`), are one try; anything else is none, and is asked again."""
    code = "".join(sign for sign in plain(typed) if sign.isdecimal())
    if len(code) != FIGURES:
        return scene.with_hint(scene.say("not_understood"))
    person, slug = scene.person, scene.dialog.poll
    if person.wrong_codes < TRIES:
        for member in person.members:
            progress = member.polls.get(slug)
            if progress and progress.question and code == progress.resume_code:
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
