"""What must hold before a poll opens: every screen of every language fits, and what staff should know of it."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from flows import asking, gsm, reach, screen
from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.menus import welcome
from flows.phrases import BUILT_IN, Phrases
from flows.poll import FREE_TYPES, Choice, Poll, Question
from flows.scene import Scene, Turn, letters
from flows.screen import Letters, Screen
from flows.workbook import Cell, Finding
from flows.xpath.values import Scope, Value

SEPTETS = 160
"""The default page budget (facts/phones.md)."""

MANY_CHOICES = 7
MANY_HOPS = 7
MANY_PAGES = 4
TRIED = 1000
"""Whole numbers up to here, and those that are written in it, are tried on a constraint."""
_CALL = re.compile(r"\b(?!and\b|or\b)[a-z-]+ ?\(|\b(?:mod|div)\b|\*")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
MOST_TOLD = 5
"""Combinations of answers that one warning names."""


class Advice(NamedTuple):
    """What to think about: of one question, or of the whole poll."""

    about: Question | None
    message: str


def check(
    poll: Poll, organisation: str, phrases: Phrases = BUILT_IN, places: Mapping[str, Cell] | None = None
) -> tuple[Finding, ...]:
    """What to think about before the poll opens; `places` are the cells of its questions, by name, where they are known."""
    advice = (
        *_many_pages(poll, organisation, phrases),
        *_many_choices(poll),
        *_missing(poll, phrases),
        *_long(poll),
        *_out_of_reach(poll),
        *_without_choices(poll),
        *_unanswerable(poll),
        *_words_on_keypads(poll),
    )
    return tuple(_finding(one, places or {}) for one in advice)


def report(poll: Poll, organisation: str, phrases: Phrases = BUILT_IN) -> str:
    """Every screen of every language as the phone shows it, with its septets, and what it costs as SMS."""
    hops, exact = reach.longest_path(poll)
    lines = [f"{poll.slug}: {'' if exact else 'at most '}{hops} hops on the longest path", *_languages(poll, phrases)]
    for language in _shown_languages(poll):
        alphabet = letters(language, phrases)
        shown = list(_screens(poll, organisation, language, phrases))
        messages = _messages(shown, phrases.say(language, "thanks", code="AAAA"))
        parts = sum(gsm.segments(alphabet.fold(message)).parts for message in messages)
        lines += ["", f"== {phrases.name_of(language)} ({language}): {parts} SMS segments to ask everything and say thanks"]
        for _, one in shown:
            pages = screen.pages(one, SEPTETS, letters=alphabet)
            for number, page in enumerate(pages, start=1):
                lines += ["", f"-- {one.id} page {number}/{len(pages)}, {alphabet.width(page)} {_unit(alphabet)}", page]
    return "\n".join(lines)


def _languages(poll: Poll, phrases: Phrases) -> Iterator[str]:
    """What each language still lacks: of the poll, and of our own sentences."""
    for language in dict.fromkeys((*poll.languages, *phrases.names)):
        lacks = len(poll.missing(language)), len(phrases.missing(language))
        state = "offered" if not any(lacks) else f"lacks {lacks[0]} sentences of the poll and {lacks[1]} of our own"
        yield f"   {phrases.name_of(language)} ({language}): {state}"


def _shown_languages(poll: Poll) -> tuple[str, ...]:
    """The default language, in which the poll is always there, and the others that may be offered."""
    return tuple(dict.fromkeys((poll.default_language, *poll.whole_languages)))


def _screens(poll: Poll, organisation: str, language: str, phrases: Phrases) -> Iterator[tuple[Question | None, Screen]]:
    """The welcome page, then every question with all of its choices."""
    catalogue = Catalogue("", (poll,), (poll,), organisation, phrases)
    dialog = Dialog("welcome", language, poll.slug, poll.version, 1)
    scene = Scene(dialog, Person(), catalogue, Turn(None, 0.0, 0))
    yield None, welcome.show(scene)
    for question in (*poll.own, *poll.profile):
        yield question, asking.screen(scene, _at_its_longest(question))


def _at_its_longest(question: Question) -> Question:
    """A cascade with the longest of the lists that its filter's columns make of its choices."""
    if question.choice_filter is None:
        return question
    columns = sorted(question.choice_filter.columns)
    lists: dict[tuple[str, ...], list[Choice]] = {}
    for choice in question.choices:
        lists.setdefault(tuple(choice.columns.get(column, "") for column in columns), []).append(choice)
    longest = sorted(lists.values(), key=len)[-1:]
    return replace(question, choice_filter=None, choices=tuple(*longest))


def _messages(shown: Iterable[tuple[Question | None, Screen]], thanks: str) -> Iterator[str]:
    """What is sent by SMS to ask everything: a note goes with what follows it (`flows/texting.py`)."""
    notes: list[str] = []
    for question, one in shown:
        if question and question.type == "note":
            notes.append(one.text)
        else:
            yield "\n".join([*notes, one.whole_text, *one.choices])
            notes = []
    yield "\n".join([*notes, thanks])


def _many_pages(poll: Poll, organisation: str, phrases: Phrases) -> Iterator[Advice]:
    for language in _shown_languages(poll):
        for question, shown in _screens(poll, organisation, language, phrases):
            pages = len(screen.pages(shown, SEPTETS, letters=letters(language, phrases)))
            if question is None and pages > 1:
                yield Advice(None, _long_welcome(poll, language, phrases, shown))
            elif question and question.type in FREE_TYPES and pages > 1:
                yield Advice(question, f"takes {pages} pages in {language}: 9 turns them, and is no answer before")
            elif pages > MANY_PAGES:
                yield Advice(question, f"takes {pages} pages in {language}; few will read them")


def _long_welcome(poll: Poll, language: str, phrases: Phrases, shown: Screen) -> str:
    """What the first page is made of, which of it is too long, and by how much."""
    sent = letters(language, phrases)
    whole, title, keys = (
        sent.width(sent.fold(text))
        for text in ("\n".join((shown.text, *shown.choices)), poll.text(poll.title, language), "\n".join(shown.choices))
    )
    unit, fits = _unit(sent), sent.budget(SEPTETS)
    parts = f"form_title {title}, the sentence 'welcome' {whole - title - keys}, the keys and names of languages {keys}"
    if whole - fits < title:
        advice = f"shorten form_title by {whole - fits}"
    else:
        advice = "no form_title is short enough: shorten 'welcome' (palabre phrases export), or leave it, 9 turns the page"
    return f"the first page is too long in {language}: {whole} {unit}, and {fits} fit ({parts}): {advice}"


def _unit(sent: Letters) -> str:
    return "letters" if sent is screen.UCS2 else "septets"


def _many_choices(poll: Poll) -> Iterator[Advice]:
    for question in poll.own:
        if len(question.choices) > MANY_CHOICES and question.choice_filter is None:
            yield Advice(question, f"has {len(question.choices)} choices; over {MANY_CHOICES} are hard to hear")


def _missing(poll: Poll, phrases: Phrases) -> Iterator[Advice]:
    """Why a language of the form is not offered; the default one is shown all the same."""
    for language in poll.languages:
        is_default = language == poll.default_language
        catalogue = phrases.catalogues.get(language, {})
        lacks = poll.missing(language)
        ours = [name for name in phrases.missing(language) if name not in catalogue or catalogue[name].state == "draft"]
        if lacks:
            so = "is shown without them" if is_default else "is not offered"
            yield Advice(None, f"{language} lacks {len(lacks)} sentences and {so}: {', '.join(lacks)}")
        if ours:
            say = ", ".join(ours)
            so = "its questions are shown with those in French" if is_default else "and is not offered"
            yield Advice(None, f"{language} lacks {len(ours)} of Palabre's own sentences, {so}: {say}")
        if complaint := phrases.complaint(language):
            yield Advice(None, f"{language} is not offered: {complaint}")


def _long(poll: Poll) -> Iterator[Advice]:
    hops, exact = reach.longest_path(poll)
    if hops >= MANY_HOPS:
        about = "" if exact else "up to "
        yield Advice(
            None,
            f"{about}{hops} hops on the longest path, each a page and its reply: many networks cut from the eighth on, "
            "then people dial again and press 2",
        )


def _out_of_reach(poll: Poll) -> Iterator[Advice]:
    proved, unproved = reach.out_of_reach(poll)
    for question in proved:
        wanted = ["make its 'relevant' true"] * bool(question.relevant) + ["leave it a choice"] * bool(question.choice_filter)
        yield Advice(question, f"can never be reached: no answers {' and '.join(wanted)}")
    if unproved:
        names = ", ".join(question.name for question in unproved)
        yield Advice(
            None,
            f"not proved within reach, as they depend on more than select_one answers: see on a phone that they come: {names}",
        )


def _without_choices(poll: Poll) -> Iterator[Advice]:
    for question, empty in reach.without_choices(poll):
        told = [" and ".join(f"{name} = '{answer}'" for name, answer in one.items()) for one in empty]
        more = f", and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
        yield Advice(
            question,
            f"is left without choices by its choice_filter, and passed over, where {'; '.join(told[:MOST_TOLD])}{more}:"
            " if that is not meant, compare these names with the columns of its choices, letter by letter",
        )


def _unanswerable(poll: Poll) -> Iterator[Advice]:
    """Constraints that compare the answer with figures alone, and take none of the numbers or choices that there are."""
    for question in poll.own:
        constraint = question.constraint
        if constraint is None or constraint.names or _CALL.search(constraint.source):
            continue
        written = [float(figure) for figure in _FIGURE.findall(constraint.source)]
        written += [(low + high) / 2 for low, high in itertools.pairwise(sorted(written))]
        numbers = (figure * sign + step for figure in written for sign in (1, -1) for step in (0, 1, -1, 0.5, -0.5))
        answers: Iterable[Value] = (choice.name for choice in question.choices)
        if question.type in ("integer", "decimal"):
            answers = itertools.chain(range(-TRIED, TRIED), (one for one in numbers if _may_be(one, question)))
        elif question.type != "select_one":
            continue
        if not any(constraint.holds(Scope({}, here=answer)) for answer in answers):
            yield Advice(question, "takes no answer: nothing fits its 'constraint'")


def _may_be(number: float, question: Question) -> bool:
    return question.type == "decimal" or number.is_integer()


def _words_on_keypads(poll: Poll) -> Iterator[Advice]:
    for question in poll.own:
        if question.type == "text" and question.required:
            yield Advice(question, "asks everybody for words, which are slow on a keypad: leave its 'required' empty")


def _finding(advice: Advice, places: Mapping[str, Cell]) -> Finding:
    if advice.about is None:
        return Finding("warning", "survey", 0, "", advice.message)
    cell = places.get(advice.about.name, Cell("survey", 0, "", ""))
    return Finding("warning", cell.sheet, cell.row, cell.column, f"'{advice.about.name}' {advice.message}")
