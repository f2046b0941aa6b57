"""What a person can set: the language, the profile, messages; and erasing all that this phone has said."""

from msgspec.structs import replace

from flows import reading
from flows.dialog import Person
from flows.events import Erased
from flows.menus import farewell, language, listing, messages, profile, welcome
from flows.naming import Option
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen


def enter(scene: Scene) -> Scene:
    """Where one person alone uses the phone, the settings are theirs, whether they answered in this session or not."""
    members = scene.person.members
    ordinal = scene.dialog.ordinal or (members[0].ordinal if len(members) == 1 else 0)
    return scene.to("settings", question="", ordinal=ordinal)


def show(scene: Scene) -> Screen:
    if scene.dialog.question == "messages":
        return messages.screen(scene)
    if scene.dialog.question == "erase":
        choices = (f"1. {scene.say('erase')}", f"0. {scene.say('refuse')}")
        return Screen(id="settings/erase", text=scene.say("erase_sure"), choices=choices)
    return listing.screen(scene, scene.say("settings"), _options(scene))


def read(scene: Scene, typed: str) -> Scene:
    if scene.dialog.question:
        return _read_messages(scene, typed) if scene.dialog.question == "messages" else _read_sure(scene, typed)
    heard = reading.read_choice(typed, _options(scene))
    match heard.value if isinstance(heard, Read) else "":
        case "language":
            return language.enter(scene, welcome.other_languages(scene))
        case "profile":
            return profile.again(replace(scene, dialog=replace(scene.dialog, **_where_asked(scene))))
        case "messages" | "erase" as which:
            return scene.to("settings", question=which)
        case _:
            return scene.again(scene.say("not_understood"))


def back(scene: Scene) -> Scene:
    return enter(scene) if scene.dialog.question else scene.to("home")


def _read_messages(scene: Scene, typed: str) -> Scene:
    told = messages.answer(scene, typed)
    return enter(told).with_hint(scene.say("noted")) if told else scene.again(scene.say("not_understood"))


def _read_sure(scene: Scene, typed: str) -> Scene:
    sure = (Option(1, "sure", (scene.say("erase"), "oui", "yes")), Option(0, "refuse", (scene.say("refuse"), "non", "no")))
    heard = reading.read_choice(typed, sure)
    if not isinstance(heard, Read):
        return scene.again(scene.say("not_understood"))
    return _erase(scene) if heard.value == "sure" else back(scene)


def _erase(scene: Scene) -> Scene:
    """Everybody behind the number (rule 18); the person is unknown from this turn on, but for their STOP."""
    erased = replace(scene, person=Person(stopped=scene.person.stopped)).happened(Erased())
    return farewell.enter(replace(erased, dialog=replace(erased.dialog, ordinal=0)), "erased")


def _options(scene: Scene) -> tuple[Option, ...]:
    entries = []
    if welcome.other_languages(scene):
        entries.append(("language", scene.say("language")))
    if scene.dialog.ordinal and _where_asked(scene):
        entries.append(("profile", scene.say("my_profile")))
    if messages.can_be_asked(scene):
        entries.append(("messages", scene.say("messages")))
    entries.append(("erase", scene.say("erase")))
    return listing.options(entries)


def _where_asked(scene: Scene) -> dict[str, str]:
    """The poll that this person finished last and that asks for a profile: to correct it must not touch any other."""
    finished = sorted(scene.member.polls.items(), key=lambda item: item[1].touched, reverse=True)
    for slug, progress in finished:
        found = scene.catalogue.find(slug, progress.version)
        if progress.done and found is not None and found.profile:
            return {"poll": slug, "version": progress.version}
    return {}
