"""The choice of a language, each offered in its own name."""

from msgspec.structs import replace

from flows import reading
from flows.menus import listing
from flows.naming import Option
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen


def enter(scene: Scene, languages: tuple[str, ...]) -> Scene:
    """Where there is one other language, it is spoken at once; else one is asked which. An open question waits."""
    asked = scene.dialog.question if scene.dialog.menu in ("poll", "profile") else ""
    scene = scene.to("language", question=asked)
    return _speak(scene, languages[0]) if len(languages) == 1 else scene


def show(scene: Scene) -> Screen:
    return listing.screen(scene, scene.say("language"), _options(scene))


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, _options(scene))
    return _speak(scene, str(heard.value)) if isinstance(heard, Read) else scene.again(scene.say("not_understood"))


def back(scene: Scene) -> Scene:
    return _where_it_was(scene, scene.dialog.language)


def _options(scene: Scene) -> tuple[Option, ...]:
    whole = scene.poll.whole_languages
    spoken = [one for one in scene.phrases.languages if one in whole]
    return listing.options((one, scene.phrases.name_of(one)) for one in spoken)


def _speak(scene: Scene, language: str) -> Scene:
    person = replace(scene.person, language=language) if scene.person.members else scene.person
    return _where_it_was(replace(scene, person=person), language)


def _where_it_was(scene: Scene, language: str) -> Scene:
    """The question that waits for its answer, else the welcome page."""
    asked = scene.dialog.question
    return scene.asks(asked, language=language) if asked else scene.to("welcome", language=language)
