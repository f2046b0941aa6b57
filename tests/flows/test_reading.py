"""What people type becomes an answer, or a reason to ask again; never an answer that they did not give."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import gsm, reading
from flows.naming import Option
from flows.reading import Read, Unclear
from flows.spelling import normalise


def choices(*labels: str | tuple[str, ...]) -> tuple[Option, ...]:
    """Options named by their first word, in the order shown."""
    words = [(label,) if isinstance(label, str) else label for label in labels]
    return tuple(Option(reading.number_of_choice(i), names[0], names) for i, names in enumerate(words, 1))


NEEDS = choices("Santé et écoute", ("Emploi", "travail"), "École", "Eau", "Route de Yélimané")
CONSENT = choices(("Oui", "Yes"), ("Non", "No"))
AGREE = choices("D'accord", "Pas d'accord")
PERSON = choices("Une femme", "Un homme")
UNSURE = choices("D'accord", "Pas d'accord", "Je ne sais pas")
PLACES = choices("Le sud", "Au nord", "À l'étranger")
NINE = choices(*"abcdefghi")
TWENTY = choices(*(f"choix {letter}" for letter in "abcdefghijklmnopqrst"))
MARKS = ["", " ", ", ", " ou ", " et ", " / ", " - ", ".", "+", "*", "\n"]

strange = st.text() | st.text("01239 -.,;:*+/#()°²½١٣abcdeéèŒɛ'’\u0301\u200b\ud800\0👍", max_size=30)


def read(value):
    return Read(value)


AMBIGUOUS, UNKNOWN, EMPTY = Unclear("ambiguous"), Unclear("unknown"), Unclear("empty")


# --- one choice ---


@pytest.mark.parametrize("typed", ["1", "1.", "1)", " 1 ", "01", "(1)", "n°1", "N° 1", "١", "１", "1\ufe0f\u20e3", "«1»"])
def test_a_number_is_read_with_what_people_put_around_it(typed):
    assert reading.read_choice(typed, NEEDS) == read("Santé et écoute")


@pytest.mark.parametrize(
    ("typed", "options", "name"),
    [
        ("10", NINE, "i"),  # the ninth choice: 9 turns the page
        ("EMPLOI.", NEEDS, "Emploi"),
        ("Travail", NEEDS, "Emploi"),  # a synonym
        ("ecole", NEEDS, "École"),
        (unicodedata.normalize("NFD", "école"), NEEDS, "École"),
        ("route  de yelimane!", NEEDS, "Route de Yélimané"),
        ("sante", NEEDS, "Santé et écoute"),  # its first word, and nobody else's
        ("emplio", NEEDS, "Emploi"),  # two letters swapped
        ("emplo", NEEDS, "Emploi"),  # one missing
        ("emplooi", NEEDS, "Emploi"),  # one too many
        ("enploi", NEEDS, "Emploi"),  # one wrong
        ("2. Emploi", NEEDS, "Emploi"),  # the whole line of the screen
        ("deux", NEEDS, "Emploi"),
        ("Two", NEEDS, "Emploi"),
        ("un", CONSENT, "Oui"),
        ("une", CONSENT, "Oui"),
        ("oui oui", CONSENT, "Oui"),
        ("wi", CONSENT, "Oui"),
        ("Awo!", CONSENT, "Oui"),
        ("no", choices("Oui", "Non"), "Non"),
        ("oui", choices("Oui, tout à fait", "Non"), "Oui, tout à fait"),
        ("oui", choices("Oui", "Oui, mais plus tard"), "Oui"),  # exactly one of them
        ("d accord", AGREE, "D'accord"),
        ("D’accord", AGREE, "D'accord"),
        ("dakor", AGREE, "D'accord"),
        ("ok", AGREE, "D'accord"),
        ("pas daccord", AGREE, "Pas d'accord"),
        ("dix-sept", TWENTY, "choix p"),
        ("deux", choices("zéro", "un", "deux", "trois"), "deux"),  # the label, not the second
        ("2", choices("zéro", "un", "deux", "trois"), "un"),  # the number shown
        ("12", choices("11", "12", "13"), "12"),  # no such number is shown: a label
        ("un puits", choices("une école", "un puits"), "un puits"),
        ("homme", PERSON, "Un homme"),  # without its article
        ("l'homme", PERSON, "Un homme"),
        ("homne", PERSON, "Un homme"),
        ("sud", PLACES, "Le sud"),
        ("au sud", PLACES, "Le sud"),
        ("Du nord.", PLACES, "Au nord"),
        ("etranger", PLACES, "À l'étranger"),
        ("the north", choices("In the north", "In the south"), "In the north"),
        ("l'école", NEEDS, "École"),  # with one that is not shown
        ("ok", CONSENT, "Oui"),
        ("d accord", choices("Oui, tout à fait", "Non"), "Oui, tout à fait"),
        ("oui", choices("Oui tout de suite", "Non jamais"), "Oui tout de suite"),
        ("ouii", CONSENT, "Oui"),
        ("Nonnn!", CONSENT, "Non"),
        ("non merci", CONSENT, "Non"),
        ("c'est non, merci", CONSENT, "Non"),
        ("je suis d'accord", CONSENT, "Oui"),
        ("Je suis d’accord.", UNSURE, "D'accord"),
        ("je ne suis pas d'accord", UNSURE, "Pas d'accord"),
        ("je sais pas", UNSURE, "Je ne sais pas"),
        ("sais pas", UNSURE, "Je ne sais pas"),
        ("ne sais pas", UNSURE, "Je ne sais pas"),
        ("je suis une femme", PERSON, "Une femme"),
    ],
)
def test_what_names_one_choice_is_that_choice(typed, options, name):
    assert reading.read_choice(typed, options) == read(name)


@pytest.mark.parametrize(
    ("typed", "options", "why"),
    [
        ("1 ou 2", NEEDS, AMBIGUOUS),
        ("1 2", NEEDS, AMBIGUOUS),
        ("1-2", NEEDS, AMBIGUOUS),
        ("1*2", NEEDS, AMBIGUOUS),
        ("1,2", NEEDS, AMBIGUOUS),
        ("oui non", CONSENT, AMBIGUOUS),
        ("oui 2", CONSENT, AMBIGUOUS),
        ("12", NINE, AMBIGUOUS),  # 1 and 2, or one key too many
        ("1 1", NINE, UNKNOWN),  # 1 twice, or 11
        ("19", NINE, UNKNOWN),
        ("9", NINE, UNKNOWN),  # never a choice
        ("0", NINE, UNKNOWN),
        ("-1", NINE, UNKNOWN),
        ("²", NEEDS, UNKNOWN),  # '²'.isdigit() is true and int('²') fails
        ("½", NEEDS, UNKNOWN),
        ("1²", NEEDS, UNKNOWN),
        ("10%", NINE, UNKNOWN),
        ("oui 👎", CONSENT, UNKNOWN),
        ("pas oui", CONSENT, UNKNOWN),
        ("peut-être", CONSENT, UNKNOWN),
        ("...", CONSENT, UNKNOWN),
        ("", CONSENT, EMPTY),
        (" \u00a0\n", CONSENT, EMPTY),
        ("1" + " " * 600 + "2", NEEDS, Unclear("too_long")),  # cut, it would have been 1
        ("eux", NEEDS, UNKNOWN),  # one letter from Eau, but in a short word that could be anything
        ("empoli", choices("emploi", "empli"), AMBIGUOUS),  # as near to both
        ("route", choices("route de Kayes", "route de Nioro"), AMBIGUOUS),
        ("sante et", choices("santé", "santé et eau"), AMBIGUOUS),
        ("retour 2023", choices("retour 2024", "autre"), UNKNOWN),  # a figure is never a slip
        ("dix", choices("dix-huit ans", "vingt ans"), UNKNOWN),
        ("une", choices("un puits", "une école"), AMBIGUOUS),  # the first, or the one that begins so
        ("deux", choices("0", "1", "2"), AMBIGUOUS),  # the second, or the label
        ("oui", choices("Oui, un peu", "Oui, beaucoup"), AMBIGUOUS),
        ("même", choices("même", "mémé"), AMBIGUOUS),  # alike without accents
        ("dix-sept", choices(*"abcdefghijkl"), AMBIGUOUS),  # 17 is not shown; 10 and 7 are
        ("et 1", NEEDS, UNKNOWN),
        ("sante ou route", NEEDS, AMBIGUOUS),
        ("sante et route", NEEDS, AMBIGUOUS),
        ("je sais", UNSURE, UNKNOWN),  # the contrary
        ("je ne suis d'accord", UNSURE, UNKNOWN),  # with or without?
        ("je ne suis pas d'accord", CONSENT, UNKNOWN),
        ("ce n'est pas non", CONSENT, UNKNOWN),
        ("merci", CONSENT, UNKNOWN),
        ("sais pas", choices("Je ne sais pas", "Sais pas lire"), AMBIGUOUS),
        ("puits", choices("Un puits", "Un puits et une école"), AMBIGUOUS),
        ("route", choices("La route", "Route de Kayes"), AMBIGUOUS),
        ("la route", choices("Route", "La route de Kayes"), AMBIGUOUS),
        ("enfant", choices("Un enfant", "Des enfants"), AMBIGUOUS),  # the article was what told them apart
        ("kayes", choices("De Kayes", "À Kayes"), AMBIGUOUS),
        ("deux", choices("Emploi", "Santé", "Les deux"), AMBIGUOUS),
        ("un homme", choices("Femme", "Homme"), AMBIGUOUS),  # the first, or that one
        ("les deux", CONSENT, UNKNOWN),
        ("5", choices("Le 5", "Un autre jour"), UNKNOWN),
        ("pas d accord", CONSENT, UNKNOWN),
        ("ok", choices("Oui", "Non", "Je suis d'accord"), UNKNOWN),
        ("oui", choices("Oui beaucoup", "Oui un peu"), AMBIGUOUS),
        ("oui", choices("Oui et non", "Non"), UNKNOWN),
    ],
)
def test_what_could_mean_two_things_or_none_is_not_counted(typed, options, why):
    assert reading.read_choice(typed, options) == why


def test_the_label_as_the_phone_shows_it_is_the_label():
    options = choices("Ɲɔgɔn dɛmɛ", "Cœur à l’œuvre", "Façade « A »", "Ŋalɗu")
    for option in options:
        assert reading.read_choice(gsm.fold(option.name), options) == read(option.name)


@given(strange)
def test_whatever_is_read_is_one_of_the_options(typed):
    for options in (NEEDS, CONSENT, AGREE, NINE, TWENTY, ()):
        heard = reading.read_choice(typed, options)
        assert isinstance(heard, Unclear) or heard.value in {option.name for option in options}


named = st.sampled_from(NEEDS).flatmap(
    lambda option: st.sampled_from([str(option.number), *option.words, option.name.upper()]).map(lambda w: (option, w))
)


@given(named, st.sampled_from(MARKS[1:]), named)
def test_two_different_options_in_one_answer_are_not_counted(first, mark, second):
    heard = reading.read_choice(first[1] + mark + second[1], NEEDS)
    if first[0] != second[0]:
        assert isinstance(heard, Unclear)


@given(st.sampled_from(NEEDS), st.sampled_from(["", " ", "."]), st.sampled_from(["", " ", ".", ")", "!"]))
def test_every_option_can_be_named_by_number_and_by_each_of_its_words(option, before, after):
    for word in (str(option.number), *option.words):
        assert reading.read_choice(before + word.upper() + after, NEEDS) == read(option.name)


articles = st.sampled_from(["", "un ", "une ", "le ", "la ", "l'", "du ", "des ", "à la ", "de l'"])
things = st.sampled_from(["puits", "route", "route de Kayes", "routes", "eau", "terre", "terre dure"])
with_article = st.tuples(articles, things)


@given(st.lists(with_article, min_size=1, max_size=4, unique=True), with_article)
def test_an_article_more_or_less_never_settles_what_two_options_could_be(shown, typed):
    heard = reading.read_choice("".join(typed), choices(*map("".join, shown)))
    if isinstance(heard, Read) and typed not in shown:
        thing = typed[1]
        alike = {"".join(label) for label in shown if label[1] == thing or label[1].startswith(thing + " ")}
        assert alike <= {heard.value}


def test_choices_are_numbered_around_nine():
    assert [reading.number_of_choice(position) for position in (1, 8, 9, 10, 18, 19)] == [1, 8, 10, 11, 19, 20]


# --- several choices ---


LISTS = ["1 3", "1,3", "1, 3.", "1 et 3", "1*3", "1+3", "1/3", "1;3", "3 1", "1 3 1", "١ ٣", "un, trois"]
LABELS = ["santé et écoute, école", "ecole et sante et ecoute", "1, ecole", "1. Santé et écoute, 3. École"]
NEARLY = ["sante et ecoute, ecoel", "sante, école"]  # a slip, and a first word


@pytest.mark.parametrize("typed", [*LISTS, *LABELS, *NEARLY])
def test_a_list_is_read_in_the_order_of_the_options(typed):
    assert reading.read_choices(typed, NEEDS) == read(("Santé et écoute", "École"))


@pytest.mark.parametrize("typed", ["2", "2.", "emploi", "emplio", "2 2", "deux"])
def test_a_list_may_have_one_member(typed):
    assert reading.read_choices(typed, NEEDS) == read(("Emploi",))


@pytest.mark.parametrize(
    ("typed", "options", "why"),
    [
        ("13", NEEDS, AMBIGUOUS),  # 1 and 3, or one key too many
        ("1-3", NEEDS, AMBIGUOUS),  # 1 and 3, or 1 to 3
        ("1 - 3", NEEDS, AMBIGUOUS),
        ("1 ou 3", NEEDS, AMBIGUOUS),
        ("1 7", NEEDS, UNKNOWN),  # half a list is another answer
        ("1, bonjour", NEEDS, UNKNOWN),
        ("emploi, pas eau", NEEDS, AMBIGUOUS),
        ("santé et école", choices("santé", "école", "santé et école"), AMBIGUOUS),
        ("santé et école, emplio", choices("santé", "école", "santé et école", "emploi"), AMBIGUOUS),
        ("dix-sept", TWENTY, AMBIGUOUS),  # 17, or 10 and 7
        (",", NEEDS, UNKNOWN),
        ("et", NEEDS, UNKNOWN),
        ("", NEEDS, EMPTY),
    ],
)
def test_a_list_that_is_not_clear_throughout_is_not_counted(typed, options, why):
    assert reading.read_choices(typed, options) == why


@pytest.mark.parametrize(
    ("typed", "missed"),
    [
        ("panne et sale", ("sale",)),
        ("panne, trop loin, cher", ("trop loin", "cher")),
        ("1 7", ("7",)),
        ("eau sale panne cher", ("cher",)),
        ("sale, loin", ()),  # nothing was understood
        ("loin", ()),
        ("panne" + ", cher" * 20, ()),
    ],
)
def test_what_was_not_understood_of_a_list_is_told_apart(typed, missed):
    options = choices("Une panne", "Eau sale", "C'est trop loin")
    assert isinstance(reading.read_choices(typed, options), Unclear)
    assert reading.not_read(typed, options) == missed


@pytest.mark.parametrize("typed", ["sud et nord", "au sud, au nord", "sud nord", "1. sud, 2. nord", "le sud, nord"])
def test_a_list_may_leave_articles_out(typed):
    assert reading.read_choices(typed, PLACES) == read(("Le sud", "Au nord"))


@given(st.lists(named, min_size=1, max_size=4), st.sampled_from([",", " , ", ";", "\n", "*", "+"]))
def test_a_list_of_named_options_is_exactly_those(members, mark):
    wanted = {option for option, _ in members}
    heard = reading.read_choices(mark.join(word for _, word in members), NEEDS)
    assert heard == read(tuple(option.name for option in NEEDS if option in wanted))


@given(strange)
def test_a_list_names_options_only_each_once_and_in_order(typed):
    for options in (NEEDS, CONSENT, NINE, TWENTY, ()):
        heard = reading.read_choices(typed, options)
        if isinstance(heard, Read):
            assert heard.value
            assert heard.value == tuple(o.name for o in options if o.name in set(heard.value))


# --- numbers ---


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("12.", 12),
        ("012", 12),
        ("-3", -3),
        ("−3", -3),  # the minus sign of typographers
        ("1 200", 1200),
        ("1\u202f200\u00a0000", 1_200_000),  # no-break spaces
        ("١٢", 12),
        ("zéro", 0),
        ("Douze", 12),
        ("dix-sept", 17),
        ("twenty", 20),
        ("9" * 15, 10**15 - 1),
    ],
)
def test_a_whole_number_is_read(typed, number):
    assert reading.read_integer(typed) == read(number)
    assert reading.read_decimal(typed) == read(float(number))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("25 ans", 25),
        ("15 gerbes", 15),  # a word of the question
        ("15 Gerbes.", 15),
        ("12personnes", 12),
        ("1 200 F", 1200),
        ("vingt ans", 20),
        ("quarante", 40),
        ("soixante-dix-sept", 77),
        ("Quatre-vingts", 80),
        ("quatre vingt dix neuf", 99),
        ("trente et un", 31),
        ("cent", 100),
    ],
)
def test_a_number_may_be_words_or_have_its_unit_behind_it(typed, number):
    assert reading.read_integer(typed, "Combien de gerbes avez-vous faites?") == read(number)


UNITS = [
    ("Combien de minutes?", ["30 mn", "30min", "trente minutes"], ["2 heures", "2h", "une heure", "3 km", "500 FCFA"]),
    ("Combien de jours par semaine?", ["3 jours", "3j"], ["3 semaines"]),  # the week is not what is counted
    ("Combien de sacs de 50 kg?", ["3 sacs", "3 bags"], ["3 kg"]),
    ("Prix du litre, en F CFA", ["500 F CFA", "500f.cfa", "500 francs", "500F"], ["500 €", "2 km"]),
    ("Prix en €?", ["500 €", "500 euros", "500eur"], ["500 FCFA"]),
    ("Quel âge avez-vous?", ["25 ans", "25 années"], ["25 mois"]),
    ("À quelle distance est l'eau? (km)", ["3 km", "3 kilomètres"], ["3 m", "3 litres"]),
    ("Combien de gerbes?", ["25 ans", "1 200 F", "3 gerbes"], ["3 km", "2 jours"]),  # no unit is named: its size is not known
]


@pytest.mark.parametrize(("about", "same", "other"), UNITS)
def test_a_number_counts_only_in_the_unit_of_its_question(about, same, other):
    assert [typed for typed in (*same, *other) if isinstance(reading.read_integer(typed, about), Read)] == same


def test_a_price_may_have_the_sign_of_its_money_behind_it():
    assert reading.read_decimal("5,50 €", "Prix en €?") == read(5.5)


@pytest.mark.parametrize(
    ("typed", "number"),
    [("2,5", 2.5), ("2.5", 2.5), ("1 200,50", 1200.5), ("-0,5", -0.5), ("0,250", 0.25), ("٢٫٥", 2.5), ("-0", 0.0)],
)
def test_a_decimal_number_is_read(typed, number):
    assert str(reading.read_decimal(typed).value) == str(number)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("12 chats", "not_a_number"),  # of which nobody asked
        ("12 ou 13", "not_a_number"),
        ("5 mille", "not_a_number"),  # a thousand times as many
        ("5 cents", "not_a_number"),
        ("2 et demi", "not_a_number"),
        ("deux cents", "not_a_number"),
        ("20 ans 3 mois", "not_a_number"),
        ("- trois", "not_a_number"),
        ("²", "not_a_number"),
        ("1²", "not_a_number"),
        ("½", "not_a_number"),
        ("1e5", "not_a_number"),
        ("nan", "not_a_number"),
        ("inf", "not_a_number"),
        ("0x10", "not_a_number"),
        ("1_000", "not_a_number"),  # Python's own, and nobody else's
        ("1,200", "ambiguous"),  # twelve hundred, or one and a fifth
        ("1.200", "ambiguous"),
        ("1 2", "ambiguous"),
        ("12 2000", "ambiguous"),
        ("1, 2", "ambiguous"),
        ("1" * 16, "too_long"),
        ("1" * 5000, "too_long"),  # int() would raise
        ("", "empty"),
    ],
)
def test_what_is_not_one_number_is_not_counted(typed, why):
    assert reading.read_integer(typed) == Unclear(why)
    assert reading.read_decimal(typed) == Unclear(why)


def test_half_a_person_is_not_a_whole_number():
    assert reading.read_integer("2,5") == Unclear("not_a_number")


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_every_number_is_read_as_python_and_french_write_it(number):
    assert reading.read_integer(str(number)) == read(number)
    assert reading.read_integer(f"{number:,}".replace(",", " ")) == read(number)


# --- days ---


FIGURES = ["12/3/2024", "12-03-24", "12.03.2024", "12 3 2024", "12*3*24", "2024-03-12", "2024/3/12", "١٢/٣/٢٠٢٤"]
FRENCH = ["12 mars 24", "12 mars 2024", "le 12 MARS 2024.", "12mars2024"]
ENGLISH = ["12 march 2024", "March 12, 2024", "12th of March 2024", "mar 12 24"]


@pytest.mark.parametrize("typed", [*FIGURES, *FRENCH, *ENGLISH])
def test_the_same_day_is_read_from_each_way_to_write_it(typed):
    assert reading.read_date(typed) == read("2024-03-12")


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("1er août 1960", "1960-08-01"),
        ("3/12/2024", "2024-12-03"),  # day first
        ("1/1/68", "2068-01-01"),  # POSIX
        ("1/1/69", "1969-01-01"),
        ("29/2/2024", "2024-02-29"),
        ("24-03-12", "2012-03-24"),  # day first, even so
        ("5 juil. 24", "2024-07-05"),
        ("5 févr 2024", "2024-02-05"),
    ],
)
def test_a_day_is_read(typed, day):
    assert reading.read_date(typed) == read(day)


IMPOSSIBLE = ["29/2/2023", "31/4/2024", "0/1/2024", "3/13/2024", "2024-13-01"]  # and never read the other way round
INCOMPLETE = ["12/3", "12 mars", "12/3/024", "12/3/0024", "5 jui 2024", "mars mars 2024", "..."]
OTHER = ["1/2/3/2024", "12:3:2024", "demain", "12 marchons 2024", "12/3/2024 ou 13/3/2024"]
SUPERSCRIPT = ["²²/1/2020", "1/1/²²", "1/²/2020"]  # digits to isdigit(), and not to int()


@pytest.mark.parametrize("typed", [*IMPOSSIBLE, *INCOMPLETE, *OTHER, *SUPERSCRIPT])
def test_what_is_not_one_possible_day_is_not_counted(typed):
    assert reading.read_date(typed) == Unclear("not_a_date")


@given(st.dates(date(1000, 1, 1), date(2999, 12, 31)))
def test_every_day_is_read_back(day):
    assert reading.read_date(f"{day:%d/%m/%Y}") == read(day.isoformat())
    assert reading.read_date(day.isoformat()) == read(day.isoformat())


# --- texts, and the rest ---


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("  Le puits  est à sec.\n", read("Le puits  est à sec.")),
        ("ߞߊ߬ ߖߌ", read("ߞߊ߬ ߖߌ")),  # N'Ko, tones and all
        ("👍", read("👍")),
        ("a\0b\ud800", read("ab\ufffd")),  # PostgreSQL and UTF-8 refuse both
        ("x" * 1000, read("x" * 1000)),
        ("x" * 1001, Unclear("too_long")),
        (" \n", EMPTY),
        ("\0", EMPTY),
    ],
)
def test_a_text_is_kept_as_it_was_written(typed, heard):
    assert reading.read_text(typed) == heard


@pytest.mark.parametrize(
    ("typed", "skips"),
    [
        ("#", True),
        (" # ", True),
        ("Passer.", True),
        ("skip", True),
        ("##", False),
        ("passer la nuit", False),
        ("", False),
        ("#" + " " * 600 + "1", False),  # cut, it would have been the key
    ],
)
def test_only_the_key_or_the_word_alone_skips(typed, skips):
    assert reading.is_skip(typed) is skips


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("L’ÉCOLE !", "l ecole"),
        ("Peut-être", "peut etre"),
        ("15 – 24 ans", "15-24 ans"),
        ("covid-19", "covid 19"),
        ("--1", "-1"),
        ("Œuf", "oeuf"),
        ("ɲɔgɔn", "nyogon"),  # as the phone shows it, without its accents
        ("STRAẞE", "strasse"),
        ("١٢", "12"),
        ("m²", "m²"),  # not m2
    ],
)
def test_normalising_leaves_what_was_meant(typed, meant):
    assert normalise(typed) == meant


@given(strange)
def test_normalising_twice_changes_nothing(typed):
    assert normalise(normalise(typed)) == normalise(typed)


HUGE = [filler * (100_000 // len(filler)) for filler in ("1", "1 ", "et ", "\u0301\u0323", "\ud800", "\0", "a-1", "²")]


@given(strange | st.sampled_from(HUGE))
def test_no_input_raises(typed):
    for reader in (reading.read_integer, reading.read_decimal, reading.read_date, reading.read_text):
        assert isinstance(reader(typed), Read | Unclear)
    assert isinstance(reading.read_choice(typed, NEEDS), Read | Unclear)
    assert isinstance(reading.read_choices(typed, NEEDS), Read | Unclear)
    assert isinstance(reading.not_read(typed, NEEDS), tuple)
    assert isinstance(reading.is_skip(typed), bool)
