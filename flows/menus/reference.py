"""What is only read: the help, and what became of an answer with a follow-up code."""

from flows.scene import Scene
from flows.screen import Screen

HELP = ("help_text", "sms_help")


def enter(scene: Scene, phrase: str) -> Scene:
    return scene.to("reference", question=phrase)


def enter_help(scene: Scene) -> Scene:
    """What the keys do; by SMS, what the words do."""
    return enter(scene, "sms_help" if scene.turn.by_sms else "help_text")


def enter_follow_up(scene: Scene, word: str) -> Scene:
    """`suivi abcd`: whether the answers with that code are counted; nothing of them is said again (facts/phones.md)."""
    code = word.partition(" ")[2].replace(" ", "").upper()
    for member in scene.person.members:
        for slug, progress in member.polls.items():
            if code and progress.code == code and scene.catalogue.find(slug, progress.version):
                dialog = {"poll": slug, "version": progress.version, "ordinal": member.ordinal}
                return scene.to("reference", question="followed", **dialog)
    return enter(scene, "unknown_code" if code else "which_follow")


def show(scene: Scene) -> Screen:
    phrase = scene.dialog.question
    values = {"organisation": scene.catalogue.organisation}
    if phrase == "followed":
        title = scene.poll.text(scene.poll.title, scene.dialog.language)
        values |= {"title": title, "code": scene.progress.code}
    said = scene.say(phrase, **values)
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
