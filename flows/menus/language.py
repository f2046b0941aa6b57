"""The choice of a language, each offered in its own name."""

from msgspec.structs import replace

from flows import reading
from flows.reading import Option, Read
from flows.scene import Scene
from flows.screen import Screen


def enter(scene: Scene, languages: tuple[str, ...]) -> Scene:
    """Where there is one other language, it is spoken at once; else one is asked which."""
    return _speak(scene, languages[0]) if len(languages) == 1 else scene.to("language")


def show(scene: Scene) -> Screen:
    return Screen(
        id="language",
        text=scene.say("language"),
        choices=tuple(f"{option.number}. {option.words[0]}" for option in _options(scene)),
        keys=(f"0 {scene.say('back')}",),
        next_key=f"9 {scene.say('next')}",
    )


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, _options(scene))
    return _speak(scene, str(heard.value)) if isinstance(heard, Read) else scene.again(scene.say("not_understood"))


def back(scene: Scene) -> Scene:
    return scene.to("welcome")


def _options(scene: Scene) -> tuple[Option, ...]:
    whole = scene.poll.whole_languages
    spoken = [one for one in scene.phrases.languages if one in whole]
    return tuple(
        Option(reading.number_of_choice(place), one, (scene.phrases.name_of(one),)) for place, one in enumerate(spoken, 1)
    )


def _speak(scene: Scene, language: str) -> Scene:
    person = replace(scene.person, language=language) if scene.person.members else scene.person
    return replace(scene, person=person).to("welcome", language=language)
