"""What must hold before a poll opens: every screen of every language fits, and what staff should know of it."""

from collections.abc import Iterator

from flows import asking, gsm, phrases, screen
from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.menus import welcome
from flows.poll import Poll, Question
from flows.scene import Scene, Turn
from flows.screen import Screen
from flows.xlsform import Finding

SEPTETS = 160
"""The default page budget (facts/phones.md)."""

MANY_CHOICES = 7
MANY_HOPS = 7


def check(poll: Poll, organisation: str) -> tuple[Finding, ...]:
    """What stands in the way of opening the poll, and what to think about."""
    return (*_screens_that_do_not_fit(poll, organisation), *_many_choices(poll), *_missing(poll), *_long(poll))


def report(poll: Poll, organisation: str) -> str:
    """Every screen of every language as the phone shows it, with its septets, and the hops of the longest path."""
    lines = []
    for language in poll.whole_languages:
        lines += ["", f"== {phrases.name_of(language)} ({language})"]
        for shown in _screens(poll, organisation, language):
            pages = screen.pages(shown, SEPTETS)
            for number, page in enumerate(pages, start=1):
                lines += ["", f"-- {shown.id} page {number}/{len(pages)}, {gsm.septets(page)} septets", page]
    return "\n".join([f"{poll.slug}: {hops(poll)} hops on the longest path", *lines])


def hops(poll: Poll) -> int:
    """Dial, consent, every question of the poll once, and two of the profile."""
    return 2 + len(poll.own) + min(len(poll.profile), 2)


def _screens(poll: Poll, organisation: str, language: str) -> Iterator[Screen]:
    catalogue = Catalogue("", (poll,), (poll,), organisation)
    dialog = Dialog("welcome", language, poll.slug, poll.version, 1)
    scene = Scene(dialog, Person(), catalogue, Turn(None, 0.0, 0))
    yield welcome.show(scene)
    for question in poll.questions:
        yield asking.screen(scene, question)


def _screens_that_do_not_fit(poll: Poll, organisation: str) -> Iterator[Finding]:
    """A free answer is read on any page, `9` included, so its question must stand on one (contract)."""
    for language in poll.whole_languages:
        for shown, question in zip(_screens(poll, organisation, language), (None, *poll.questions), strict=True):
            pages = screen.pages(shown, SEPTETS)
            if question is not None and question.type in ("integer", "text") and len(pages) > 1:
                yield _finding("error", question, f"takes {len(pages)} pages in {language}; a free answer needs one page")


def _many_choices(poll: Poll) -> Iterator[Finding]:
    for question in poll.questions:
        if len(question.choices) > MANY_CHOICES and not question.profile:
            yield _finding("warning", question, f"has {len(question.choices)} choices; over {MANY_CHOICES} are hard to hear")


def _missing(poll: Poll) -> Iterator[Finding]:
    for language in poll.languages:
        missing = poll.missing(language)
        if missing:
            yield Finding("warning", "survey", 0, "", f"{language} lacks {', '.join(missing)}; it will not be offered")


def _long(poll: Poll) -> Iterator[Finding]:
    if hops(poll) >= MANY_HOPS:
        yield Finding("warning", "survey", 0, "", f"{hops(poll)} hops on the longest path; networks cut from eight on")


def _finding(severity: str, question: Question, message: str) -> Finding:
    return Finding(severity, "survey", 0, "", f"'{question.name}' {message}")  # type: ignore[arg-type]
