"""`00`, from anywhere: the polls that were not answered yet, results, my settings, help, and the way out."""

from flows import asking, reading
from flows.dialog import Person, Progress
from flows.menus import farewell, listing, reference, results, settings, welcome
from flows.naming import Option
from flows.poll import Poll
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen


def enter(scene: Scene) -> Scene:
    return scene.to("home")


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
    """By SMS with the word that leads to it from anywhere."""
    title = poll.text(poll.title, scene.dialog.language)
    return f"{title} ({poll.keyword})" if scene.turn.by_sms and poll.keyword else title
