"""One SMS as one answer or as several: past what is only to be read, with what waited for the consent. Pure.

Where a message reads as no answer it is read as the answers to the next questions, all or nothing.
"""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.engine import Step, advance
from flows.scene import Turn, letters

HELD_SECONDS = 24 * 3600
"""How long answers of a first message wait for the consent."""

MOST_ANSWERS = 30

_SEPARATORS = (re.compile(r"[\s;+]+"), re.compile(r"[\s,;+]+"))
"""`2 10,5` is two answers before `1,3,2` is three: a comma may be a decimal's."""


def answers(dialog: Dialog, person: Person, catalogue: Catalogue, turn: Turn, typed: str) -> Step:
    """What the message changes; notes on the way count as seen, and answers held before the consent follow it."""
    step = _past_notes(_several(dialog, person, catalogue, turn, typed), catalogue, turn)
    return _with_held(step, dialog, catalogue, turn)


def _several(dialog: Dialog, person: Person, catalogue: Catalogue, turn: Turn, typed: str) -> Step:
    """The message as one answer; where it reads as none, as the answers to the next questions, all or nothing."""
    one = advance(dialog, person, catalogue, replace(turn, typed=typed))
    is_read = one.dialog.tries <= dialog.tries and not _is_note(dialog, catalogue)
    if is_read or dialog.menu not in ("poll", "profile"):
        return one
    lists = _asked(dialog, catalogue) == "select_multiple"
    for separator in _SEPARATORS:
        parts = [part for part in separator.split(typed) if part]
        if lists and not any("," in part for part in parts):
            continue  # `1 7` is a list with a slip in it before it is two answers; `1,3 7` is two
        if 1 < len(parts) <= MOST_ANSWERS and all(any(sign.isdecimal() for sign in part) for part in parts):
            step = _one_by_one(Step(dialog, person, one.page, ()), catalogue, turn, parts)
            if step is not None:
                return step
    return one


def _one_by_one(step: Step, catalogue: Catalogue, turn: Turn, parts: Sequence[str]) -> Step | None:
    """Each part as the answer to the next question, past what is only to be read; None where one of them is no answer."""
    for part in parts:
        while _is_note(step.dialog, catalogue):
            step = _on(step, catalogue, turn, "1")
        if step.dialog.ended:
            return None
        step = _on(step, catalogue, turn, part)
        if step.dialog.tries > 0:
            return None
    return step


def _on(step: Step, catalogue: Catalogue, turn: Turn, typed: str) -> Step:
    following = advance(step.dialog, step.person, catalogue, replace(turn, typed=typed))
    return replace(following, events=(*step.events, *following.events))


def _past_notes(step: Step, catalogue: Catalogue, turn: Turn) -> Step:
    """A note counts as seen, and is joined to what follows it. Where one message can't hold both it waits, as by USSD."""
    alphabet = letters(step.dialog.language, catalogue.phrases)
    while _is_note(step.dialog, catalogue):
        note, _, key = step.page.text.rpartition("\n")
        following = _on(step, catalogue, turn, "1")
        joined = "\n".join(part for part in (note, following.page.text) if part)
        if not key.startswith("1.") or alphabet.width(joined) > alphabet.budget(turn.page_septets):
            break
        step = replace(following, page=following.page._replace(text=joined))
    return step


def _is_note(dialog: Dialog, catalogue: Catalogue) -> bool:
    return dialog.menu == "poll" and _asked(dialog, catalogue) == "note"


def _asked(dialog: Dialog, catalogue: Catalogue) -> str:
    """The type of the question that is open; empty where none is."""
    poll = catalogue.find(dialog.poll, dialog.version)
    question = poll.by_name.get(dialog.question) if poll else None
    return question.type if question else ""


def _with_held(step: Step, before: Dialog, catalogue: Catalogue, turn: Turn) -> Step:
    """Where the consent came just now, the answers that waited for it follow."""
    if not before.held or step.dialog.menu != "poll" or before.menu not in ("welcome", "sharing", "returning"):
        return step
    dialog = replace(step.dialog, held="")
    progress = step.person.member(dialog.ordinal).polls[dialog.poll]
    if turn.now - before.held_at > HELD_SECONDS or progress.answers:  # they were for the first questions
        return replace(step, dialog=dialog)
    more = _past_notes(_several(dialog, step.person, catalogue, turn, before.held), catalogue, turn)
    return replace(more, events=(*step.events, *more.events))
