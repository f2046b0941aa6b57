"""Pages: within their budget, nothing cut that need not be, everything reachable, in GSM-7 and in UCS-2."""

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.screen import GSM7, UCS2, Letters, Screen, pages, show

TEXTS = st.text(st.characters(codec="utf-8"), max_size=300) | st.text("ab éèç\n'", max_size=500)
SCREENS = st.builds(
    Screen,
    id=st.just("x"),
    text=TEXTS,
    choices=st.lists(TEXTS.map(lambda text: text[:90]), max_size=12).map(
        lambda labels: tuple(f"{place}. {label}" for place, label in enumerate(labels, 1))
    ),
    keys=st.sampled_from([(), ("0 Retour",), ("0 Retour", "# Passer")]),
    next_key=st.just("9 Suite"),
    final=st.booleans(),
    aside=st.sampled_from(["", "(plusieurs: 1 3)"]),
)
LETTERS = st.sampled_from([GSM7, UCS2])


@settings(max_examples=400, deadline=None)
@given(SCREENS, st.integers(60, 182), st.text(max_size=50), LETTERS)
def test_no_page_is_over_its_budget(screen: Screen, septets: int, hint: str, letters: Letters) -> None:
    for page in pages(screen, septets, hint, letters):
        assert letters.width(page) <= letters.budget(septets)


@settings(max_examples=200, deadline=None)
@given(SCREENS, st.integers(60, 182), LETTERS)
def test_every_word_stands_on_some_page(screen: Screen, septets: int, letters: Letters) -> None:
    shown = "".join("".join(pages(screen, septets, "", letters)).split())
    for word in letters.fold(screen.text).split():
        if letters.width(word) < letters.budget(septets) // 3:
            assert word in shown


def test_a_choice_stays_with_its_number() -> None:
    choices = tuple(f"{place}. un choix assez long pour remplir" for place in range(1, 9))
    for page in pages(Screen("x", "Une question?", choices, ("0 Retour",), "9 Suite"), 100):
        assert all(
            line.startswith(("Une", "0", "9")) or ". un choix assez long pour remplir" in line for line in page.split("\n")
        )


def test_an_end_of_several_pages_goes_on_until_it_was_read() -> None:
    screen = Screen("x", "mot " * 100, next_key="9 Suite", final=True)
    last = len(pages(screen, 160)) - 1
    assert [show(screen, page, 160).expects for page in range(last + 1)] == [True] * last + [False]


def test_a_language_with_letters_of_its_own_keeps_them_on_shorter_pages() -> None:
    screen = Screen("x", "ߒߞߏ " * 30, ("1. ߊߥߐ",), ("0 Retour",), "9 Suite")
    assert "ߒߞߏ" in pages(screen, 160, "", UCS2)[0]
    assert "ߒ" not in pages(screen, 160)[0]
    assert all(len(page) <= 70 for page in pages(screen, 160, "", UCS2))


@settings(max_examples=200, deadline=None)
@given(SCREENS, st.integers(60, 182), st.text(max_size=50), LETTERS)
def test_what_is_said_aside_takes_no_page_more(screen: Screen, septets: int, hint: str, letters: Letters) -> None:
    counts = {len(pages(screen._replace(aside=aside), septets, hint, letters)) for aside in ("", "(plusieurs: 1 3)")}
    assert len(counts) == 1


def test_what_is_said_aside_is_there_only_where_there_is_room() -> None:
    shown = [pages(Screen("x", "m" * length, ("1. Oui",), aside="(1 3)"), 160) for length in (100, 150)]
    assert [("(1 3)" in page[0], len(page)) for page in shown] == [(True, 1), (False, 1)]
