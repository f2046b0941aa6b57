"""What a text costs on a basic phone, and how to write it so that the phone can show it.

Only for what is sent: never fold what is stored or counted.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal

import msgspec

# 3GPP TS 23.038, 6.2.1: the default alphabet without its escape code, and the extension table, whose characters cost
# an escape each.
BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION: Final = "\f^{}\\[~]|€"

LONGEST_FOLDED: Final = 10_000
"""Characters: some sixty pages. Normalising a long run of accents takes quadratic time, so no more is looked at."""

# Letters that Unicode does not decompose, as the facts about phones ask; `flows.reading` reads what this shows.
LETTERS: Final = str.maketrans(
    {
        **{"œ": "oe", "Œ": "OE", "ɛ": "è", "Ɛ": "E", "ɔ": "ò", "Ɔ": "O", "ɲ": "ny", "Ɲ": "Ny", "ŋ": "ng", "Ŋ": "Ng"},
        **{"ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D", "ƴ": "y", "Ƴ": "Y", "ƙ": "k", "Ƙ": "K", "ǝ": "e", "Ǝ": "E"},
        **{"ə": "e", "Ə": "E", "ɣ": "g", "Ɣ": "G", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ẞ": "ß"},
    }
)
_SIGNS: Final = str.maketrans(
    {
        **dict.fromkeys("’‘‚‛‹›`´′ʼʻʹ", "'"),
        **dict.fromkeys("«»“”„‟″", '"'),
        **dict.fromkeys("‐‑‒–—―−•", "-"),
        # A carriage return may be taken for padding in USSD (TS 23.038, 6.1.2.3), a page break for a line end (6.2.1.1).
        **dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"),
        **{"…": "...", "\t": " ", "·": ".", "⁄": "/", "×": "x", "°": "o"},  # n° is the commonest of its uses
    }
)
_SHOWN_AS: Final[dict[int, str]] = LETTERS | _SIGNS

_NOT_GSM: Final = re.compile(f"[^{re.escape(BASIC + EXTENSION)}]")
_SPACE: Final = "[ \u00a0\u2009\u202f]?"
_TO_FOLD: Final = re.compile(f"\r\n|[\r\f]|«{_SPACE}|{_SPACE}»|{_NOT_GSM.pattern}")


class Segments(msgspec.Struct, frozen=True):
    """How an SMS is sent: `units` are septets (gsm7) or UTF-16 code units (ucs2); an empty text is one part."""

    encoding: Literal["gsm7", "ucs2"]
    units: int
    parts: int


def fold(text: str) -> str:
    """The nearest text in the GSM-7 alphabet: `Façade…` is `Facade...`, what has no likeness is `?`.

    Of a text over `LONGEST_FOLDED` characters only those are returned. Line ends of any kind become one newline;
    accents that stand alone and invisible characters go. Folding twice changes nothing.
    """
    return _TO_FOLD.sub(_shown, unicodedata.normalize("NFC", text[:LONGEST_FOLDED]))


def compose(text: str) -> str:
    """The text as UCS-2 sends it: letters with their accents in one, and nothing else changed."""
    return unicodedata.normalize("NFC", text[:LONGEST_FOLDED]).replace("\r\n", "\n")


def is_gsm(text: str) -> bool:
    """Whether each character is in the GSM-7 alphabet or its extension table."""
    return _NOT_GSM.search(text) is None


def septets(text: str) -> int:
    """The septets of a text that `is_gsm`, an extension character counting two.

    A character outside the alphabet counts one, which is what its `?` would cost: fold first, or ask `segments`.
    """
    return len(text) + sum(map(text.count, EXTENSION))


def segments(text: str) -> Segments:
    """The parts of an SMS (TS 23.040, 9.2.3.24.1): 160 septets, or 153 each; 70 UCS-2 units, or 67 each.

    A pair (escape and character, or two surrogates) is never split over two parts, so parts may not be full.
    """
    if is_gsm(text):
        units = septets(text)
        return Segments("gsm7", units, 1 if units <= 160 else _parts((1 + (c in EXTENSION) for c in text), 153))
    units = sum(1 + (c > "\uffff") for c in text)
    return Segments("ucs2", units, 1 if units <= 70 else _parts((1 + (c > "\uffff") for c in text), 67))


def is_unseen(character: str) -> bool:
    """Accents left alone (a tone over ɛ has no composed letter), joiners, direction marks, soft hyphens."""
    return unicodedata.category(character) in {"Mn", "Me", "Cf"}


def _parts(costs: Iterable[int], size: int) -> int:
    parts, used = 1, 0
    for cost in costs:
        if used + cost > size:
            parts, used = parts + 1, 0
        used += cost
    return parts


def _shown(match: re.Match[str]) -> str:
    return "\n" if match[0] == "\r\n" else _likeness(match[0].strip() or match[0])  # « oui » has its spaces inside


@lru_cache(maxsize=4096)
def _likeness(character: str) -> str:
    if ord(character) in _SHOWN_AS:
        return _SHOWN_AS[ord(character)]
    if is_unseen(character):
        return ""
    parts = unicodedata.normalize("NFKD", character).translate(_SHOWN_AS)
    seen = "".join(part for part in parts if not is_unseen(part))
    return seen if seen and is_gsm(seen) else "?"
