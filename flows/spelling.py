"""What somebody typed without what says nothing: capitals, accents, marks. How a phone's letters are brought to one form."""

import re
import unicodedata
from typing import Final

from flows.gsm import LETTERS, is_unseen

LONGEST: Final = 500
"""Characters that are looked at: an answer that is not free text has no more."""


def normalise(typed: str) -> str:
    """What was meant by its first `LONGEST` characters: no capitals, accents or punctuation, ASCII digits, one space
    between words, letters as `gsm.fold` shows them. A dash stays before and between numbers: `-1` and `1-3` are not 1.
    """
    text = _SEPARATES.sub(" ", plain(typed)).strip()
    return " ".join(_DASH.sub(lambda dash: " " if dash[1] is None else f"{dash[1]}-", text).split())


def plain(typed: str) -> str:
    """Without capitals and accents, and with ASCII digits; signs and spaces stay, and so does `²` (NFD, not NFKD)."""
    text = unicodedata.normalize("NFD", typed[:LONGEST].translate(_LETTERS).casefold())
    return text if text.isascii() else "".join(str(unicodedata.decimal(c, c)) for c in text if not is_unseen(c))


_LETTERS: Final = LETTERS | dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
# What it keeps means something: letters, figures, `5 %`, `< 5`, and symbols and emoji, which say anything.
_SEPARATES: Final = re.compile(r"[^\w%<>=$€£←-\U0010ffff-]|[_ºʼʻʹ]")
_DASH: Final = re.compile(r"(^|\d)\s*-[\s-]*(?=\d)|-")
