"""What is only read: the help, and the results of the last release."""

from flows.scene import Scene
from flows.screen import Screen

HELP = ("help_text", "sms_help")


def enter(scene: Scene, phrase: str) -> Scene:
    return scene.to("reference", question=phrase)


def enter_help(scene: Scene) -> Scene:
    """What the keys do; by SMS, what the words do."""
    return enter(scene, "sms_help" if scene.turn.by_sms else "help_text")


def show(scene: Scene) -> Screen:
    phrase = scene.dialog.question
    said = scene.say(phrase, organisation=scene.catalogue.organisation)
    return Screen(
        id=f"reference/{phrase}",
        text=f"{said} {_cost(scene)}".strip() if phrase in HELP else said,
        keys=(f"0 {scene.say('back')}",),
        next_key=f"9 {scene.say('next')}",
    )


def read(scene: Scene, typed: str) -> Scene:
    """Any key but `9` goes home."""
    return scene.to("home")


def back(scene: Scene) -> Scene:
    return scene.to("home")


def _cost(scene: Scene) -> str:
    """That it is free, said only where the channel is (contract, "Settings"); else what the channel says of its cost."""
    return scene.say("free") if scene.turn.zero_rated else scene.turn.cost_line
