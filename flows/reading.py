"""What somebody typed on a phone, read as an answer, or as why it cannot be.

Pure and total: no input makes it raise. It must never count what could mean two things: when in doubt, `Unclear`.
"""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from flows import days, naming, numbers
from flows.naming import Index, Names, Option
from flows.spelling import LONGEST, normalise, plain


class Read(msgspec.Struct, frozen=True):
    """An answer that means one thing: the name of a choice, names in the order shown, a number, or a text."""

    value: str | int | float | tuple[str, ...]


class Unclear(msgspec.Struct, frozen=True):
    """Nothing to count, and why."""

    why: Literal["ambiguous", "unknown", "not_a_number", "not_a_date", "too_long", "empty"]


Reading = Read | Unclear

_MARKS, _AND = re.compile(r"[,;*+/\n]"), re.compile(r"\b(?:et|and)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:ou|or|et|and)\b")
LONGEST_LIST = 100
"""Characters of a list that are looked through for what was not read; of a longer one a hint has no room for it."""


def number_of_choice(position: int) -> int:
    """The number shown for the nth choice, from 1: after 8 comes 10, because 9 turns the page."""
    return position if position < 9 else position + 1


def is_skip(typed: str) -> bool:
    """Whether this asks to pass over an optional question."""
    return len(typed) <= LONGEST and (typed.strip() == "#" or normalise(typed) in {"passer", "skip"})


def read_choice(typed: str, options: Sequence[Option]) -> Reading:
    """The one option that this means, by name: a number, a label or both (`1. Emploi`), a number word, one slip."""
    if (number := _plain_number(typed, options)) is not None:
        return Read(number)
    if (unfit := _unfit(typed)) is not None:
        return unfit
    index, key = naming.indexed(tuple(options)), normalise(typed)
    named = naming.named(key, index)
    return Read(*named) if len(named) == 1 else _why_not(key, named, index)


def read_choices(typed: str, options: Sequence[Option]) -> Reading:
    """All that this lists, by name, each once, in the options' order: `1 3`, `1,3`, `1 et 3`, `1*3`, `emploi, santé`.
    One unclear piece makes all of it unclear: half a list is another answer."""
    if (number := _plain_number(typed, options)) is not None:
        return Read((number,))
    if (unfit := _unfit(typed)) is not None:
        return unfit
    index, key = naming.indexed(tuple(options)), normalise(typed)
    ways = naming.ways(key.split(), index)
    if not ways:  # perhaps a slip in one of the pieces
        pieces = [naming.ways_of(piece, index) for piece in _pieces(typed, _MARKS)]
        if pieces and all(len(piece) == 1 for piece in pieces):
            ways = {frozenset(name for piece in pieces for named in piece for name in named)}
    named = frozenset[str]().union(*ways)
    names = tuple(option.name for option in options if option.name in named)
    return Read(names) if len(ways) == 1 else _why_not(key, named, index)


def not_read(typed: str, options: Sequence[Option]) -> tuple[str, ...]:
    """The pieces of a list that name no choice, where another does: `sale` of `panne et sale`; none where nothing is read."""
    if len(typed) > LONGEST_LIST:
        return ()
    index = naming.indexed(tuple(options))
    pieces = [part for piece in _pieces(typed, _MARKS) for part in _split(piece, index)]
    missed = tuple(piece for piece, is_read in pieces if not is_read)
    return missed if len(missed) < len(pieces) else ()


def read_integer(typed: str, about: str = "") -> Reading:
    """A whole number of up to 15 digits: `12`, `012`, `1 200`, `-3`, `١٢`, `douze`; not `1,200`, nor `12 ou 13`.

    Args:
        typed: what was typed.
        about: the question's sentence: a word of it, or of its unit, may stand behind the number (`12 personnes`).
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
    day = days.written(plain(typed))
    return Read(day) if day else Unclear("not_a_date")


def read_text(typed: str, limit: int = 1000) -> Reading:
    """The text in any script, stripped at its ends; without what databases refuse: NUL, half of a surrogate pair."""
    text = typed.replace("\0", "").strip()
    if not text:
        return Unclear("empty")
    return Read(re.sub("[\ud800-\udfff]", "\ufffd", text)) if len(text) <= limit else Unclear("too_long")


def _unfit(typed: str) -> Unclear | None:
    """A longer one is unclear, not cut: its end could say otherwise."""
    if not typed.strip():
        return Unclear("empty")
    return Unclear("too_long") if len(typed) > LONGEST else None


def _plain_number(typed: str, options: Sequence[Option]) -> str | None:
    """Whose number this is: what nearly everybody types, so before anything slower."""
    number = int(typed) if len(typed) <= 3 and typed.isascii() and typed.isdigit() else None
    return next((option.name for option in options if option.number == number), None)


def _split(piece: str, index: Index) -> list[tuple[str, bool]]:
    """The piece, or what it is made of where only a part of that names one choice: each with whether it does."""
    if _is_one(piece, index):
        return [(piece, True)]
    parts = _pieces(piece, _AND)
    split = [part for each in parts for part in _split(each, index)] if len(parts) > 1 else _by_words(piece, index)
    return split if any(is_read for _, is_read in split) else [(piece, False)]


def _by_words(piece: str, index: Index) -> list[tuple[str, bool]]:
    """Its words, as many together as name one choice."""
    words, split = piece.split(), []
    while words:
        counts = range(min(index.longest, len(words)), 0, -1)
        count = next((count for count in counts if _is_one(" ".join(words[:count]), index)), 0)
        split.append((" ".join(words[: count or 1]), count > 0))
        words = words[count or 1 :]
    return split


def _is_one(piece: str, index: Index) -> bool:
    return len(naming.ways_of(piece, index)) == 1


def _pieces(typed: str, mark: re.Pattern[str]) -> list[str]:
    return [piece for piece in map(normalise, mark.split(typed)) if piece]


def _why_not(key: str, named: Names, index: Index) -> Unclear:
    run_together = key.isdigit() and len(key) > 1 and all(digit in index.exact for digit in key)  # `13`
    either = (naming.named(part, index) for part in _BETWEEN.split(key))  # `santé ou route`
    several = len(named.union(naming.mentioned(key, index.phrases, index.longest), *either)) > 1
    return Unclear("ambiguous" if run_together or several else "unknown")


def _number(typed: str, about: str) -> str | Unclear:
    """As Python writes it, with a point."""
    if (unfit := _unfit(typed)) is not None:
        return unfit
    text = numbers.without_unit(re.sub(r"\s", " ", plain(typed).strip()), plain(about))
    number = numbers.written(text)
    if number is None:
        return Unclear("ambiguous" if numbers.could_be_two(text) else "not_a_number")
    return number if sum(map(str.isdigit, number)) <= 15 else Unclear("too_long")
