"""What the person is shown now, and how it is cut into pages that fit a basic phone.

Words are never cut where they need not be, a choice is never split from its number, and no page is over its budget.
"""

from functools import lru_cache
from typing import NamedTuple

from flows import gsm

MIN_PAGE_SEPTETS = 60
"""Below this no screen with its keys fits; a channel that declares less is refused at start."""


class Screen(NamedTuple):
    """One thing to show: a text, choices, keys; `final` where no reply is expected.

    `id` names the screen, so that a recorded voice can be put behind it one day. `choices` are whole lines,
    number included; `keys` stand on the last line of the last page; `next_key` on every other page.
    """

    id: str
    text: str
    choices: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    next_key: str = "9"
    final: bool = False


class Page(NamedTuple):
    """The part of a screen that fits: GSM-7 text; `expects` where the phone may type something."""

    text: str
    expects: bool


def pages(screen: Screen, septets: int, hint: str = "") -> tuple[str, ...]:
    """The screen's pages, each of at most `septets` GSM-7 septets, in GSM 03.38 letters only.

    Each leaves room for the `hint` above it, and bears it; on a page too small for both there is none.
    """
    hint = gsm.fold(hint)
    room = septets - gsm.septets(hint) - 1
    if not hint or room < MIN_PAGE_SEPTETS:
        return _pages(screen.text, screen.choices, screen.keys, screen.next_key, max(septets, MIN_PAGE_SEPTETS))
    cut = _pages(screen.text, screen.choices, screen.keys, screen.next_key, room)
    return tuple(f"{hint}\n{page}" for page in cut)


def show(screen: Screen, page: int, septets: int, hint: str = "") -> Page:
    """Page number `page` (from 0; past the end shows the last), under a `hint` on what was wrong where there is one.

    A final screen goes on until its last page was shown.
    """
    all_pages = pages(screen, septets, hint)
    last = len(all_pages) - 1
    return Page(all_pages[min(page, last)], expects=not screen.final or page < last)


@lru_cache(maxsize=8192)
def _pages(text: str, choices: tuple[str, ...], keys: tuple[str, ...], next_key: str, budget: int) -> tuple[str, ...]:
    keys_line = gsm.fold(" ".join(keys))
    next_line = gsm.fold(next_key)
    units = [*_words(gsm.fold(text), budget, next_line), *_lines(choices, budget, next_line)]
    whole = _join(units, keys_line)
    if gsm.septets(whole) <= budget:
        return (whole,)
    return tuple(_cut(units, keys_line, next_line, budget))


class _Unit(NamedTuple):
    """What is kept together on a page: a word of the text, or a whole choice; `glue` is what stands before it."""

    glue: str
    text: str


def _words(text: str, budget: int, next_line: str) -> list[_Unit]:
    units = []
    for number, line in enumerate(text.split("\n")):
        for place, word in enumerate(line.split(" ")):
            glue = " " if place else "\n" if number else ""
            units += _pieces(_Unit(glue, word), budget, next_line)
    return units


def _lines(choices: tuple[str, ...], budget: int, next_line: str) -> list[_Unit]:
    return [piece for choice in choices for piece in _pieces(_Unit("\n", gsm.fold(choice)), budget, next_line)]


def _pieces(unit: _Unit, budget: int, next_line: str) -> list[_Unit]:
    """The unit, broken only where it fits on no page by itself: first at its spaces, then anywhere."""
    room = budget - gsm.septets(next_line) - 1
    if gsm.septets(unit.text) <= room:
        return [unit]
    head, space, tail = unit.text[: room // 2].rpartition(" ")
    if not space:
        head, tail = unit.text[: room // 2], ""
    rest = tail + unit.text[room // 2 :]
    return [_Unit(unit.glue, head), *_pieces(_Unit(space, rest), budget, next_line)]


def _cut(units: list[_Unit], keys_line: str, next_line: str, budget: int) -> list[str]:
    """Fills page after page; each but the last ends with the key to the next, the last with the keys."""
    done: list[str] = []
    while True:
        page = _take(units, budget - gsm.septets(next_line) - 1)
        rest = units[page:]
        if not rest:  # all of it fits but for the keys: they get the last unit for company
            page = max(page - 1, 1)
            rest = units[page:]
        done.append(_join(units[:page], next_line))
        units = rest
        last = _join(units, keys_line)
        if not units or gsm.septets(last) <= budget:
            return [*done, last]


def _take(units: list[_Unit], room: int) -> int:
    """How many units fit into `room` septets; at least one."""
    used = 0
    for count, unit in enumerate(units):
        used += gsm.septets(unit.text) + (gsm.septets(unit.glue) if count else 0)
        if used > room:
            return max(count, 1)
    return len(units)


def _join(units: list[_Unit], last_line: str) -> str:
    text = "".join(unit.glue + unit.text if place else unit.text for place, unit in enumerate(units))
    return "\n".join(part for part in (text.strip(), last_line) if part)
