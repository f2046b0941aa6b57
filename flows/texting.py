"""One SMS finds what it belongs to: STOP and commands, a poll's keyword, the question that is open; else we ask once, and then
staff read it. Pure, and it never fails.

A message that sounds like distress is never an answer. What is asked and how it is read is the same as by USSD.
"""

import re
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from flows import batches, distress
from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.engine import advance
from flows.events import Event, OptedIn, OptedOut, Unlinked
from flows.menus import home, language, opening, reference, settings, welcome
from flows.phrases import DEFAULT_LANGUAGE
from flows.poll import Poll
from flows.scene import Scene, Turn, letters
from flows.screen import Page
from flows.spelling import normalise

# Matched against the whole message, never a prefix: "Arret des visas" is an opinion (facts/phones.md, rule 18).
STOP = frozenset({"stop", "arret", "arreter", "stopper", "unsubscribe", "desabonner", "desabonnement"})
POLITE = re.compile(r"(?:stop|arret)(?: (?:sms|svp|s il vous plait|merci|please|[0-9]{3,8}))?")
"""STOP with what networks and manners put behind it: `STOP SMS`, `STOP 36036`."""
START = frozenset({"start", "reprise"})
YES = frozenset({"oui", "yes"})
HELP = frozenset({"aide", "help", "info"})
LANGUAGE = frozenset({"langue", "language"})
ERASE = frozenset({"effacer", "erase"})
FOLLOW = frozenset({"suivi", "follow"})
COMMANDS = STOP | START | HELP | LANGUAGE | ERASE | FOLLOW

OFFER = "offer"
"""The dialog's place while somebody who said STOP may come back with OUI (rule 18)."""

LATE_SECONDS = 2
"""By how much a message must be older than the question before it is taken for an answer to an earlier one."""


class Answer(Struct, frozen=True):
    """What came of one SMS: the new state, the reply (None: silence), and what must be kept."""

    dialog: Dialog
    person: Person
    reply: Page | None
    events: tuple[Event, ...] = ()


def answer(dialog: Dialog | None, person: Person, catalogue: Catalogue, turn: Turn) -> Answer:
    """Takes one SMS; arguments as for `engine.advance()`, `turn.typed` being the whole message."""
    typed = (turn.typed or "").strip()
    dialog = dialog or Dialog(language=person.language or DEFAULT_LANGUAGE, ended=True)
    scene = Scene(dialog, person, catalogue.at(turn.now), turn)
    word = normalise(typed)
    if word in STOP or POLITE.fullmatch(word):
        return _said(scene, "stopped", OptedOut(typed[:40]), person=replace(person, stopped=True))
    if word in START or (word in YES and scene.dialog.menu == OFFER):
        return _started(scene, typed)
    if distress.is_heard(word, scene.catalogue.distress) and not _is_choice(scene, typed):
        return _said(scene, "distress", Unlinked(typed, distress=True), referral=scene.catalogue.referral)
    if person.stopped and not (word in HELP | ERASE or _is_erasing(scene.dialog)):
        return _offered(scene, typed)
    told = _aside(scene, word) or _by_keyword(scene, typed) or _in_dialog(scene, typed, word)
    return replace(told, dialog=_dated(scene.dialog, told.dialog, turn))


def _aside(scene: Scene, word: str) -> Answer | None:
    """A word that is answered while the question stays open: whoever asked may still answer it."""
    if word in HELP:
        said = reference.enter_help(scene)
    elif word.partition(" ")[0] in FOLLOW:
        said = reference.enter_follow_up(scene, word)
    else:
        return None
    return replace(_shown(said), dialog=scene.dialog)


def _by_keyword(scene: Scene, typed: str) -> Answer | None:
    """A poll's keyword: the welcome page, or the day on which it opens."""
    poll, rest = _keyword(scene.catalogue, typed)
    if poll is None:
        return None
    if poll.opens_at > scene.turn.now:
        return replace(_shown(opening.enter(scene, poll)), dialog=scene.dialog)
    return _begin(scene, poll, rest)


def _in_dialog(scene: Scene, typed: str, word: str) -> Answer:
    """The question that is open, where one is."""
    if word in LANGUAGE | ERASE:
        return _show_menu(scene, word)
    if scene.dialog.ended or not scene.catalogue.open:
        return _unlinked(scene, typed)
    if _is_late(scene):
        return _asked_again(scene)
    if _has_gone_on(scene):
        return _caught_up(scene)
    before = scene.dialog
    step = batches.answers(before, scene.person, scene.catalogue, scene.turn, typed)
    if before.menu == "home" and step.dialog.menu == "home" and step.dialog.tries > before.tries:
        return _passed_on(scene, typed)
    return Answer(step.dialog, step.person, step.page, step.events)


def _begin(scene: Scene, poll: Poll, rest: str) -> Answer:
    """The welcome page; what stood behind the keyword is held until the consent comes."""
    scene = welcome.enter(replace(scene, dialog=Dialog()), poll)
    return _shown(replace(scene, dialog=replace(scene.dialog, held=rest[:200], held_at=int(scene.turn.now))))


def _shown(scene: Scene) -> Answer:
    """The page of a dialog as it stands."""
    step = advance(scene.dialog, scene.person, scene.catalogue, replace(scene.turn, looks=True))
    return Answer(step.dialog, step.person, step.page, (*scene.events, *step.events))


def _show_menu(scene: Scene, word: str) -> Answer:
    """Another language, or the question whether to erase all; with no poll under way, as from the first page."""
    if scene.dialog.ended or not scene.catalogue.find(scene.dialog.poll, scene.dialog.version):
        scene = _at_the_door(scene)
    if word in ERASE:
        return _shown(settings.enter(scene).to("settings", question="erase", ended=False))
    others = () if scene.dialog.ended else welcome.other_languages(scene)
    return _shown(language.enter(scene, others) if others else scene)


def _at_the_door(scene: Scene) -> Scene:
    """The first page, as for somebody who dials."""
    step = advance(None, scene.person, scene.catalogue, replace(scene.turn, typed=None))
    return replace(scene, dialog=step.dialog)


def _unlinked(scene: Scene, typed: str) -> Answer:
    """Nothing is open that the message could belong to: we say what can be answered. More than a word is kept for staff."""
    if len(typed.split()) > 1:
        scene = scene.happened(Unlinked(typed))
    if not scene.catalogue.open:
        return _said(scene, "no_poll")
    return _shown(home.enter(_at_the_door(scene)).with_hint(scene.say("not_understood")))


def _passed_on(scene: Scene, typed: str) -> Answer:
    """We had asked, and it is no choice of ours: a person reads it. The next message may begin anew."""
    passed = _said(scene, "passed_on", Unlinked(typed))
    return replace(passed, dialog=replace(scene.dialog, ended=True))


def _offered(scene: Scene, typed: str) -> Answer:
    """Somebody who said STOP gets no message; but who then asks for a poll is offered the way back."""
    poll, _ = _keyword(scene.catalogue, typed)
    if poll is None:
        kept = (Unlinked(typed),) if len(typed.split()) > 1 else ()
        dialog = replace(scene.dialog, menu="welcome") if scene.dialog.menu == OFFER else scene.dialog  # it had its answer
        return Answer(dialog, scene.person, None, kept)
    offer = Dialog(menu=OFFER, poll=poll.slug, version=poll.version, language=scene.dialog.language)
    return replace(_said(scene, "come_back"), dialog=offer)


def _started(scene: Scene, typed: str) -> Answer:
    """START, or OUI to the offer, which then leads to the poll that was asked for."""
    back = replace(scene.person, stopped=False)
    asked = scene.catalogue.find(scene.dialog.poll, scene.dialog.version)
    if scene.dialog.menu != OFFER or asked is None:
        return _said(scene, "started", OptedIn(typed[:40]), person=back)
    told = _begin(replace(scene, person=back), asked, "")
    return replace(told, events=(OptedIn(typed[:40]), *told.events))


def _asked_again(scene: Scene) -> Answer:
    """A message older than the open question could be meant for one before it: nothing is counted, and we ask once more."""
    shown = _shown(scene)
    return replace(shown, dialog=replace(shown.dialog, asked_at=0))


def _is_late(scene: Scene) -> bool:
    sent, asked = scene.turn.sent_at, scene.dialog.asked_at
    return bool(sent and asked and sent < asked - LATE_SECONDS)


def _has_gone_on(scene: Scene) -> bool:
    """Whether the person came to another question by USSD since this one was asked by SMS."""
    dialog = scene.dialog
    if dialog.menu not in ("poll", "profile") or not dialog.asked_at or not scene.catalogue.find(dialog.poll, dialog.version):
        return False
    return scene.progress.touched > dialog.asked_at and scene.progress.question != dialog.question


def _caught_up(scene: Scene) -> Answer:
    """The message could be meant for the old question or for the new one: nothing is counted, and the new one is asked."""
    asked = scene.progress.question
    return _shown(scene.asks(asked) if asked in scene.poll.by_name else home.enter(scene))  # home where all was answered


def _dated(before: Dialog, after: Dialog, turn: Turn) -> Dialog:
    """The dialog with the moment of its question, where that is a new one."""
    if (before.menu, before.poll, before.question, before.page) == (after.menu, after.poll, after.question, after.page):
        return after
    return replace(after, asked_at=int(turn.now))


def _is_erasing(dialog: Dialog) -> bool:
    return (dialog.menu, dialog.question) == ("settings", "erase")


def _is_choice(scene: Scene, typed: str) -> bool:
    """Whether these are the words of a choice that is shown: a form may ask about fear or violence."""
    poll = scene.catalogue.find(scene.dialog.poll, scene.dialog.version)
    question = poll.by_name.get(scene.dialog.question) if poll else None
    said = normalise(typed)
    return question is not None and any(
        said == normalise(words) for choice in question.choices for words in choice.label.values()
    )


def _keyword(catalogue: Catalogue, typed: str) -> tuple[Poll | None, str]:
    """(the open or coming poll whose keyword the message begins with, what stands behind it)."""
    first, _, rest = typed.partition(" ")
    said = normalise(first)
    for poll in (*catalogue.open, *catalogue.coming):
        if poll.keyword and said == _as_typed(poll.keyword):
            return poll, rest.strip()
    return None, ""


_as_typed = lru_cache(maxsize=256)(normalise)  # keywords: few, and nobody's own words


def _said(scene: Scene, phrase: str, *events: Event, person: Person | None = None, **values: str) -> Answer:
    """One sentence that leaves the dialog where it was."""
    said = scene.say(phrase, organisation=scene.catalogue.organisation, **values)
    said = letters(scene.dialog.language, scene.phrases).fold(said).strip()
    return Answer(scene.dialog, person or scene.person, Page(said, expects=False), (*scene.events, *events))
