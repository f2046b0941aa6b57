"""`00` from anywhere, and after a poll: the polls not answered yet, results, my settings, help, and the way out."""

from flows import asking, reading, unfinished
from flows.dialog import Person, Progress
from flows.menus import farewell, listing, reference, results, settings, welcome
from flows.naming import Option
from flows.poll import Poll
from flows.reading import Read
from flows.scene import Scene, letters
from flows.screen import Screen, pages


def enter(scene: Scene) -> Scene:
    """Home; whoever comes from a discreet poll is nobody there, or a number among the household could give them away."""
    return scene.to("home", ordinal=0 if _is_discreet(scene) else scene.dialog.ordinal)


def after_poll(scene: Scene) -> Scene:
    """Home in place of a poll's last page, which then stands above it, where another poll waits. A discreet one ends: its phone
    goes back to the household. By SMS each poll has its word.
    """
    dialog = scene.dialog
    if dialog.menu != "farewell" or dialog.question not in ("thanks", "thanks_more") or scene.turn.by_sms:
        return scene
    if _is_discreet(scene) or all(poll.slug == dialog.poll for poll in due(scene.person, scene.catalogue.open)):
        return scene
    there = scene.to("home", question="", ended=False).with_hint(scene.say(dialog.question, code=scene.progress.code))
    return there if _shows_both(there) else scene


def show(scene: Scene) -> Screen:
    text = scene.say("home", organisation=scene.catalogue.organisation)
    return listing.screen(scene, text, _options(scene), leave="quit")


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, _options(scene))
    match heard.value if isinstance(heard, Read) else "":
        case "":
            return scene.again(scene.say("not_understood"))
        case "*settings":
            return settings.enter(scene)
        case "*results":
            return results.enter(scene)
        case "*help":
            return reference.enter_help(scene)
        case slug:
            return welcome.enter(scene, next(poll for poll in scene.catalogue.open if poll.slug == slug))


def back(scene: Scene) -> Scene:
    return farewell.enter(scene, "goodbye")


def due(person: Person, polls: tuple[Poll, ...]) -> tuple[Poll, ...]:
    """The polls that not everybody behind this phone has finished, newest first. A discreet poll never tells: it stays."""
    done = {slug for member in person.members for slug, progress in member.polls.items() if progress.done}
    return tuple(poll for poll in polls if poll.discreet or poll.slug not in done)


def _is_discreet(scene: Scene) -> bool:
    poll = scene.catalogue.find(scene.dialog.poll, scene.dialog.version)
    return poll is not None and poll.discreet


def _shows_both(scene: Scene) -> bool:
    """Whether the first page has room for what stands above it and for a poll."""
    screen, alphabet = show(scene), letters(scene.dialog.language, scene.phrases)
    first, *_ = pages(screen, scene.turn.page_septets, scene.dialog.hint, alphabet)
    return first.startswith(alphabet.fold(scene.dialog.hint)) and alphabet.fold(screen.choices[0]) in first.split("\n")


def _concerns(scene: Scene, poll: Poll) -> bool:
    """Whether the poll asks something of somebody with this person's profile."""
    scope = asking.scope_of(poll, scene.member, Progress(poll.version), scene.turn.now)
    return any(asking.is_relevant(question, scope) for question in poll.own)


def _options(scene: Scene) -> tuple[Option, ...]:
    """The polls that concern this person first, each kind newest first; then what is always there."""
    polls = sorted(due(scene.person, scene.catalogue.open), key=lambda poll: not _concerns(scene, poll))
    entries = [(poll.slug, _title(scene, poll)) for poll in polls]
    entries += [(f"*{phrase}", scene.say(phrase)) for phrase in ("results", "settings", "help")]
    return listing.options(entries)


def _title(scene: Scene, poll: Poll) -> str:
    """By SMS with the word that leads to it from anywhere; else with what `2` does there, where somebody was cut off."""
    title = poll.text(poll.title, scene.dialog.language)
    if scene.turn.by_sms:
        return f"{title} ({poll.keyword})" if poll.keyword else title
    return f"{title} ({scene.say('resume')})" if unfinished.is_left(scene, poll.slug) else title
