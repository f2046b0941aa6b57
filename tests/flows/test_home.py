"""Home: what was not answered yet, what concerns the person first."""

import pytest

from flows.catalogue import Catalogue
from flows.dialog import Dialog, Member, Person, Progress
from flows.engine import Step, advance
from flows.menus import home
from flows.poll import Poll
from flows.scene import Scene, Turn
from tests import polls

ABROAD = polls.poll(
    [
        ["integer", "envoi", "Combien par mois?", "How much a month?", "yes", "${residence} = 'diaspora'"],
        ["select_one r", "residence", "Où?", "Where?", "", "", "", "", "", "yes"],
    ],
    [["r", "village", "Au village", "Village"], ["r", "diaspora", "Ailleurs", "Abroad"]],
    form_id="envois",
    form_title="Les envois",
)
EVERYBODY = polls.radio()


def lines(*members: Member) -> list[str]:
    """The first lines of home for somebody, where the poll for those abroad is the newest."""
    catalogue = Catalogue("1", (ABROAD, EVERYBODY), (ABROAD, EVERYBODY))
    ordinal = members[0].ordinal if members else 0
    scene = Scene(Dialog("home", "fr", "envois", "1", ordinal), Person(members=members), catalogue, Turn(None, 1.8e9, 1))
    return list(home.show(scene).choices[:2])


def test_what_concerns_the_person_comes_first() -> None:
    assert lines(Member(1, {"residence": "diaspora"})) == ["1. Les envois", "2. Le guichet"]
    assert lines(Member(1, {"residence": "village"})) == ["1. Le guichet", "2. Les envois"]


def test_what_was_finished_is_not_offered_again() -> None:
    done = {"guichet": Progress("1", done=True)}
    assert lines(Member(1, {"residence": "diaspora"}, done))[1:] == ["2. Résultats"]


def ends(typed: str = "#", open_polls: tuple[Poll, ...] = (EVERYBODY, ABROAD), **turn: object) -> Step:
    """The page after the last question of the newest poll, answered by a second person."""
    catalogue = Catalogue("1", open_polls, open_polls)
    members = (
        Member(1, polls={"autre": Progress("1", done=True)}),
        Member(2, polls={"guichet": Progress("1", {"voix": "oui"})}),
    )
    asked = Dialog("poll", "fr", "guichet", "1", 2, "age")
    return advance(asked, Person(members=members), catalogue, Turn(typed, 1.8e9, 7, **turn))  # type: ignore[arg-type]


def test_after_a_poll_home_stands_below_the_code_where_another_waits() -> None:
    thanks, *below = ends().page.text.split("\n")
    assert "Votre code: " in thanks
    assert below[:2] == ["EMDK: accueil", "1. Les envois"]
    assert ends().page.expects


def test_whoever_goes_on_with_another_poll_stays_the_same_person() -> None:
    step, others = ends(), Catalogue("1", (ABROAD,), (ABROAD,))
    for typed in ("1", "1"):
        step = advance(step.dialog, step.person, others, Turn(typed, 1.8e9, 7))
    assert (step.dialog.poll, step.dialog.ordinal) == ("envois", 2)  # though the first said nothing there either


@pytest.mark.parametrize(
    ("open_polls", "turn"),
    [
        ((EVERYBODY,), {}),  # nothing else waits
        ((EVERYBODY, ABROAD), {"by_sms": True}),
        ((EVERYBODY, ABROAD), {"page_septets": 90}),  # no room for a poll below the code
    ],
)
def test_after_a_poll_the_line_ends_where_home_has_nothing_to_offer(
    open_polls: tuple[Poll, ...], turn: dict[str, object]
) -> None:
    step = ends(open_polls=open_polls, **turn)
    assert (step.dialog.menu, step.page.expects) == ("farewell", False)


def test_the_profile_is_corrected_where_it_was_asked_and_no_other_poll_is_touched() -> None:
    catalogue = Catalogue("1", (ABROAD, EVERYBODY), (ABROAD, EVERYBODY))
    member = Member(1, {"residence": "village"}, {"envois": Progress("1", done=True)})
    step = advance(Dialog("settings", "fr", "guichet", "1", 1), Person(members=(member,)), catalogue, Turn("2", 1.8e9, 1))
    assert "Où?" in step.page.text
    assert (step.dialog.poll, list(step.person.member(1).polls)) == ("envois", ["envois"])
