"""Numbers as they are said and written on phones, in French and English: words, and what may stand behind a number.

It must never guess: `5 mille` is another number than 5, and so is what two words could make.
"""

import re
from typing import Final


def numbered(names: str) -> dict[str, int]:
    """From zero on; a slash between the names of one number."""
    return {name: number for number, same in enumerate(names.split()) for name in same.replace("-", " ").split("/")}


def without_unit(plain: str, about: str) -> str:
    """The number alone, where what stands behind it says what the question counts; both texts without capitals and accents.

    Args:
        plain: what was typed.
        about: the question's sentences, of which a word may stand there (`15 sacs`). Where they name a unit, only that one
            may, in any of its spellings: `2 heures` are not 2 minutes. Where they name none, what could be of another size
            may not either (`3 km`, `2 jours`); a number of things, of years and of francs may.
    """
    match = _WITH_UNIT.fullmatch(plain)
    if match is None or match[2] in _MULTIPLIERS:
        return plain
    unit = _UNITS.get(match[2])
    is_asked = match[2] in _words(about) if unit is None else unit in (_named(about) or _PLAIN_UNITS)
    return match[1] if is_asked else plain


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


def _words(about: str) -> list[str]:
    """Its words and signs of money; not what was cut off by an elision or a dash: `l'eau` says nothing of litres."""
    return _WORD.findall(about)


def _named(about: str) -> set[str]:
    """The units in which a question asks; what follows a figure or `par` only tells of what: `3 repas par jour`, `50 kg`."""
    words = _words(_NO_UNIT.sub(" ", about))
    return {unit for word in words if (unit := _IN_LABELS.get(word))}


def _spelt(units: str) -> dict[str, str]:
    """The first spelling of a unit, by each of its spellings; a line for each unit, `_` for a space."""
    lines = (line.replace("_", " ").split("/") for line in units.split())
    return {spelling: spellings[0] for spellings in lines for spelling in spellings}


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
_WITH_UNIT: Final = re.compile(r"([^\W\d_]+|[-+]?\d[\d.,٫ ]*?) ?((?:f|fr|francs?)[ .]?cfa|[^\W\d_]{1,20}|€)[.!]?")
_UNITS: Final = _spelt(
    "minutes/minute/mn/min/mins heures/heure/h/hour/hours/hr/hrs jours/jour/j/day/days semaines/semaine/sem/week/weeks"
    " mois/month/months ans/an/annee/annees/year/years/yr/yrs"
    " francs/franc/f/fr/cfa/fcfa/xof/f_cfa/f.cfa/fr_cfa/franc_cfa/francs_cfa euros/euro/eur/€"
    " kilos/kilo/kg/kgs/kilogramme/kilogrammes grammes/gramme/g tonnes/tonne/t"
    " kilometres/kilometre/km/kms metres/metre/m hectares/hectare/ha litres/litre/l"
    " fois/time/times personnes/personne/person/people enfants/enfant/child/children sacs/sac/bag/bags"
)
_PLAIN_UNITS: Final = _set("ans francs fois personnes enfants sacs litres hectares")
"""Units behind which a number means the same to everybody, though the question names none: it is in their only size here."""
_IN_LABELS: Final = {word: unit for word, unit in _UNITS.items() if word not in ("an", "time")} | {"age": "ans", "old": "ans"}
"""What names a unit in a question: `an` is English too, and `time` is asked for in minutes."""
_WORD: Final = re.compile(r"(?<![\w'’-])(?:[^\W\d_]+|€)(?![\w'’])|[^\W\d_]{2,}")
_NO_UNIT: Final = re.compile(r"(?:\b(?:par|per|chaque|each|every) |\d ?)[^\W\d_]+")
_MULTIPLIERS: Final = _set(
    "k mille milles million millions milliard milliards cent cents centaine centaines dizaine dizaines douzaine douzaines"
    " vingtaine trentaine quarantaine cinquantaine hundred hundreds thousand thousands dozen dozens demi demie half et ou or"
)
