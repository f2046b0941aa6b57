"""One question: how it is shown, and what somebody typed becomes a value or a word on what was wrong.

Polls and profiles ask through here; what an answer changes is theirs.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from msgspec import Struct

from flows import reading
from flows.dialog import Member, Progress
from flows.naming import Option
from flows.poll import FREE_TYPES, Choice, Labels, Poll, Question
from flows.reading import Read, Reading, Unclear
from flows.scene import Scene
from flows.screen import Screen
from flows.xpath.values import Scope, Value

TRIES_BEFORE_SKIP = 2
"""Unreadable replies after which even a required question may be skipped: nobody is trapped (facts/phones.md)."""

SHOWN_BY_EXAMPLE = 3
"""Choices that there must be for `1 3` to be an answer."""

_HINTS = {
    "not_a_date": "date",
    "too_long": "too_long",
}
_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")


class Skip(Struct, frozen=True):
    """The person does not want to answer this one."""


class Hint(Struct, frozen=True):
    """What was wrong with a reply, in the language of the dialog."""

    text: str


def screen(scene: Scene, question: Question) -> Screen:
    """The question as it stands, its choices numbered over all pages, its keys last."""
    text = " ".join(part for part in (filled(scene, question.label), _own_hint(scene, question)) if part)
    choices = tuple(f"{option.number}. {option.words[0]}" for option in options(scene, question))
    if question.type == "note":
        choices = (f"1. {scene.say('go_on')}",)
    return Screen(
        id=f"{scene.poll.slug}/{scene.poll.version}/{question.name}",
        text=text,
        choices=choices,
        keys=_keys(scene, question),
        next_key=f"9 {scene.say('next')}",
        aside=_example(scene, question),
    )


def answer(scene: Scene, question: Question, typed: str) -> Read | Skip | Hint:
    """What `typed` says: a value that the question's constraint allows, a wish to skip, or what was wrong."""
    if reading.is_skip(typed):
        return Skip() if may_skip(scene, question) else Hint(scene.say("required"))
    heard = _READERS[question.type](scene, question, typed)
    if isinstance(heard, Unclear):
        return _hint(scene, _wrong(scene, heard, question, typed), question)
    if question.constraint and not question.constraint.holds(scope(scene, here=heard.value)):
        return Hint(filled(scene, question.constraint_message) or scene.say("not_allowed"))
    return heard


def may_skip(scene: Scene, question: Question) -> bool:
    """Whether `#` passes this question: an optional one always, a required one after some unreadable replies, or where its
    filter leaves no choice any more, though it did when it was asked: the day may be another.
    """
    if not question.required or scene.dialog.tries >= TRIES_BEFORE_SKIP:
        return True
    return question.choice_filter is not None and not options(scene, question)


def options(scene: Scene, question: Question) -> tuple[Option, ...]:
    """The choices that are open to this person, numbered, as reading needs them. Kept with the question once made."""
    poll, language = scene.poll, scene.dialog.language
    made: dict[object, tuple[Option, ...]] = question.__dict__.setdefault("options", {})
    if question.choice_filter is None:
        if language not in made:
            made[language] = _numbered(poll, question.choices, language)
        return made[language]
    shown = tuple(are_shown(question, scope(scene)))
    if (language, shown) not in made:
        choices = tuple(itertools.compress(question.choices, shown))
        made[language, shown] = _numbered(poll, choices, language)
    return made[language, shown]


def filled(scene: Scene, labels: Labels) -> str:
    """The sentence, with `${name}` as what was answered to it in this session; an earlier one is never shown (rule 20)."""
    text = scene.poll.text(labels, scene.dialog.language)
    return _REFERENCE.sub(lambda match: _said(scene, match[1]), text) if "${" in text else text


def scope(scene: Scene, here: Value = None) -> Scope:
    """What expressions may refer to: the answers of this poll and the person's profile."""
    return scope_of(scene.poll, scene.member, scene.progress, scene.turn.now, here)


def scope_of(poll: Poll, member: Member, progress: Progress, now: float, here: Value = None) -> Scope:
    """The same, of a member and a progress that a scene does not hold yet."""
    answers = {**member.profile, **progress.stale, **progress.answers}
    scope = Scope(answers=answers, here=here, today=datetime.fromtimestamp(now, UTC).date())
    for question in poll.computed:
        if question.calculation is not None:
            answers[question.name] = question.calculation.value(scope)
        elif question.default is not None and answers.get(question.name) is None:
            answers[question.name] = question.default.value(scope)
    return scope


def is_relevant(question: Question, scope: Scope) -> bool:
    """Whether the question is to be asked of somebody who gave these answers: not where its filter leaves no choice."""
    return concerns(question, scope) and (question.choice_filter is None or any(are_shown(question, scope)))


def concerns(question: Question, scope: Scope) -> bool:
    """Whether the question's own condition holds for these answers."""
    return question.relevant is None or question.relevant.holds(scope)


def stands(question: Question, answer: Value, scope: Scope) -> bool:
    """Whether what was answered could still be, now that these are the answers; a skip could."""
    if question.choice_filter is None or answer is None:
        return is_relevant(question, scope)
    if not concerns(question, scope):
        return False
    given = set(answer) if isinstance(answer, tuple | list) else {answer}
    return given == {one.name for one in question.choices if one.name in given and is_shown(question, one, scope)}


def are_shown(question: Question, scope: Scope) -> Iterator[bool]:
    """Of each choice, whether the question's filter shows it."""
    return (is_shown(question, choice, scope) for choice in question.choices)


def is_shown(question: Question, choice: Choice, scope: Scope) -> bool:
    """Whether the question's filter, where it has one, shows this choice of it to somebody who gave these answers."""
    show = question.choice_filter
    return show is None or show.holds(scope._replace(row={"name": choice.name, **choice.columns}))


def _numbered(poll: Poll, choices: tuple[Choice, ...], language: str) -> tuple[Option, ...]:
    return tuple(
        Option(
            number=reading.number_of_choice(place),
            name=choice.name,
            words=(poll.text(choice.label, language), *choice.label.values(), *choice.synonyms.get(language, ())),
        )
        for place, choice in enumerate(choices, start=1)
    )


def _said(scene: Scene, name: str) -> str:
    """An answer in the words of the form: labels of choices, digits, or the text itself."""
    question, value = scene.poll.by_name.get(name), scope(scene).answers.get(name)
    if question is None or value is None or (question.type != "calculate" and name not in scene.dialog.said):
        return "..."
    names = value if isinstance(value, tuple | list) else (value,)
    labels = {choice.name: scene.poll.text(choice.label, scene.dialog.language) for choice in question.choices}
    return ", ".join(labels.get(str(one)) or _plain(one) for one in names)


def _plain(value: object) -> str:
    """A number without an empty fraction; what could not be computed is not shown."""
    if isinstance(value, float) and not math.isfinite(value):
        return "..."
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _own_hint(scene: Scene, question: Question) -> str:
    """The form's hint; not how a date is written where what was wrong has just said it."""
    hint = filled(scene, question.hint)
    return "" if question.type == "date" and _shows_a_date(hint) and _date_is_told(scene) else hint


def _example(scene: Scene, question: Question) -> str:
    """How to give a date or several choices, where neither the form nor what was wrong says it."""
    if question.type == "date":
        said = filled(scene, question.label) + filled(scene, question.hint)
        return "" if _shows_a_date(said) or _date_is_told(scene) else scene.say("date_like")
    if question.type != "select_multiple" or question.hint or len(question.choices) < SHOWN_BY_EXAMPLE:
        return ""
    return "" if scene.say("several") in scene.dialog.hint else scene.say("several_like")


def _shows_a_date(said: str) -> bool:
    """`jour/mois/année`, `12/3/2024`."""
    return "/" in said


def _date_is_told(scene: Scene) -> bool:
    return scene.say("date") in scene.dialog.hint


def _wrong(scene: Scene, heard: Unclear, question: Question, typed: str) -> str:
    """The sentence that says what was wrong."""
    if heard.why == "not_a_date" and _shows_a_date(filled(scene, question.label)):
        return scene.say("not_understood")
    if heard.why == "unknown" and question.type == "select_multiple":
        return _wrong_in_list(scene, question, typed)
    if heard.why == "not_a_number" or (heard.why == "ambiguous" and not question.is_choice):
        return scene.say(_number_hint(heard, question, typed))
    if heard.why != "ambiguous":
        return scene.say(_HINTS.get(heard.why, "not_understood"))
    if not any(sign.isdecimal() for sign in typed):
        return scene.say("by_number")
    return scene.say("several" if question.type == "select_multiple" else "ambiguous")


def _number_hint(heard: Unclear, question: Question, typed: str) -> str:
    """What keeps it from being one number: no figure at all, other words (`2 heures`), or signs (`2,500`, `20 30`)."""
    if not any(sign.isdecimal() for sign in typed):
        return "number"
    if heard.why == "not_a_number" and any(sign.isalpha() for sign in typed):
        return "number_alone"
    return "plain_decimal" if question.type == "decimal" else "plain_number"


def _wrong_in_list(scene: Scene, question: Question, typed: str) -> str:
    """What was not read where something was, if a hint can hold it (flows/phrases/room.py, PART); else how to give several."""
    words = " ".join(reading.not_read(typed, options(scene, question)))
    if 0 < len(words) <= (12 if scene.dialog.language in scene.phrases.ucs2 else 24):
        return scene.say("not_all", words=words)
    return scene.say("not_understood" if question.hint else "several")


def _hint(scene: Scene, wrong: str, question: Question) -> Hint:
    """What was wrong, with the offer to skip once somebody has tried often enough."""
    offer = scene.dialog.tries + 1 >= TRIES_BEFORE_SKIP and question.required
    return Hint(f"{wrong} {scene.say('skip_offer')}" if offer else wrong)


def _keys(scene: Scene, question: Question) -> tuple[str, ...]:
    if question.type == "note":
        return ()
    back = () if question.type in FREE_TYPES else (f"0 {scene.say('back')}",)
    return (*back, f"# {scene.say('skip')}") if may_skip(scene, question) else back


def _read_one(scene: Scene, question: Question, typed: str) -> Reading:
    return reading.read_choice(typed, options(scene, question))


def _read_several(scene: Scene, question: Question, typed: str) -> Reading:
    return reading.read_choices(typed, options(scene, question))


def _read_integer(scene: Scene, question: Question, typed: str) -> Reading:
    return reading.read_integer(typed, _about(scene, question))


def _read_decimal(scene: Scene, question: Question, typed: str) -> Reading:
    return reading.read_decimal(typed, _about(scene, question))


def _about(scene: Scene, question: Question) -> str:
    """What may say in which unit a number is asked for."""
    return " ".join(scene.poll.text(labels, scene.dialog.language) for labels in (question.label, question.hint))


_READERS: dict[str, Callable[[Scene, Question, str], Reading]] = {
    "select_one": _read_one,
    "select_multiple": _read_several,
    "integer": _read_integer,
    "decimal": _read_decimal,
    "date": lambda scene, question, typed: reading.read_date(typed),
    "text": lambda scene, question, typed: reading.read_text(typed),
    "note": lambda scene, question, typed: Read(value=""),
}
