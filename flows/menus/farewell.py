"""The last screen of a session. Which sentence it says stands in the dialog's `question`."""

from flows.scene import Scene
from flows.screen import Screen


def enter(scene: Scene, phrase: str) -> Scene:
    return scene.end("farewell", question=phrase)


def show(scene: Scene) -> Screen:
    phrase = scene.dialog.question
    code = scene.progress.code if scene.dialog.ordinal else ""
    text = scene.say(phrase, organisation=scene.catalogue.organisation, code=code)
    return Screen(id=f"farewell/{phrase}", text=text, next_key=f"9 {scene.say('next')}", final=True)


def read(scene: Scene, typed: str) -> Scene:
    """Nothing more is heard: the same screen again."""
    return scene


def back(scene: Scene) -> Scene:
    return scene
