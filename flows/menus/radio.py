"""A vote dialled with the code (`*384*36*1*3#`): one page that repeats the choice; `1` counts it, `0` does not.

The radio reads the question; the page says who asks and who can see, so `1` is also the consent. Where somebody on this phone
answered already, `1` says that it changes that vote, and `2` is for another person: nobody takes a housemate's place.
"""

from flows import asking, reading
from flows.dialog import MAX_MEMBERS
from flows.menus import farewell, poll, welcome
from flows.naming import Option
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen
from flows.unfinished import has_answered


def enter(scene: Scene, dialled: str) -> Scene | None:
    """The page for the choice of that number; None where the poll has none such."""
    heard = reading.read_choice(dialled, asking.options(scene, scene.poll.own[0])) if scene.poll.radio else None
    return scene.to("radio", question=str(heard.value)) if isinstance(heard, Read) else None


def show(scene: Scene) -> Screen:
    option = _option(scene)
    organisation = scene.catalogue.organisation
    hidden = "another" if welcome.newcomer(scene) > MAX_MEMBERS else ""
    return Screen(
        id=f"{scene.poll.slug}/radio",
        text=scene.say("vote", organisation=organisation, number=str(option.number), label=option.words[0]),
        choices=tuple(f"{one.number}. {one.words[0]}" for one in _options(scene) if one.name != hidden),
        next_key=f"9 {scene.say('next')}",
        aside=scene.say("already") if voters(scene) else "",
    )


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, _options(scene))
    match heard.value if isinstance(heard, Read) else "":
        case "confirm":
            return count(scene, _somebody_new(scene))
        case "another":
            return count(scene, welcome.newcomer(scene))
        case "change":
            first, *others = voters(scene)
            return scene.to("returning", question=f"vote {scene.dialog.question}") if others else count(scene, first)
        case "refuse":
            return back(scene)
        case _:
            return scene.again(scene.say("not_understood"))


def back(scene: Scene) -> Scene:
    return farewell.enter(scene, "goodbye" if voters(scene) else "refused")


def count(scene: Scene, ordinal: int) -> Scene:
    """Consent and vote in one turn; whoever redials and presses `2` goes on with the rest of the poll."""
    question, choice = scene.poll.own[0], scene.dialog.question
    if ordinal > MAX_MEMBERS:
        return welcome.consent(scene, ordinal)
    scene = welcome.agree(scene, ordinal)
    voted = poll.take(scene, question, choice)
    return farewell.enter(voted, "voted" if voted.progress.question else "thanks").with_hint(
        voted.dialog.hint
    )  # a discreet poll's code, without which `2` leads nowhere


def voters(scene: Scene) -> list[int]:
    """The ordinals of those on this phone who answered; a discreet poll never tells."""
    slug = scene.dialog.poll
    return [] if scene.poll.discreet else [one.ordinal for one in scene.person.members if has_answered(one, slug)]


def _options(scene: Scene) -> tuple[Option, ...]:
    """As they are shown. Where somebody voted, `oui` could be theirs or another's: it is asked again."""
    if not voters(scene):
        confirm = Option(1, "confirm", (scene.say("confirm"), "oui", "yes"))
        return confirm, Option(0, "refuse", (scene.say("refuse"), "non", "no"))
    change, another = Option(1, "change", (scene.say("change_vote"),)), Option(2, "another", (scene.say("another"),))
    return change, another, Option(0, "refuse", (scene.say("refuse"), "non", "no"))


def _option(scene: Scene) -> Option:
    """The choice that was dialled.

    Raises:
        LookupError: when the poll changed under the call: the engine starts anew.
    """
    for option in asking.options(scene, scene.poll.own[0]):
        if option.name == scene.dialog.question:
            return option
    raise LookupError(scene.dialog.question)


def _somebody_new(scene: Scene) -> int:
    """Who confirms a first vote. In a discreet poll whoever dials is somebody new: no screen may tell that the phone voted."""
    return len(scene.person.members) + 1 if scene.poll.discreet else welcome.newcomer(scene)
