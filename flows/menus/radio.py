"""A vote dialled with the code (`*384*36*1*3#`): one page that repeats the choice; `1` counts it, `0` does not.

The radio reads the question; the page says who asks and who can see, so `1` is also the consent.
"""

from flows import asking, reading
from flows.dialog import MAX_MEMBERS
from flows.menus import farewell, poll, welcome
from flows.naming import Option
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen


def enter(scene: Scene, dialled: str) -> Scene | None:
    """The page for the choice of that number; None where the poll has none such."""
    heard = reading.read_choice(dialled, asking.options(scene, scene.poll.own[0])) if scene.poll.radio else None
    return scene.to("radio", question=str(heard.value)) if isinstance(heard, Read) else None


def show(scene: Scene) -> Screen:
    option = _option(scene)
    organisation = scene.catalogue.organisation
    text = scene.say("vote", organisation=organisation, number=str(option.number), label=option.words[0])
    choices = [f"1. {scene.say('confirm')}"]
    if _voted(scene):
        choices.append(f"2. {scene.say('another')}")
    return Screen(id=f"{scene.poll.slug}/radio", text=text, choices=(*choices, f"0. {scene.say('refuse')}"))


def read(scene: Scene, typed: str) -> Scene:
    confirm = Option(1, "confirm", (scene.say("confirm"), "oui", "yes"))
    another = Option(2, "another", (scene.say("another"),))
    refuse = Option(0, "refuse", (scene.say("refuse"), "non", "no"))
    heard = reading.read_choice(typed, (confirm, refuse, another) if _voted(scene) else (confirm, refuse))
    if not isinstance(heard, Read):
        return scene.again(scene.say("not_understood"))
    if heard.value == "refuse":
        return back(scene)
    return _count(scene, _next_ordinal(scene) if heard.value == "another" else _ordinal(scene))


def back(scene: Scene) -> Scene:
    return farewell.enter(scene, "goodbye" if _voted(scene) else "refused")


def _count(scene: Scene, ordinal: int) -> Scene:
    """Consent and vote in one turn; whoever redials and presses `2` goes on with the rest of the poll."""
    question, choice = scene.poll.own[0], scene.dialog.question
    if ordinal > MAX_MEMBERS:
        return welcome.consent(scene, ordinal)
    scene = welcome.agree(scene, ordinal)
    voted = poll.take(scene, question, choice)
    return farewell.enter(voted, "voted").with_hint(
        voted.dialog.hint
    )  # a discreet poll's code, without which `2` leads nowhere


def _option(scene: Scene) -> Option:
    """The choice that was dialled.

    Raises:
        LookupError: when the poll changed under the call: the engine starts anew.
    """
    for option in asking.options(scene, scene.poll.own[0]):
        if option.name == scene.dialog.question:
            return option
    raise LookupError(scene.dialog.question)


def _voted(scene: Scene) -> bool:
    """Whether somebody on this phone voted; a discreet poll never tells."""
    return not scene.poll.discreet and any(scene.poll.slug in member.polls for member in scene.person.members)


def _ordinal(scene: Scene) -> int:
    """Who confirms: the first on this phone, whose earlier vote is replaced; in a discreet poll somebody new."""
    return _next_ordinal(scene) if scene.poll.discreet else 1


def _next_ordinal(scene: Scene) -> int:
    return len(scene.person.members) + 1
