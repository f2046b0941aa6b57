"""Several people of one phone were in one poll: who of them calls? Each is named by their place, and nothing they said is
shown. The dialog's `question` says what they do: go on where they were cut off (`resume`), begin anew (`restart`), or change
the vote that they gave by radio (`vote` and the choice).
"""

from collections.abc import Iterable

from flows import reading, unfinished
from flows.menus import listing, radio, welcome
from flows.naming import Option
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen

PEOPLE = ("first_person", "second_person", "third_person", "fourth_person")
"""The phrase that names each, by ordinal."""


def show(scene: Scene) -> Screen:
    return listing.screen(scene, scene.say("who_returns"), _options(scene))


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, _options(scene))
    if not isinstance(heard, Read):
        return scene.again(scene.say("not_understood"))
    ordinal = int(str(heard.value))
    match _purpose(scene):
        case "vote":
            return radio.count(_at_the_vote(scene), ordinal)
        case "restart":
            return welcome.consent(scene, ordinal)
        case _:
            return welcome.go_on(scene, next(one for one in unfinished.resumable(scene) if one.ordinal == ordinal))


def back(scene: Scene) -> Scene:
    return _at_the_vote(scene) if _purpose(scene) == "vote" else scene.to("welcome")


def _options(scene: Scene) -> tuple[Option, ...]:
    """Numbered by their ordinal: whoever answered third presses 3, whether or not the second came to the end."""
    return tuple(Option(one, str(one), (scene.say(PEOPLE[one - 1]),)) for one in sorted(_ordinals(scene)))


def _ordinals(scene: Scene) -> Iterable[int]:
    match _purpose(scene):
        case "vote":
            return radio.voters(scene)
        case "restart":
            return unfinished.too_late(scene)
        case _:
            return [one.ordinal for one in unfinished.resumable(scene)]


def _purpose(scene: Scene) -> str:
    return scene.dialog.question.partition(" ")[0]


def _at_the_vote(scene: Scene) -> Scene:
    return scene.to("radio", question=scene.dialog.question.partition(" ")[2])
