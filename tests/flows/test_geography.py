"""Places: what lies in what on a day, how they are written, and what a form that writes them otherwise is told."""

from collections import Counter
from datetime import date

import pytest

from flows import geography
from tests import forms

BEFORE, REFORM = date(2023, 3, 12), date(2023, 3, 13)
PLACES = ("region", "cercle", "commune", "country")


def test_there_are_129_communes_with_codes_of_their_own_in_seven_cercles() -> None:
    communes = geography.communes()
    assert len({one.value for one in communes}) == len({one.code for one in communes}) == 129
    per_cercle = Counter(one.cercle for one in communes)
    assert per_cercle == {"kayes": 29, "bafoulabe": 13, "diema": 15, "kenieba": 12, "kita": 33, "nioro": 16, "yelimane": 11}


def test_a_commune_s_code_begins_with_its_cercle_s() -> None:
    codes = {(one.cercle, one.code[:6]) for one in geography.communes()}
    assert len(codes) == 7
    assert len({one.code[:4] for one in geography.communes()}) == 1


def test_centroids_lie_in_the_west_of_mali() -> None:
    for commune in geography.communes():
        assert -12.3 < commune.longitude < -8.2, commune  # the Falémé is Mali's western border
        assert 11.8 < commune.latitude < 15.8, commune


@pytest.mark.parametrize("day", [date(1990, 1, 1), BEFORE, REFORM, date(2026, 11, 24)])
def test_a_commune_lies_in_one_cercle_and_a_cercle_in_one_region_on_every_day(day: date) -> None:
    division, cercle_of, region_of = (
        geography.in_force(day),
        geography.coarser("commune", day),
        geography.coarser("cercle", day),
    )
    assert cercle_of and region_of
    assert len(cercle_of) == 129
    assert set(cercle_of.values()) == geography.HISTORICAL <= region_of.keys()
    assert sorted(region_of) == sorted(cercle for cercles in division.regions.values() for cercle in cercles)
    assert geography.coarser("origin", day) == region_of


@pytest.mark.parametrize(
    ("day", "cercles", "communes"),
    [
        (BEFORE, {"kayes": 7}, {"kayes": 129}),
        (REFORM, {"kayes": 10, "kita": 6, "nioro": 6}, {"kayes": 65, "kita": 33, "nioro": 31}),
    ],
)
def test_the_reform_splits_the_region(day: date, cercles: dict[str, int], communes: dict[str, int]) -> None:
    """65 and 31 are the numbers that were published for the regions of Kayes and Nioro."""
    cercle_of, region_of = geography.coarser("commune", day), geography.coarser("cercle", day)
    assert cercle_of and region_of
    assert Counter(region_of.values()) == cercles
    assert Counter(region_of[cercle] for cercle in cercle_of.values()) == communes


@pytest.mark.parametrize("stratum", ["region", "country", "sex", "language"])
def test_nothing_is_coarser_than_a_region_or_than_what_is_no_place(stratum: str) -> None:
    assert geography.coarser(stratum, REFORM) is None
    assert stratum not in geography.ABOVE


@pytest.mark.parametrize("stratum", PLACES)
def test_values_are_slugs_and_each_way_of_writing_means_one(stratum: str) -> None:
    values = geography.names(stratum)
    assert all(value.isascii() and value.replace("_", "").isalnum() and value == value.lower() for value in values)
    for value, name in values.items():
        assert geography.canonical(stratum, value) == geography.canonical(stratum, name) == value


def test_no_alias_has_two_meanings_or_takes_another_place_s_name() -> None:
    for kind, values in geography._PLACES.aliases.items():
        written = [alias for aliases in values.values() for alias in aliases]
        assert len({geography._slug(alias) for alias in written}) == len(written), kind
        for stratum in (kind,) if kind in PLACES else PLACES:
            for value, aliases in values.items():
                assert {geography.canonical(stratum, alias) for alias in aliases} == {value}, (stratum, value)


WRITTEN = [
    ("cercle", "Nioro du Sahel", "nioro"),
    ("cercle", "NIORO-DU-SAHEL", "nioro"),
    ("origin", "Cercle de Kéniéba", "kenieba"),
    ("cercle", "cercle d'Aourou", "aourou"),
    ("cercle", "Cercle d’Ambidédi", "ambidedi"),  # the apostrophe of word processors
    ("cercle", "Ye\u0301limane\u0301", "yelimane"),  # accents as characters of their own
    ("cercle", "autre", "other"),
    ("cercle", "Bamako", None),
    ("commune", "Guidimakan Kéri Kaffo", "guidimakan_keri_kaff"),  # OCHA's field was too short for the name
    ("commune", "Kayes", "kayes"),
    ("commune", "Kita Commune", "kita"),  # OCHA's name for the town
    ("commune", "Kita Nord", "kita_nord"),
    ("commune", "commune de Gadougou II", "gadougou_2"),
    ("country", "Côte d'Ivoire", "ci"),
    ("country", "Ivory Coast", None),  # CLDR's English name is the French one
    ("country", "FR", "fr"),
    ("country", "Spain", "es"),
    ("country", "Niger", "ne"),
    ("country", "", None),
    ("country", "日本", None),  # nothing of it is ASCII
]


@pytest.mark.parametrize(("stratum", "written", "value"), WRITTEN)
def test_a_place_is_known_however_it_is_written(stratum: str, written: str, value: str | None) -> None:
    assert geography.canonical(stratum, written) == value


def test_countries_are_named_in_french() -> None:
    names = geography.names("country")
    shown = {code: names[code] for code in ("fr", "es", "ga", "gq", "us", "ml")}
    assert shown == {
        "fr": "France",
        "es": "Espagne",
        "ga": "Gabon",
        "gq": "Guinée équatoriale",
        "us": "États-Unis",
        "ml": "Mali",
    }


PERIMETERS = [
    (BEFORE, {"kita"}, {"kita"}),
    (REFORM, {"kita"}, {"kita", "sagabari", "sebekoro", "sefeto", "sirakoro", "toukoto"}),
    (
        REFORM,
        {"nioro"},
        {"nioro", "bema", "diangounte_camara", "sandare", "troungoumbe"},
    ),  # a new one may be of Diéma: not known
    (REFORM, geography.HISTORICAL, geography.VERSIONS[1].cercles),
    (BEFORE, geography.HISTORICAL, geography.HISTORICAL),
    (REFORM, set(), set()),
]


@pytest.mark.parametrize(("day", "perimeter", "within"), PERIMETERS)
def test_a_perimeter_holds_what_its_cercles_became(day: date, perimeter: set[str], within: set[str]) -> None:
    assert geography.in_force(day).within(perimeter) == within


def test_outside_a_perimeter_are_cercles_and_communes_and_nothing_else() -> None:
    division = geography.in_force(REFORM)
    assert {"kayes", "diema", "sadiola"} <= division.outside("origin", ["kita"])
    assert len(division.outside("commune", ["kita"])) == 129 - 33
    assert division.outside("country", ["kita"]) == division.outside("sex", ["kita"]) == frozenset()


PROFILE = ["type", "name", "label", "profile"]


def findings(question: str, *names: str) -> list[str]:
    """What `poll check` says of a profile question with these choices."""
    choices = [["list_name", "name", "label"], *(["l", name, name] for name in names)]
    survey = [PROFILE, ["select_one l", question, "Où?", "yes"]]
    settings = [["form_id", "form_title"], ["essai", "Un essai"]]
    reading = forms.read_sheets({"survey": survey, "choices": choices, "settings": settings})
    return [str(finding) for finding in reading.findings]


SAID = [
    ("cercle", "Nioro du Sahel", "write 'nioro' (Nioro du Sahel)"),
    ("cercle", "keniaba", "the closest is 'kenieba' (Kéniéba)"),  # a slip
    ("cercle", "autre", "write 'other' (Autre)"),
    ("origin", "Bamako", "must be among abroad, ambidedi, aourou"),
    ("commune", "Gadougou II", "write 'gadougou_2' (Gadougou 2)"),
    ("country", "france", "write 'fr' (France)"),
    ("country", "Maroc", "write 'ma' (Maroc)"),
    ("country", "qqqqqq", "must be among abroad, ac, ad"),
    ("residence", "ville", "must be among diaspora, other, returned, village"),
]


@pytest.mark.parametrize(("question", "choice", "advice"), SAID)
def test_a_choice_that_is_no_canonical_name_is_an_error_at_its_cell(question: str, choice: str, advice: str) -> None:
    (said,) = findings(question, "other", choice)
    assert said.startswith(f"error: choices!B3: '{choice}' is no canonical name of '{question}': ")
    assert advice in said


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("cercle", sorted(geography.HISTORICAL)),
        ("origin", ["kayes", "abroad", "ne_sait_pas", "other"]),
        ("commune", ["kayes", "gadougou_1", "other"]),
        ("country", ["fr", "cg", "other"]),
        ("college", ["whatever"]),  # a setting of each organisation
    ],
)
def test_canonical_names_pass_without_a_word(question: str, names: list[str]) -> None:
    assert findings(question, *names) == []


def test_cercles_of_the_reform_pass_with_a_warning_that_the_others_are_smaller_than_before() -> None:
    (said,) = findings("cercle", "kayes", "sadiola")
    assert said.startswith("warning: survey!A2: lists cercles of 2023")
