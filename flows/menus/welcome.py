"""The first page of every dial: who asks, what for, that one is free to refuse. The same for everybody, every time."""

from msgspec.structs import replace

from flows import phrases, reading
from flows.dialog import MAX_MEMBERS, Person
from flows.events import Consented, Crowded, Inferred
from flows.menus import farewell, language, poll, profile
from flows.poll import Poll
from flows.reading import Option, Read
from flows.scene import Scene
from flows.screen import Screen

RESUME_SECONDS = 15 * 24 * 3600
"""How long an unfinished dialog can be resumed (contract, "What a phone sees")."""


def enter(scene: Scene, poll: Poll) -> Scene:
    """The welcome page of one poll."""
    return scene.to("welcome", poll=poll.slug, version=poll.version, language=_spoken(scene, poll))


def show(scene: Scene) -> Screen:
    poll = scene.poll
    title = poll.text(poll.title, scene.dialog.language)
    lines = [f"1. {scene.say('answer')}", f"2. {scene.say('resume')}"]
    others = other_languages(scene)
    if others:
        lines.append(f"3. {'/'.join(phrases.name_of(other) for other in others)}")
    return Screen(
        id=f"{poll.slug}/welcome",
        text=scene.say("welcome", organisation=scene.catalogue.organisation, title=title),
        choices=(*lines, f"0. {scene.say('refuse')}"),
        next_key=f"9 {scene.say('next')}",
    )


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, _options(scene))
    match heard.value if isinstance(heard, Read) else "":
        case "answer":
            return _answer(scene)
        case "resume":
            return _resume(scene)
        case "language":
            return language.enter(scene, other_languages(scene))
        case "refuse":
            return back(scene)
        case _:
            return scene.again(scene.say("not_understood"))


def back(scene: Scene) -> Scene:
    """`0`: no. Nothing of it is kept."""
    return farewell.enter(scene, "refused")


def other_languages(scene: Scene) -> tuple[str, ...]:
    """The languages that may be offered: all of the poll's and of our own sentences are there."""
    whole = scene.poll.whole_languages
    return tuple(one for one in phrases.languages() if one in whole and one != scene.dialog.language)


def _options(scene: Scene) -> tuple[Option, ...]:
    options = [
        Option(1, "answer", (scene.say("answer"), "oui", "yes")),
        Option(2, "resume", (scene.say("resume"),)),
        Option(0, "refuse", (scene.say("refuse"), "non", "no")),
    ]
    others = other_languages(scene)
    if others:
        options.append(Option(3, "language", (scene.say("language"), *(phrases.name_of(one) for one in others))))
    return tuple(options)


def _spoken(scene: Scene, poll: Poll) -> str:
    """The person's language where this poll has it whole, else the poll's own."""
    wanted = scene.person.language
    return wanted if wanted in poll.whole_languages and wanted in phrases.languages() else poll.default_language


def _answer(scene: Scene) -> Scene:
    slug = scene.dialog.poll
    for member in scene.person.members:
        progress = member.polls.get(slug)
        if progress is None or not progress.done:
            return consent(scene, member.ordinal)
    if scene.person.members:
        return scene.to("sharing")
    return consent(scene, 1)


def consent(scene: Scene, ordinal: int) -> Scene:
    """The person behind `ordinal` agreed: the first question comes, whatever was answered before."""
    if ordinal > MAX_MEMBERS:
        return farewell.enter(scene.happened(Crowded(scene.dialog.poll)), "crowded")
    dialog = replace(scene.dialog, ordinal=ordinal, consented=True)
    agreed = Consented(poll=dialog.poll, version=dialog.version, language=dialog.language)
    scene = replace(scene, dialog=dialog).happened(agreed)
    return poll.begin(_with_country(scene))


def _with_country(scene: Scene) -> Scene:
    """The country of the number's prefix, as a fact that nobody said; once a member."""
    country = scene.turn.country or scene.person.country
    person = replace(scene.person, country=country, language=scene.dialog.language)
    known = scene.member.polls or not country
    scene = replace(scene, person=person)
    return scene if known else scene.happened(Inferred("country", country))


def _resume(scene: Scene) -> Scene:
    found = _unfinished(scene.person, scene)
    if found is None:
        return scene.again(scene.say("nothing_to_resume"))
    ordinal, slug, version, done = found
    dialog = replace(scene.dialog, ordinal=ordinal, poll=slug, version=version, consented=True)
    scene = replace(scene, dialog=dialog)
    return profile.go_on(scene) if done else poll.resume(scene)


def _unfinished(person: Person, scene: Scene) -> tuple[int, str, str, bool] | None:
    """The dialog to resume: the poll dialled first, then the one touched last, for fifteen days."""
    oldest = scene.turn.now - RESUME_SECONDS
    found = [
        (slug == scene.dialog.poll, progress.touched, member.ordinal, slug, progress.version, progress.done)
        for member in person.members
        for slug, progress in member.polls.items()
        if progress.question and progress.touched > oldest and scene.catalogue.find(slug, progress.version)
    ]
    return max(found)[2:] if found else None
