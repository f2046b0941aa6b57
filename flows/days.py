"""A day as people write it on phones, in French and English: the day first, unless the year is."""

import re
from datetime import date
from typing import Final

from flows.numbers import numbered

_PARTS: Final = re.compile(r"\d+|[^\W\d_]+|[^\s/.,*-]")
_SAID_WITH_IT: Final = frozenset({"le", "the", "er", "st", "nd", "rd", "th", "of"})
_MONTHS: Final = {
    name[:end]: number
    for name, number in numbered(
        "- janvier/january fevrier/february mars/march avril/april mai/may juin/june juillet/july aout/august"
        " septembre/september octobre/october novembre/november decembre/december"
    ).items()
    for end in range(3, len(name) + 1)
    if name[:end] != "jui"  # juin or juillet
}


def written(plain: str) -> str | None:
    """The day as YYYY-MM-DD, of a text without capitals and accents; None where it is not one possible day."""
    parts = [part for part in _PARTS.findall(plain) if part not in _SAID_WITH_IT]
    return _day(*parts) if len(parts) == 3 else None


def _day(day: str, month: str, year: str) -> str | None:
    if day in _MONTHS:
        day, month = month, day
    elif len(day) == 4:
        day, year = year, day
    month = str(_MONTHS.get(month, month))
    if not re.fullmatch(r"\d\d?/\d\d?/(\d\d|[12]\d{3})", f"{day}/{month}/{year}"):
        return None
    century = 0 if len(year) == 4 else 2000 if int(year) <= 68 else 1900
    try:
        return date(century + int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
