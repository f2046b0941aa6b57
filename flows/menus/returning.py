"""Several people of one phone were cut off in one poll: who of them calls? Each is named by their place, and nothing they said
is shown. The dialog's `question` says whether they go on (`resume`) or begin anew (`restart`).
"""

from flows import reading, unfinished
from flows.menus import listing, welcome
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
    if _restarts(scene):
        return welcome.consent(scene, ordinal)
    return welcome.go_on(scene, next(one for one in unfinished.resumable(scene) if one.ordinal == ordinal))


def back(scene: Scene) -> Scene:
    return scene.to("welcome")


def _options(scene: Scene) -> tuple[Option, ...]:
    """Numbered by their ordinal: whoever answered third presses 3, whether or not the second came to the end."""
    ordinals = unfinished.too_late(scene) if _restarts(scene) else [one.ordinal for one in unfinished.resumable(scene)]
    return tuple(Option(one, str(one), (scene.say(PEOPLE[one - 1]),)) for one in sorted(ordinals))


def _restarts(scene: Scene) -> bool:
    return scene.dialog.question == "restart"
