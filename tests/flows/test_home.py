"""Home: what was not answered yet, what concerns the person first."""

from flows.catalogue import Catalogue
from flows.dialog import Dialog, Member, Person, Progress
from flows.engine import advance
from flows.menus import home
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


def test_the_profile_is_corrected_where_it_was_asked_and_no_other_poll_is_touched() -> None:
    catalogue = Catalogue("1", (ABROAD, EVERYBODY), (ABROAD, EVERYBODY))
    member = Member(1, {"residence": "village"}, {"envois": Progress("1", done=True)})
    step = advance(Dialog("settings", "fr", "guichet", "1", 1), Person(members=(member,)), catalogue, Turn("2", 1.8e9, 1))
    assert "Où?" in step.page.text
    assert (step.dialog.poll, list(step.person.member(1).polls)) == ("envois", ["envois"])
