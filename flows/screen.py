"""What the person is shown now, and how it is cut into pages that fit a basic phone.

Words are never cut where they need not be, a choice is never split from its number, and no page is over its budget.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from flows import gsm

MIN_PAGE_SEPTETS = 60
"""Below this no screen with its keys fits; a channel that declares less is refused at start."""


class Letters(NamedTuple):
    """How a page's letters are sent: what is made of a text, what it takes, and what a page of so many septets holds."""

    fold: Callable[[str], str]
    width: Callable[[str], int]
    budget: Callable[[int], int]


GSM7 = Letters(gsm.fold, gsm.septets, lambda septets: septets)
UCS2 = Letters(gsm.compose, lambda text: len(text.encode("utf-16-be", "replace")) // 2, lambda septets: septets * 7 // 16)
"""For a language that was declared so: every letter as it is, and less than half as many of them."""


class Screen(NamedTuple):
    """One thing to show: a text, choices, keys; `final` where no reply is expected.

    `id` names the screen, so that a recorded voice can be put behind it one day. `choices` are whole lines,
    number included; `keys` stand on the last line of the last page; `next_key` on every other page. `spare` is one more line,
    shown where all stands on one page with it; `aside` stands behind the text where it takes no page more.
    """

    id: str
    text: str
    choices: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    next_key: str = "9"
    final: bool = False
    spare: str = ""
    aside: str = ""

    @property
    def whole_text(self) -> str:
        """The text with what stands behind it."""
        return " ".join(part for part in (self.text, self.aside) if part)


class Page(NamedTuple):
    """The part of a screen that fits, in the letters of its language; `expects` where the phone may type something."""

    text: str
    expects: bool


def pages(screen: Screen, septets: int, hint: str = "", letters: Letters = GSM7) -> tuple[str, ...]:
    """The screen's pages, each within a budget of `septets`, in the letters that the language is sent in.

    Each leaves room for the `hint` above it, and bears it; on a page too small for both there is none.
    """
    if screen.aside:
        without = screen._replace(aside="")
        aside, bare = (pages(one, septets, hint, letters) for one in (without._replace(text=screen.whole_text), without))
        return aside if len(aside) == len(bare) else bare
    if screen.spare:
        with_spare = pages(screen._replace(choices=(*screen.choices, screen.spare), spare=""), septets, hint, letters)
        return with_spare if len(with_spare) == 1 else pages(screen._replace(spare=""), septets, hint, letters)
    hint, least = letters.fold(hint), letters.budget(MIN_PAGE_SEPTETS)
    whole = max(letters.budget(septets), least)
    room = whole - letters.width(hint) - 1
    if not hint or room < least:
        return _pages(screen.text, screen.choices, screen.keys, screen.next_key, whole, letters)
    cut = _pages(screen.text, screen.choices, screen.keys, screen.next_key, room, letters)
    return tuple(f"{hint}\n{page}" for page in cut)


def show(screen: Screen, page: int, septets: int, hint: str = "", letters: Letters = GSM7, hinted_on: int = 0) -> Page:
    """Page number `page` (from 0; past the end shows the last), cut as `pages()` does; the `hint` on what was wrong stands
    above page number `hinted_on` alone.

    A final screen goes on until its last page was shown.
    """
    all_pages = pages(screen, septets, hint, letters)
    last = len(all_pages) - 1
    text = all_pages[min(page, last)]
    if hint and hinted_on != page:
        text = text.removeprefix(f"{letters.fold(hint)}\n")
    return Page(text, expects=not screen.final or page < last)


@lru_cache(maxsize=8192)
def _pages(
    text: str, choices: tuple[str, ...], keys: tuple[str, ...], next_key: str, budget: int, letters: Letters
) -> tuple[str, ...]:
    keys_line, next_line = letters.fold(" ".join(keys)), letters.fold(next_key)
    room = budget - letters.width(next_line) - 1
    units = [*_words(letters.fold(text), room, letters), *_lines(choices, room, letters)]
    whole = _join(units, keys_line)
    if letters.width(whole) <= budget:
        return (whole,)
    return tuple(_cut(units, keys_line, next_line, budget, letters))


class _Unit(NamedTuple):
    """What is kept together on a page: a word of the text, or a whole choice; `glue` is what stands before it."""

    glue: str
    text: str


def _words(text: str, room: int, letters: Letters) -> list[_Unit]:
    units = []
    for number, line in enumerate(text.split("\n")):
        for place, word in enumerate(line.split(" ")):
            glue = " " if place else "\n" if number else ""
            units += _pieces(_Unit(glue, word), room, letters)
    return units


def _lines(choices: tuple[str, ...], room: int, letters: Letters) -> list[_Unit]:
    return [piece for choice in choices for piece in _pieces(_Unit("\n", letters.fold(choice)), room, letters)]


def _pieces(unit: _Unit, room: int, letters: Letters) -> list[_Unit]:
    """The unit, broken only where it fits on no page by itself: first at its spaces, then anywhere."""
    if letters.width(unit.text) <= room:
        return [unit]
    head, space, tail = unit.text[: room // 2].rpartition(" ")
    if not space:
        head, tail = unit.text[: room // 2], ""
    rest = tail + unit.text[room // 2 :]
    return [_Unit(unit.glue, head), *_pieces(_Unit(space, rest), room, letters)]


def _cut(units: list[_Unit], keys_line: str, next_line: str, budget: int, letters: Letters) -> list[str]:
    """Fills page after page; each but the last ends with the key to the next, the last with the keys."""
    done: list[str] = []
    while True:
        page = _take(units, budget - letters.width(next_line) - 1, letters)
        rest = units[page:]
        if not rest:  # all of it fits but for the keys: they get the last unit for company
            page = max(page - 1, 1)
            rest = units[page:]
        done.append(_join(units[:page], next_line))
        units = rest
        last = _join(units, keys_line)
        if not units or letters.width(last) <= budget:
            return [*done, last]


def _take(units: list[_Unit], room: int, letters: Letters) -> int:
    """How many units fit into `room`; at least one."""
    used = 0
    for count, unit in enumerate(units):
        used += letters.width(unit.text) + (letters.width(unit.glue) if count else 0)
        if used > room:
            return max(count, 1)
    return len(units)


def _join(units: list[_Unit], last_line: str) -> str:
    text = "".join(unit.glue + unit.text if place else unit.text for place, unit in enumerate(units))
    return "\n".join(part for part in (text.strip(), last_line) if part)
