"""What somebody typed on a phone, read as an answer, or as why it cannot be.

Pure and total: no input makes it raise. It must never count what could mean two things: when in doubt, `Unclear`.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, Literal

import msgspec

from flows.gsm import LETTERS, is_unseen
from flows.numbers import WORDS, numbered, without_unit

LONGEST: Final = 500
"""Characters of an answer that is not free text; a longer one is unclear, not cut: its end could say otherwise."""


class Option(msgspec.Struct, frozen=True):
    """What reading needs to know of a choice."""

    number: int  # as shown, see `number_of_choice`
    name: str
    words: tuple[str, ...]  # its label in the person's language and in the default one, and its synonyms


class Read(msgspec.Struct, frozen=True):
    """An answer that means one thing: the name of a choice, names in the order shown, a number, or a text."""

    value: str | int | float | tuple[str, ...]


class Unclear(msgspec.Struct, frozen=True):
    """Nothing to count, and why."""

    why: Literal["ambiguous", "unknown", "not_a_number", "not_a_date", "too_long", "empty"]


Reading = Read | Unclear


def number_of_choice(position: int) -> int:
    """The number shown for the nth choice, from 1: after 8 comes 10, because 9 turns the page."""
    return position if position < 9 else position + 1


def is_skip(typed: str) -> bool:
    """Whether this asks to pass over an optional question."""
    return len(typed) <= LONGEST and (typed.strip() == "#" or normalise(typed) in {"passer", "skip"})


def read_choice(typed: str, options: Sequence[Option]) -> Reading:
    """The one option that this means, by name: a number, a label or both (`1. Emploi`), a number word, one slip."""
    if (plain := _plain_number(typed, options)) is not None:
        return Read(plain)
    if (unfit := _unfit(typed)) is not None:
        return unfit
    index, key = _index(tuple(options)), normalise(typed)
    named = _named(key, index)
    return Read(*named) if len(named) == 1 else _why_not(key, named, index)


def read_choices(typed: str, options: Sequence[Option]) -> Reading:
    """All that this lists, by name, each once, in the options' order: `1 3`, `1,3`, `1 et 3`, `1*3`, `emploi, santé`.
    One unclear piece makes all of it unclear: half a list is another answer."""
    if (plain := _plain_number(typed, options)) is not None:
        return Read((plain,))
    if (unfit := _unfit(typed)) is not None:
        return unfit
    index, key = _index(tuple(options)), normalise(typed)
    ways = _ways(key.split(), index)
    if not ways:  # perhaps a slip in one of the pieces
        keys = filter(None, map(normalise, re.split(r"[,;*+/\n]", typed)))
        pieces = [_ways(piece.split(), index) or {frozenset({name}) for name in _near(piece, index)} for piece in keys]
        if pieces and all(len(piece) == 1 for piece in pieces):
            ways = {frozenset(name for piece in pieces for named in piece for name in named)}
    named = frozenset[str]().union(*ways)
    names = tuple(option.name for option in options if option.name in named)
    return Read(names) if len(ways) == 1 else _why_not(key, named, index)


def read_integer(typed: str, about: str = "") -> Reading:
    """A whole number of up to 15 digits: `12`, `012`, `1 200`, `-3`, `١٢`, `douze`; not `1,200`, nor `12 ou 13`.

    Args:
        typed: what was typed.
        about: the question's sentence: a word of it, or of age, money or time, may stand behind the number (`12 personnes`).
    """
    if typed.isascii() and typed.isdigit() and len(typed) <= 15:
        return Read(int(typed))
    number = _number(typed, about)
    if isinstance(number, Unclear):
        return number
    return Read(int(number)) if "." not in number else Unclear("not_a_number")


def read_decimal(typed: str, about: str = "") -> Reading:
    """A number with a decimal comma or point, as a float: `2,5`, `2.5`, `1 200,50`; not `1,200`, which could be two.

    `about` is as for `read_integer()`.
    """
    number = _number(typed, about)
    return number if isinstance(number, Unclear) else Read(float(number) + 0.0)  # + 0.0 makes -0.0 zero


def read_date(typed: str) -> Reading:
    """A day, as 'YYYY-MM-DD': `12/3/2024` (day first), `12*3*24`, `2024-03-12`, `12 mars 2024`, `March 12, 2024`.
    Of years in two figures, 69 to 99 are 19xx and 00 to 68 are 20xx, as in POSIX."""
    if (unfit := _unfit(typed)) is not None:
        return unfit
    parts = [p for p in _DAY_PARTS.findall(_plain(typed)) if p not in {"le", "the", "er", "st", "nd", "rd", "th", "of"}]
    return (_day(*parts) if len(parts) == 3 else None) or Unclear("not_a_date")


def read_text(typed: str, limit: int = 1000) -> Reading:
    """The text in any script, stripped at its ends; without what databases refuse: NUL, half of a surrogate pair."""
    text = typed.replace("\0", "").strip()
    if not text:
        return Unclear("empty")
    return Read(re.sub("[\ud800-\udfff]", "\ufffd", text)) if len(text) <= limit else Unclear("too_long")


def normalise(typed: str) -> str:
    """What was meant by its first `LONGEST` characters: no capitals, accents or punctuation, ASCII digits, one space
    between words, letters as `gsm.fold` shows them. A dash stays before and between numbers: `-1` and `1-3` are not 1.
    """
    text = _SEPARATES.sub(" ", _plain(typed)).strip()
    return " ".join(_DASH.sub(lambda dash: " " if dash[1] is None else f"{dash[1]}-", text).split())


_LETTERS: Final = LETTERS | dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
# What it keeps means something: letters, figures, `5 %`, `< 5`, and symbols and emoji, which say anything.
_SEPARATES: Final = re.compile(r"[^\w%<>=$€£←-\U0010ffff-]|[_ºʼʻʹ]")
_DASH: Final = re.compile(r"(^|\d)\s*-[\s-]*(?=\d)|-")


def _plain(typed: str) -> str:
    """Without capitals and accents, and with ASCII digits; signs and spaces stay, and so does `²` (NFD, not NFKD)."""
    text = unicodedata.normalize("NFD", typed[:LONGEST].translate(_LETTERS).casefold())
    return text if text.isascii() else "".join(str(unicodedata.decimal(c, c)) for c in text if not is_unseen(c))


def _unfit(typed: str) -> Unclear | None:
    if not typed.strip():
        return Unclear("empty")
    return Unclear("too_long") if len(typed) > LONGEST else None


# Spellings seen on phones (facts/phones.md). Translations belong in a form's synonyms, where somebody checks them.
_SPELLINGS: Final = (("oui", "yes", "wi", "awo"), ("non", "no"), ("d accord", "daccord", "dakor", "ok"))
_NUMBER_FORMS: Final = ("{}", "0{}", "00{}", "n{}", "n {}", "numero {}", "number {}")
Names = frozenset[str]


class _Index(msgspec.Struct, frozen=True):
    exact: dict[str, Names]  # numbers, normalised labels and synonyms: whose they are
    phrases: dict[str, Names]  # these, number words and spellings; nobody's, if no choice has that number
    begun: dict[str, Names]  # labels, and what stands before their first comma: what a slip may be near to
    longest: int  # words in a phrase


@lru_cache(maxsize=512)  # a campaign asks thousands the same question
def _index(options: tuple[Option, ...]) -> _Index:
    words = [(word, option.name) for option in options for word in option.words]
    labels = _gather((normalise(word), name) for word, name in words)
    numbers = _gather((form.format(option.number), option.name) for option in options for form in _NUMBER_FORMS)
    phrases = labels | numbers
    for word, number in WORDS.items():
        phrases.setdefault(word, _called(word, str(number), numbers, labels))
    # `Oui, tout à fait` answers to `oui` where no other option does.
    clauses = _gather((normalise(re.split("[,;(]", word)[0]), name) for word, name in words)
    for spellings in _SPELLINGS:
        if names := _union(labels, spellings) or _union(clauses, spellings):
            phrases = dict.fromkeys(spellings, names) | phrases
    begun = {key: labels.get(key, frozenset()) | clauses.get(key, frozenset()) for key in labels | clauses}
    return _Index(labels | numbers, phrases, begun, max(phrase.count(" ") + 1 for phrase in phrases))


def _called(word: str, number: str, numbers: dict[str, Names], labels: dict[str, Names]) -> Names:
    """Whom a number word may mean: `une` is the first option, and perhaps the second if that is `Une école`."""
    begun = [label for label in labels if label == number or label.startswith((f"{word} ", f"{number} "))]
    return _union(numbers, [number]) | _union(labels, begun) if number in numbers else frozenset()


def _gather(pairs: Iterable[tuple[str, str]]) -> dict[str, Names]:
    gathered: dict[str, Names] = {}
    for key, name in pairs:
        if key:
            gathered[key] = gathered.get(key, frozenset()) | {name}
    return gathered


def _union(named: dict[str, Names], keys: Iterable[str]) -> Names:
    return frozenset[str]().union(*(named.get(key, ()) for key in keys))


def _plain_number(typed: str, options: Sequence[Option]) -> str | None:
    """Whose number this is: what nearly everybody types, so before anything slower."""
    number = int(typed) if len(typed) <= 3 and typed.isascii() and typed.isdigit() else None
    return next((option.name for option in options if option.number == number), None)


def _named(key: str, index: _Index) -> Names:
    """Whoever this may mean as one choice: nobody, one, or too many."""
    if key in index.phrases:
        return index.phrases[key]
    ways = set() if key.replace(" ", "").isdigit() else _ways(key.split(), index)  # `1 1` may be a slip for 11
    return frozenset[str]().union(*ways) or _near(key, index)


def _ways(words: list[str], index: _Index) -> set[Names]:
    """The different sets of options that these words name when each word belongs to some name: none, one or more."""
    ways: list[set[Names]] = [{frozenset()}]  # of the words from here to the end, the last word first
    for start in range(len(words) - 1, -1, -1):
        here = set(ways[-1]) if words[start] in {"et", "and"} and 0 < start < len(words) - 1 else set()
        for count in range(1, min(index.longest, len(words) - start) + 1):
            names = index.phrases.get(" ".join(words[start : start + count]), ())
            here |= {rest | {name} for name in names for rest in ways[-count]}
        if len(here) > 8:  # ambiguous whatever stands before, and they multiply
            return here
        ways.append(here)
    return ways[-1] - {frozenset()}


def _near(key: str, index: _Index) -> Names:
    """Whose label begins with these words or is one slip away, with whoever else is named among them."""
    if key in index.phrases or sum(map(str.isalpha, key)) < 4:
        return frozenset()
    near = [label for label in index.begun if label.startswith(key + " ") or _is_slip(key, label)]
    return _union(index.begun, near) | _mentioned(key, index.exact, index.longest) if near else frozenset()


def _is_slip(key: str, label: str) -> bool:
    """Whether one letter is missing, added, changed or swapped with its neighbour; figures are never forgiven."""
    if abs(len(key) - len(label)) > 1 or sum(map(str.isalpha, label)) < 4:
        return False
    same = next((i for i, (a, b) in enumerate(zip(key, label, strict=False)) if a != b), min(len(key), len(label)))
    a, b = key[same:], label[same:]
    one_edit = a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
    return one_edit and re.findall(r"\d+", key) == re.findall(r"\d+", label)


def _mentioned(key: str, phrases: dict[str, Names], longest: int) -> Names:
    words = re.findall(r"[^\s-]+", key)  # `1-3` mentions both
    spans = (words[start : start + count] for start in range(len(words)) for count in range(1, longest + 1))
    return _union(phrases, map(" ".join, spans))


def _why_not(key: str, named: Names, index: _Index) -> Unclear:
    run_together = key.isdigit() and len(key) > 1 and all(digit in index.exact for digit in key)  # `13`
    several = len(named | _mentioned(key, index.phrases, index.longest)) > 1
    return Unclear("ambiguous" if run_together or several else "unknown")


_NUMBER: Final = re.compile(r"([-+]?)(\d+|[1-9]\d{0,2}(?: \d{3})+)(?:[.,٫](\d+))?[.,!]?")
# `1,200` is twelve hundred to one person and one and a fifth to another; `1 2` may be a slip for 12.
_TWO_NUMBERS: Final = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}[.,!]?|[-+]?\d+([.,]? +\d+)+")
_DAY_PARTS: Final = re.compile(r"\d+|[^\W\d_]+|[^\s/.,*-]")
_MONTHS: Final = {
    name[:end]: number
    for name, number in numbered(
        "- janvier/january fevrier/february mars/march avril/april mai/may juin/june juillet/july aout/august"
        " septembre/september octobre/october novembre/november decembre/december"
    ).items()
    for end in range(3, len(name) + 1)
    if name[:end] != "jui"  # juin or juillet
}


def _number(typed: str, about: str) -> str | Unclear:
    """As Python writes it, with a point: at most 15 digits."""
    if (unfit := _unfit(typed)) is not None:
        return unfit
    text = without_unit(re.sub(r"\s", " ", _plain(typed).strip()), _plain(about))
    if (word := text.rstrip(".! ").replace("-", " ")) in WORDS:
        return str(WORDS[word])
    match = _NUMBER.fullmatch(text)
    if match is None or (_TWO_NUMBERS.fullmatch(text) and " " not in match[2]):
        return Unclear("ambiguous" if _TWO_NUMBERS.fullmatch(text) else "not_a_number")
    number = f"{match[1]}{match[2].replace(' ', '')}" + (f".{match[3]}" if match[3] else "")
    return number if len(re.findall(r"\d", number)) <= 15 else Unclear("too_long")


def _day(day: str, month: str, year: str) -> Read | None:
    if day in _MONTHS:
        day, month = month, day
    elif len(day) == 4:
        day, year = year, day
    month = str(_MONTHS.get(month, month))
    if not re.fullmatch(r"\d\d?/\d\d?/(\d\d|[12]\d{3})", f"{day}/{month}/{year}"):
        return None
    century = 0 if len(year) == 4 else 2000 if int(year) <= 68 else 1900
    try:
        return Read(date(century + int(year), int(month), int(day)).isoformat())
    except ValueError:
        return None
