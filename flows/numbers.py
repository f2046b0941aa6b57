"""Numbers as they are said and written on phones, in French and English: words, and what may stand behind a number.

It must never guess: `5 mille` is another number than 5, and so is what two words could make.
"""

import re
from typing import Final


def numbered(names: str) -> dict[str, int]:
    """From zero on; a slash between the names of one number."""
    return {name: number for number, same in enumerate(names.split()) for name in same.replace("-", " ").split("/")}


def without_unit(plain: str, about: str) -> str:
    """The number alone, where one word behind it says what is counted; both texts without capitals and accents.

    Args:
        plain: what was typed.
        about: the question's sentence, of which a word may stand there (`15 sacs`).
    """
    match = _WITH_UNIT.fullmatch(plain)
    if match is None or match[2] in _MULTIPLIERS:
        return plain
    return match[1] if match[2] in _UNITS or match[2] in re.findall(r"[^\W\d_]{2,}", about) else plain


def written(plain: str) -> str | None:
    """The number that a text without capitals and accents is, as Python writes it, with a point; None where it is not one."""
    if (word := plain.rstrip(".! ").replace("-", " ")) in WORDS:
        return str(WORDS[word])
    match = _NUMBER.fullmatch(plain)
    if match is None or (could_be_two(plain) and " " not in match[2]):
        return None
    return f"{match[1]}{match[2].replace(' ', '')}" + (f".{match[3]}" if match[3] else "")


def could_be_two(plain: str) -> bool:
    """`1,200` is twelve hundred to one person and one and a fifth to another; `1 2` may be a slip for 12."""
    return _TWO_NUMBERS.fullmatch(plain) is not None


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _with_tens(first: dict[str, int]) -> dict[str, int]:
    """Up to a hundred: `vingt et un`, `soixante dix`, `quatre vingts`."""
    names_of = {number: [name for name, its in first.items() if its == number] for number in range(20)}
    said = dict(first)
    for tens, (names, up_to) in _TENS.items():
        for name in names:
            said[name] = tens
            for unit in range(1, up_to):
                for its in names_of[unit]:
                    said[f"{name} {its}"] = said[f"{name} et {its}"] = tens + unit
    return said | {"quatre vingts": 80, "cent": 100, "hundred": 100, "one hundred": 100}


_TENS: Final = {
    20: (("vingt", "twenty"), 10),
    30: (("trente", "thirty"), 10),
    40: (("quarante", "forty"), 10),
    50: (("cinquante", "fifty"), 10),
    60: (("soixante", "sixty"), 20),
    70: (("septante", "seventy"), 10),
    80: (("quatre vingt", "eighty"), 20),
    90: (("nonante", "ninety"), 10),
}
WORDS: Final = _with_tens(
    numbered(
        "zero un/une/one deux/two trois/three quatre/four cinq/five six sept/seven huit/eight neuf/nine dix/ten onze/eleven"
        " douze/twelve treize/thirteen quatorze/fourteen quinze/fifteen seize/sixteen dix-sept/seventeen dix-huit/eighteen"
        " dix-neuf/nineteen"
    )
)
"""From zero to a hundred, dashes as spaces."""

_NUMBER: Final = re.compile(r"([-+]?)(\d+|[1-9]\d{0,2}(?: \d{3})+)(?:[.,٫](\d+))?[.,!]?")
_TWO_NUMBERS: Final = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}[.,!]?|[-+]?\d+([.,]? +\d+)+")
_WITH_UNIT: Final = re.compile(r"([^\W\d_]+|[-+]?\d[\d.,٫ ]*?) ?([^\W\d_]{1,20})[.!]?")
_UNITS: Final = _set(
    "an ans annee annees mois semaine semaines jour jours heure heures h minute minutes fois personne personnes"
    " f fcfa cfa xof franc francs euro euros kg kilo kilos km m metre metres ha hectare hectares litre litres sac sacs"
    " year years month months week weeks day days hour hours time times person people child children enfant enfants"
)
_MULTIPLIERS: Final = _set(
    "k mille milles million millions milliard milliards cent cents centaine centaines dizaine dizaines douzaine douzaines"
    " vingtaine trentaine quarantaine cinquantaine hundred hundreds thousand thousands dozen dozens demi demie half et ou or"
)
