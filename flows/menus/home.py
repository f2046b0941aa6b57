"""`00`, from anywhere: the open polls, the language, the way out."""

from flows import phrases, reading
from flows.menus import farewell, language, welcome
from flows.reading import Option, Read
from flows.scene import Scene
from flows.screen import Screen


def enter(scene: Scene) -> Scene:
    return scene.to("home")


def show(scene: Scene) -> Screen:
    return Screen(
        id="home",
        text=scene.say("home", organisation=scene.catalogue.organisation),
        choices=tuple(f"{option.number}. {option.words[0]}" for option in _options(scene)),
        keys=(f"0 {scene.say('quit')}",),
        next_key=f"9 {scene.say('next')}",
    )


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, _options(scene))
    if not isinstance(heard, Read):
        return scene.again(scene.say("not_understood"))
    if heard.value == _LANGUAGE:
        return language.enter(scene, welcome.other_languages(scene))
    return welcome.enter(scene, next(poll for poll in scene.catalogue.open if poll.slug == heard.value))


def back(scene: Scene) -> Scene:
    return farewell.enter(scene, "goodbye")


_LANGUAGE = "*language"


def _options(scene: Scene) -> tuple[Option, ...]:
    entries = [(poll.slug, poll.text(poll.title, scene.dialog.language)) for poll in scene.catalogue.open]
    others = welcome.other_languages(scene)
    if others:
        entries.append((_LANGUAGE, "/".join(phrases.name_of(other) for other in others)))
    return tuple(
        Option(reading.number_of_choice(place), name, (words,)) for place, (name, words) in enumerate(entries, start=1)
    )
