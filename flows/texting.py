"""One SMS: commands before anything else, then keywords, then the question that is open. Pure, and it never fails.

What is asked and how it is read is the same as by USSD; an SMS may answer several questions, and is answered by one.
"""

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from flows import reading
from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.engine import Step, advance, letters
from flows.events import Event, OptedIn, OptedOut
from flows.menus import language, opening, reference, settings, welcome
from flows.poll import Poll
from flows.scene import Scene, Turn
from flows.screen import Page

HELD_SECONDS = 24 * 3600
"""How long answers of a first message wait for the consent."""

MOST_ANSWERS = 30

# Matched against the whole message, never a prefix: "Arret des visas" is an opinion (facts/phones.md, rule 18).
STOP = frozenset({"stop", "arret", "arreter", "stopper", "unsubscribe"})
START = frozenset({"start", "reprise"})
HELP = frozenset({"aide", "help", "info"})
LANGUAGE = frozenset({"langue", "language"})
ERASE = frozenset({"effacer", "erase"})
COMMANDS = STOP | START | HELP | LANGUAGE | ERASE

_SEPARATORS = (re.compile(r"[\s;+]+"), re.compile(r"[\s,;+]+"))
"""`2 10,5` is two answers before `1,3,2` is three: a comma may be a decimal's."""


class Answer(Struct, frozen=True):
    """What came of one SMS: the new state, the reply (None: silence), and what must be kept."""

    dialog: Dialog
    person: Person
    reply: Page | None
    events: tuple[Event, ...] = ()


def answer(dialog: Dialog | None, person: Person, catalogue: Catalogue, turn: Turn) -> Answer:
    """Takes one SMS; arguments as for `engine.advance()`, `turn.typed` being the whole message."""
    catalogue = catalogue.at(turn.now)
    typed = (turn.typed or "").strip()
    word = reading.normalise(typed)
    if word in STOP:
        return _command(dialog, replace(person, stopped=True), catalogue, turn, "stopped", OptedOut(typed[:40]))
    if word in START:
        return _command(dialog, replace(person, stopped=False), catalogue, turn, "started", OptedIn(typed[:40]))
    if person.stopped:
        return Answer(dialog or Dialog(), person, None)
    return _conversation(dialog, person, catalogue, turn, typed, word)


def _conversation(dialog: Dialog | None, person: Person, catalogue: Catalogue, turn: Turn, typed: str, word: str) -> Answer:
    poll, rest = _keyword(catalogue, typed)
    if poll is not None and poll.opens_at > turn.now:
        return _aside(dialog, opening.enter(Scene(Dialog(), person, catalogue, turn), poll))
    if poll is not None:
        return _begin(person, catalogue, turn, poll, rest)
    if dialog is None or dialog.ended or not catalogue.open:
        dialog = _first(person, catalogue, turn)
        if word not in HELP | LANGUAGE | ERASE:
            return _shown(dialog, person, catalogue, turn)
    if word in HELP | LANGUAGE | ERASE:
        return _show_menu(Scene(dialog, person, catalogue, turn), word)
    step = _past_notes(_several(dialog, person, catalogue, turn, typed), catalogue, turn)
    return _with_held(step, dialog, catalogue, turn)


def _begin(person: Person, catalogue: Catalogue, turn: Turn, poll: Poll, rest: str) -> Answer:
    """A poll's keyword: the welcome page, and what stood behind the word held until the consent comes."""
    scene = welcome.enter(Scene(Dialog(), person, catalogue, turn), poll)
    dialog = replace(scene.dialog, held=rest[:200], held_at=int(turn.now))
    return _shown(dialog, person, catalogue, turn)


def _first(person: Person, catalogue: Catalogue, turn: Turn) -> Dialog:
    return advance(None, person, catalogue, replace(turn, typed=None)).dialog


def _shown(dialog: Dialog, person: Person, catalogue: Catalogue, turn: Turn) -> Answer:
    """The page of a dialog as it stands."""
    step = advance(dialog, person, catalogue, replace(turn, looks=True))
    return Answer(step.dialog, step.person, step.page, step.events)


def _aside(dialog: Dialog | None, scene: Scene) -> Answer:
    """What is said while the question stays open: whoever asked may still answer it."""
    shown = _shown(scene.dialog, scene.person, scene.catalogue, scene.turn)
    return replace(shown, dialog=dialog or shown.dialog)


def _show_menu(scene: Scene, word: str) -> Answer:
    if word in HELP:
        return _aside(scene.dialog, reference.enter_help(scene))
    if word in LANGUAGE:
        scene = language.enter(scene, welcome.other_languages(scene)) if welcome.other_languages(scene) else scene
    else:
        scene = settings.enter(scene).to("settings", question="erase")
    return _shown(scene.dialog, scene.person, scene.catalogue, scene.turn)


def _several(dialog: Dialog, person: Person, catalogue: Catalogue, turn: Turn, typed: str) -> Step:
    """The message as one answer; where it reads as none, as the answers to the next questions, all or nothing."""
    one = advance(dialog, person, catalogue, replace(turn, typed=typed))
    if one.dialog.tries <= dialog.tries and not _is_note(dialog, catalogue):
        return one
    for separator in _SEPARATORS:
        parts = [part for part in separator.split(typed) if part]
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
    alphabet = letters(step.dialog, catalogue.phrases)
    while _is_note(step.dialog, catalogue):
        note, _, key = step.page.text.rpartition("\n")
        following = _on(step, catalogue, turn, "1")
        joined = "\n".join(part for part in (note, following.page.text) if part)
        if not key.startswith("1.") or alphabet.width(joined) > alphabet.budget(turn.page_septets):
            break
        step = replace(following, page=following.page._replace(text=joined))
    return step


def _is_note(dialog: Dialog, catalogue: Catalogue) -> bool:
    poll = catalogue.find(dialog.poll, dialog.version)
    question = poll.by_name.get(dialog.question) if poll and dialog.menu == "poll" else None
    return question is not None and question.type == "note"


def _with_held(step: Step, before: Dialog, catalogue: Catalogue, turn: Turn) -> Answer:
    """Where the consent came just now, the answers that waited for it follow."""
    answer = Answer(step.dialog, step.person, step.page, step.events)
    if not before.held or step.dialog.menu != "poll" or before.menu != "welcome":
        return answer
    if turn.now - before.held_at > HELD_SECONDS:
        return replace(answer, dialog=replace(step.dialog, held=""))
    more = _past_notes(_several(replace(step.dialog, held=""), step.person, catalogue, turn, before.held), catalogue, turn)
    return Answer(more.dialog, more.person, more.page, (*step.events, *more.events))


def _keyword(catalogue: Catalogue, typed: str) -> tuple[Poll | None, str]:
    """(the open or coming poll whose keyword the message begins with, what stands behind it)."""
    first, _, rest = typed.partition(" ")
    said = reading.normalise(first)
    for poll in (*catalogue.open, *catalogue.coming):
        if poll.keyword and said == reading.normalise(poll.keyword):
            return poll, rest.strip()
    return None, ""


def _command(dialog: Dialog | None, person: Person, catalogue: Catalogue, turn: Turn, phrase: str, event: Event) -> Answer:
    """A command that is answered by one sentence and leaves the dialog where it was."""
    dialog = dialog or Dialog()
    said = catalogue.phrases.say(dialog.language, phrase, organisation=catalogue.organisation)
    said = letters(dialog, catalogue.phrases).fold(said)
    return Answer(dialog, person, Page(said, expects=False), (event,))
