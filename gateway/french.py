"""How figures and days are written on French pages; JSON and CSV keep the dot and the ISO day. From Unicode's CLDR."""

from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from workers.drafting import FRENCH as STRATA

FRENCH = "fr"


def number(value: float) -> str:
    """With a decimal comma, thousands apart by a narrow no-break space: `1 234,5`."""
    return format_decimal(value, locale=FRENCH, decimal_quantization=False)


def percent(share: float) -> str:
    """In whole percents: `51 %`."""
    return format_percent(share, locale=FRENCH)


def day(iso: str) -> str:
    """`1er mars 2026`, of `2026-03-01`."""
    of = date.fromisoformat(iso)
    return format_date(of, "d'er' MMMM y" if of.day == 1 else "d MMMM y", locale=FRENCH)


def stratum(name: str) -> str:
    """`Cercle`, of `cercle`."""
    return STRATA.get(name, name).capitalize()


FILTERS = {"number": number, "percent": percent, "day": day, "stratum": stratum}
"""Under their names in templates."""
