"""Places with dates: cercles, communes and countries, how they are written, and what lies in what on a given day.

Facts of named sources only (communes.csv, places.toml, CLDR); what none of them tells is said to be unknown, never guessed.
"""

import csv
import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

ABOVE: Mapping[str, str] = {"commune": "cercle", "cercle": "region", "origin": "region"}
"""The stratum that a stratum is coarsened to."""

CLOSE = 0.75
"""How alike two spellings are for one to be suggested, 0 to 1: `keniaba` for `kenieba`, not `bema` for Bamako."""

_KINDS = {"region": "region", "cercle": "cercle", "origin": "cercle", "commune": "commune", "country": "country"}
_TITLES = re.compile(r"^(cercle|commune|region)_(de_|d_)?(?=.)|_commune$")


class Commune(Struct, frozen=True):
    """One of the 129, as OCHA lists them: its code there, the historical cercle's value, its centroid in degrees (WGS 84)."""

    value: str
    name: str
    code: str
    cercle: str
    longitude: float
    latitude: float


class Geography(Struct, frozen=True):
    """One division of the historical region of Kayes, in force from a day until the next one's: region → its cercles.

    Not known here: which communes make up the 22 cercles of 2023; lists of two were found, and sources differ on one of them.
    So in every version a commune lies in its historical cercle, which is larger than the one that bears the name now.
    """

    since: date
    regions: dict[str, tuple[str, ...]]

    @property
    def cercles(self) -> frozenset[str]:
        """All of them."""
        return frozenset(cercle for cercles in self.regions.values() for cercle in cercles)

    def within(self, perimeter: Iterable[str]) -> frozenset[str]:
        """The cercles in force that lie in a perimeter of historical ones, or may: a new one, where its region has a part."""
        named = frozenset(perimeter)
        touched = [cercles for cercles in self.regions.values() if named.intersection(cercles)]
        return (named.union(*touched) & self.cercles) - (HISTORICAL - named)

    def outside(self, stratum: str, perimeter: Iterable[str]) -> frozenset[str]:
        """The values of `cercle`, `origin` or `commune` that lie outside a perimeter; none of another stratum."""
        within = self.within(perimeter)
        if stratum == "commune":
            return frozenset(commune.value for commune in communes() if commune.cercle not in within)
        return self.cercles - within if _KINDS.get(stratum) == "cercle" else frozenset()


def in_force(on: date) -> Geography:
    """The division on a day; before the first one, the first."""
    return next((one for one in reversed(VERSIONS) if one.since <= on), VERSIONS[0])


def coarser(stratum: str, on: date) -> Mapping[str, str] | None:
    """What each value of a stratum lies in on a day, as values of the stratum `ABOVE`: commune → cercle, cercle → region.

    A value that is not in it (`other`, `abroad`, none given) lies in nothing and stays as it is. None where nothing is coarser.
    """
    if stratum == "commune":
        return {commune.value: commune.cercle for commune in communes()}
    if stratum not in ABOVE:
        return None
    return {cercle: region for region, cercles in in_force(on).regions.items() for cercle in cercles}


@cache
def names(stratum: str) -> Mapping[str, str]:
    """The canonical values of a stratum, of all dates, each with its name in French; empty where a stratum is no place.

    Countries are those that a number's prefix can tell, by their lower-case ISO 3166 code, named by Unicode's CLDR.
    """
    kind = _KINDS.get(stratum)
    if kind is None:
        return {}
    if kind == "commune":
        own = {commune.value: commune.name for commune in communes()}
    elif kind == "country":
        own = _countries("fr")
    else:
        own = _PLACES.names[kind]
    return own | _PLACES.names["elsewhere"]


def canonical(stratum: str, written: str) -> str | None:
    """The value that a place is counted under, whatever the capitals, accents, hyphens and spelling it is written with."""
    return _spellings(stratum).get(_slug(written))


def nearest(stratum: str, written: str) -> str | None:
    """The value whose spelling is closest, for a suggestion; None where none is close."""
    spellings = _spellings(stratum)
    closest = difflib.get_close_matches(_slug(written), spellings, n=1, cutoff=CLOSE)
    return spellings[closest[0]] if closest else None


@cache
def communes() -> tuple[Commune, ...]:
    """The 129 communes of the historical region, in OCHA's order."""
    lines = (files(__name__) / "communes.csv").read_text(encoding="utf-8").splitlines()
    return tuple(
        Commune(
            _slug(row["commune"]),
            row["commune"],
            row["commune_pcode"],
            _slug(row["cercle"]),
            float(row["lon"]),
            float(row["lat"]),
        )
        for row in csv.DictReader(lines)
    )


@cache
def _spellings(stratum: str) -> Mapping[str, str]:
    """Every known way of writing a value, as a slug; a value itself comes before a name, a name before an alias."""
    known: dict[str, str] = {}
    for kind in (_KINDS[stratum], "elsewhere"):
        known |= {_slug(alias): value for value, others in _PLACES.aliases.get(kind, {}).items() for alias in others}
    if stratum == "country":
        known |= {_slug(name): code for code, name in _countries("en").items()}
    return known | {_slug(name): value for value, name in names(stratum).items()} | {value: value for value in names(stratum)}


def _countries(language: str) -> dict[str, str]:
    from babel import Locale  # here: both take long to read, and only a poll that asks for a country needs them
    from phonenumbers import SUPPORTED_REGIONS

    territories = Locale(language).territories
    return {code.lower(): territories[code] for code in sorted(SUPPORTED_REGIONS)}


def _slug(written: str) -> str:
    """`Cercle de Kéniéba` → `kenieba`; `Kita Commune` → `kita`."""
    bare = unicodedata.normalize("NFKD", written.casefold().replace("’", "'")).encode("ascii", "ignore").decode()
    return _TITLES.sub("", re.sub(r"[^a-z0-9]+", "_", bare).strip("_"))


class _Places(Struct, frozen=True):
    """places.toml."""

    versions: tuple[Geography, ...]
    names: dict[str, dict[str, str]]
    aliases: dict[str, dict[str, tuple[str, ...]]]


_PLACES = msgspec.convert(tomllib.loads((files(__name__) / "places.toml").read_text(encoding="utf-8")), _Places)
VERSIONS = _PLACES.versions
"""The divisions, oldest first."""
HISTORICAL = VERSIONS[0].cercles
"""The seven cercles of the historical region."""
