"""One question: how it is shown, and what somebody typed becomes a value or a word on what was wrong.

Polls and profiles ask through here; what an answer changes is theirs.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from msgspec import Struct

from flows import reading
from flows.dialog import Member, Progress
from flows.poll import Poll, Question
from flows.reading import Option, Read, Reading, Unclear
from flows.scene import Scene
from flows.screen import Screen
from flows.xpath.values import Scope, Value

TRIES_BEFORE_SKIP = 2
"""Unreadable replies after which even a required question may be skipped: nobody is trapped (facts/phones.md)."""

_HINTS = {"ambiguous": "ambiguous", "not_a_number": "number", "too_long": "too_long", "empty": "not_understood"}


class Skip(Struct, frozen=True):
    """The person does not want to answer this one."""


class Hint(Struct, frozen=True):
    """What was wrong with a reply, in the language of the dialog."""

    text: str


def screen(scene: Scene, question: Question) -> Screen:
    """The question as it stands, its choices numbered over all pages, its keys last."""
    language, poll = scene.dialog.language, scene.poll
    text = poll.text(question.label, language)
    if question.hint:
        text = f"{text} {poll.text(question.hint, language)}"
    choices = tuple(f"{option.number}. {option.words[0]}" for option in options(poll, question, language))
    if question.type == "note":
        choices = (f"1. {scene.say('go_on')}",)
    return Screen(
        id=f"{poll.slug}/{poll.version}/{question.name}",
        text=text,
        choices=choices,
        keys=_keys(scene, question),
        next_key=f"9 {scene.say('next')}",
    )


def answer(scene: Scene, question: Question, typed: str) -> Read | Skip | Hint:
    """What `typed` says: a value that the question's constraint allows, a wish to skip, or what was wrong."""
    if reading.is_skip(typed):
        return Skip() if may_skip(scene, question) else Hint(scene.say("required"))
    heard = _READERS[question.type](scene, question, typed)
    if isinstance(heard, Unclear):
        return _hint(scene, _HINTS.get(heard.why, "not_understood"), question)
    if question.constraint and not question.constraint.holds(scope(scene, here=heard.value)):
        message = scene.poll.text(question.constraint_message, scene.dialog.language)
        return Hint(message or scene.say("not_allowed"))
    return heard


def may_skip(scene: Scene, question: Question) -> bool:
    """Whether `#` passes this question: an optional one always, a required one after some unreadable replies."""
    return not question.required or scene.dialog.tries >= TRIES_BEFORE_SKIP


def options(poll: Poll, question: Question, language: str) -> tuple[Option, ...]:
    """The choices as reading needs them, kept with the question once made."""
    made: dict[str, tuple[Option, ...]] = question.__dict__.setdefault("options", {})
    if language not in made:
        made[language] = tuple(
            Option(
                number=reading.number_of_choice(place),
                name=choice.name,
                words=(poll.text(choice.label, language), *choice.label.values(), *choice.synonyms.get(language, ())),
            )
            for place, choice in enumerate(question.choices, start=1)
        )
    return made[language]


def scope(scene: Scene, here: Value = None) -> Scope:
    """What expressions may refer to: the answers of this poll and the person's profile."""
    return scope_of(scene.member, scene.progress, scene.turn.now, here)


def scope_of(member: Member, progress: Progress, now: float, here: Value = None) -> Scope:
    """The same, of a member and a progress that a scene does not hold yet."""
    answers: Mapping[str, Value] = {**member.profile, **progress.stale, **progress.answers}
    return Scope(answers=answers, here=here, today=datetime.fromtimestamp(now, UTC).date())


def is_relevant(question: Question, scope: Scope) -> bool:
    """Whether the question concerns somebody who gave these answers."""
    return question.relevant is None or question.relevant.holds(scope)


def _hint(scene: Scene, phrase: str, question: Question) -> Hint:
    """The sentence `phrase`, with the offer to skip once somebody has tried often enough."""
    if phrase == "ambiguous" and question.type == "select_multiple":
        phrase = "several"
    offer = scene.dialog.tries + 1 >= TRIES_BEFORE_SKIP and question.required
    return Hint(f"{scene.say(phrase)} {scene.say('skip_offer')}" if offer else scene.say(phrase))


def _keys(scene: Scene, question: Question) -> tuple[str, ...]:
    back = f"0 {scene.say('back')}"
    skip = f"# {scene.say('skip')}"
    if question.type == "note":
        return ()
    skips = (skip,) if may_skip(scene, question) else ()
    return (back, *skips) if question.is_choice else skips


def _read_one(scene: Scene, question: Question, typed: str) -> Reading:
    return reading.read_choice(typed, options(scene.poll, question, scene.dialog.language))


def _read_several(scene: Scene, question: Question, typed: str) -> Reading:
    return reading.read_choices(typed, options(scene.poll, question, scene.dialog.language))


_READERS: dict[str, Callable[[Scene, Question, str], Reading]] = {
    "select_one": _read_one,
    "select_multiple": _read_several,
    "integer": lambda scene, question, typed: reading.read_integer(typed),
    "text": lambda scene, question, typed: reading.read_text(typed),
    "note": lambda scene, question, typed: Read(value=""),
}
