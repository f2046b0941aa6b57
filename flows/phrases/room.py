"""How much room each of the system's own sentences has where phones show it, so that a translation fits there too.

It says nothing of a whole screen, which also holds what a poll brings: that is `flows/lint.py`'s.
"""

import string
from typing import NamedTuple

from flows import gsm
from flows.screen import GSM7, UCS2


class Room(NamedTuple):
    """What a sentence may take without its `{names}`: in septets, or in letters where its language is sent as UCS-2."""

    septets: int
    letters: int
    where: str


KEY = Room(12, 12, "the name of a key: two of them share the last line of a page")
LINE = Room(24, 20, "a line of a menu")
HINT = Room(64, 28, "a hint, above a question that needs the rest of the page")
PART = Room(40, 16, "a hint that repeats what was typed, which needs the rest of a hint's room")
OFFER = Room(32, 14, "what stands behind a hint")
ASKED = Room(84, 84, "the sentence above choices, which needs the rest of the page for them and for a poll's title")
PAGE = Room(130, 130, "a sentence with a page, or a message, of its own")
HELP = Room(240, 240, "the help, of two pages or parts")
"""A hint and its offer leave a page of 160 septets the 60, or of 70 letters the 26, that `screen.pages` needs."""

_LINES = (
    "answer resume refuse go_on language another other confirm settings my_profile erase help results home sms_keys restart"
    " menu first_person second_person third_person fourth_person yes messages change_vote"
)
_HINTS = (
    "nothing_to_resume unknown_code unknown_choice not_understood ambiguous several number date too_long not_allowed"
    " required resume_code specify free number_alone plain_number plain_decimal by_number date_like several_like noted"
)
_ROOMS = {
    **dict.fromkeys(("next", "back", "skip", "quit", "how_to_stop"), KEY),
    **dict.fromkeys(_LINES.split(), LINE),
    **dict.fromkeys(_HINTS.split(), HINT),
    "skip_offer": OFFER,
    "not_all": PART,
    **dict.fromkeys(
        ("welcome", "vote", "erase_sure", "already", "crowded", "who_returns", "which_code", "result_of", "may_write"), ASKED
    ),
    **dict.fromkeys(("help_text", "sms_help"), HELP),
}
"""By the name of the sentence; what is not named has a page of its own."""


def room(phrase: str) -> Room:
    """Where the sentence of that name is shown, and what fits there."""
    return _ROOMS.get(phrase, PAGE)


def misfit(phrase: str, text: str, is_ucs2: bool) -> str:
    """Why phones cannot show this text as the sentence of that name, and what to do; empty where they can.

    Args:
        phrase: the sentence's name.
        text: the text, `{names}` and all.
        is_ucs2: whether its language is sent in letters of its own.

    Raises:
        ValueError: for a brace that is not closed.
    """
    own = "".join(words for words, _, _, _ in string.Formatter().parse(text))
    if not is_ucs2 and gsm.fold(own).count("?") > own.count("?"):
        return "has letters that a phone shows as '?': use others, or name the language under ucs2_languages (docs/settings.md)"
    letters, place = UCS2 if is_ucs2 else GSM7, room(phrase)
    taken, fits = letters.width(letters.fold(own)), place.letters if is_ucs2 else place.septets
    unit = "letters" if is_ucs2 else "septets"
    names = " without its {names}" if own != text else ""
    return f"takes {taken} {unit}{names}, and {fits} fit: it is {place.where}; shorten it" if taken > fits else ""
