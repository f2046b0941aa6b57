"""The first page of every dial: who asks, what for, that one is free to refuse. The same for everybody, every time."""

from msgspec.structs import replace

from flows import reading, unfinished
from flows.dialog import MAX_MEMBERS
from flows.events import Consented, Crowded, Inferred
from flows.menus import discretion, farewell, language, poll, profile
from flows.naming import Option
from flows.poll import Poll
from flows.reading import Read
from flows.scene import Scene
from flows.screen import Screen
from flows.unfinished import CutOff, has_answered


def enter(scene: Scene, poll: Poll, language: str = "") -> Scene:
    """The welcome page of one poll, in the language asked for where the poll has it."""
    return scene.to("welcome", poll=poll.slug, version=poll.version, language=_spoken(scene, poll, language))


def show(scene: Scene) -> Screen:
    poll = scene.poll
    title = poll.text(poll.title, scene.dialog.language)
    lines = [f"1. {scene.say('answer')}"]
    if not scene.turn.by_sms:  # an SMS dialog stays open by itself
        lines.append(f"2. {scene.say('resume')}")
    others = other_languages(scene)
    if others:
        lines.append(f"3. {'/'.join(scene.phrases.name_of(other) for other in others)}")
    lines.append(f"0. {scene.say('refuse')}")
    if scene.turn.by_sms:
        lines.append(scene.say("sms_keys"))
    return Screen(
        id=f"{poll.slug}/welcome",
        text=scene.say("welcome", organisation=scene.catalogue.organisation, title=title),
        choices=tuple(lines),
        next_key=f"9 {scene.say('next')}",
        spare="" if scene.turn.by_sms else f"00. {scene.say('menu')}",
    )


def read(scene: Scene, typed: str) -> Scene:
    heard = reading.read_choice(typed, _options(scene))
    match heard.value if isinstance(heard, Read) else "":
        case "answer":
            return _answer(scene)
        case "resume":
            return resume(scene)
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
    return tuple(one for one in scene.phrases.languages if one in whole and one != scene.dialog.language)


def _options(scene: Scene) -> tuple[Option, ...]:
    options = [
        Option(1, "answer", (scene.say("answer"), "oui", "yes", "ok", "d'accord")),
        Option(2, "resume", (scene.say("resume"),)),
        Option(0, "refuse", (scene.say("refuse"), "non", "no", "non merci", "no thanks")),
    ]
    others = other_languages(scene)
    if others:
        options.append(Option(3, "language", (scene.say("language"), *(scene.phrases.name_of(one) for one in others))))
    return tuple(options)


def _spoken(scene: Scene, poll: Poll, asked: str) -> str:
    """The language asked for, else the person's, where this poll has it whole; else the poll's own."""
    offered = set(poll.whole_languages) & set(scene.phrases.languages)
    return next((one for one in (asked, scene.person.language) if one in offered), poll.default_language)


def _answer(scene: Scene) -> Scene:
    """Whoever said nothing in this poll answers it; where somebody did, they may be this person or another of the household."""
    slug = scene.dialog.poll
    if scene.poll.discreet:  # nothing tells whether the phone was used: whoever has a code presses 2
        return consent(scene, len([member for member in scene.person.members if slug in member.polls]) + 1)
    next_one = newcomer(scene)
    if not any(has_answered(member, slug) for member in scene.person.members):
        return consent(scene, next_one)
    is_left = unfinished.is_left(scene, slug) or unfinished.too_late(scene)
    return scene.to("sharing") if next_one <= MAX_MEMBERS or is_left else consent(scene, next_one)


def newcomer(scene: Scene) -> int:
    """The ordinal of whoever said nothing in this poll: who answered another one in this call, else the first such person on
    this phone; perhaps one more than there are.
    """
    silent = [one.ordinal for one in scene.person.members if not has_answered(one, scene.dialog.poll)]
    if scene.dialog.ordinal in silent:
        return scene.dialog.ordinal
    return next(iter(silent), len(scene.person.members) + 1)


def consent(scene: Scene, ordinal: int) -> Scene:
    """The person behind `ordinal` agreed: the first question comes, whatever was answered before.

    Where there is no place left, a discreet poll says that it can't be answered now: nothing tells why.
    """
    if ordinal > MAX_MEMBERS:
        return farewell.enter(scene.happened(Crowded(scene.dialog.poll)), "closed_now" if scene.poll.discreet else "crowded")
    return poll.begin(agree(scene, ordinal))


def agree(scene: Scene, ordinal: int) -> Scene:
    """The consent, and the country of the number's prefix: a fact that nobody said, once a member."""
    dialog = replace(scene.dialog, ordinal=ordinal)
    scene = replace(scene, dialog=dialog).happened(Consented(dialog.poll, dialog.version, dialog.language))
    country = scene.turn.country or scene.person.country
    known = scene.member.polls or not country
    messages = "yes" if scene.turn.by_sms else scene.person.messages  # to consent by SMS is to agree to messages
    scene = replace(scene, person=replace(scene.person, country=country, language=dialog.language, messages=messages))
    return scene if known else scene.happened(Inferred("country", country))


def resume(scene: Scene) -> Scene:
    """What this phone left unfinished goes on where it was cut; in a discreet poll, for whoever has the code."""
    if scene.poll.discreet:
        return discretion.enter(scene)
    cut_off = unfinished.resumable(scene)
    if not cut_off:
        return scene.again(scene.say("nothing_to_resume"))
    return go_on(scene, cut_off[0]) if len(cut_off) == 1 else scene.to("returning", question="resume")


def go_on(scene: Scene, cut_off: CutOff) -> Scene:
    """The question at which somebody was cut off, in the version that they began."""
    dialog = replace(scene.dialog, ordinal=cut_off.ordinal, poll=cut_off.slug, version=cut_off.version)
    scene = replace(scene, dialog=dialog)
    return profile.go_on(scene) if cut_off.done else poll.resume(scene)


def restart(scene: Scene) -> Scene:
    """Whoever was cut off too long ago begins anew, as the same person."""
    ordinals = unfinished.too_late(scene)
    return consent(scene, ordinals[0]) if len(ordinals) == 1 else scene.to("returning", question="restart")
