"""Answer by answer: whatever is lost, made up, changed or put down to somebody else's account is found."""

import pytest

from gateway.rehearsal.population import Reply
from gateway.rehearsal.proof import Held, Kept, prove
from gateway.rehearsal.testimony import Said

WATER, ROAD = Reply("need", False, values=("water",)), Reply("need", False, values=("road",))
BOTH = Reply("wishes", False, values=("well", "clinic"))
SKIPPED, SEX = Reply("why", False, "skipped"), Reply("sex", True, values=("f",))


def told(*replies: Reply, then: tuple[Reply, ...] = ()) -> Said:
    """Somebody who was told that these were taken, and sent others after them."""
    said = Said()
    for reply in replies:
        said.sends(reply)
        said.hears(reply)
    for reply in then:
        said.sends(reply)
    return said


def kept(*replies: Reply) -> Held:
    return {reply.question: Kept(reply.kind, tuple(sorted(reply.values)), reply.profile) for reply in replies}


ALL = (WATER, BOTH, SKIPPED, SEX)


@pytest.mark.parametrize(
    ("people", "held"),
    [
        ([told(*ALL)], [kept(*ALL)]),
        ([told(WATER), told(ROAD)], [kept(WATER), kept(ROAD)]),
        ([], []),
        ([told()], []),  # somebody who refused
        ([told(), told(ROAD)], [kept(ROAD)]),  # the first refused, so the second is the first participant
        ([told(WATER, then=(SEX,))], [kept(WATER)]),  # sent, never acknowledged, never arrived
        ([told(WATER, then=(SEX,))], [kept(WATER, SEX)]),  # the same, and it did arrive
        ([told(then=(WATER,)), told(ROAD)], [kept(ROAD)]),  # nothing of the first arrived
        ([told(WATER, then=(ROAD,))], [kept(WATER)]),  # changed their mind, and the line was cut: either may stand
        ([told(WATER, then=(ROAD,))], [kept(ROAD)]),
    ],
)
def test_what_may_be_so_holds(people: list[Said], held: list[Held]) -> None:
    proof = prove({"+22370000001": people}, {"+22370000001": held})
    assert proof.holds, proof
    assert proof.acknowledged <= proof.counted <= proof.sent


@pytest.mark.parametrize(
    ("people", "held", "missing", "unexplained"),
    [
        ([told(WATER, SEX)], [kept(WATER)], ("person 1: sex",), ()),
        ([told(WATER)], [], ("person 1: need",), ()),
        ([told(WATER)], [kept(WATER, SKIPPED)], (), ("person 1: why skipped",)),
        ([told(WATER)], [kept(ROAD)], ("person 1: need",), ("person 1: need road",)),
        ([told(WATER, ROAD)], [kept(WATER)], ("person 1: need",), ("person 1: need water",)),  # an older answer came back
        ([told(BOTH)], [kept(Reply("wishes", False, values=("well",)))], ("person 1: wishes",), ("person 1: wishes well",)),
        ([told(WATER)], [kept(WATER), kept(WATER)], (), ("person 2: need water",)),  # counted twice, as two people
        ([told(WATER), told(ROAD)], [kept(ROAD)], ("person 1: need",), ()),  # the second wrote over the first
    ],
)
def test_what_must_not_be_is_named(
    people: list[Said], held: list[Held], missing: tuple[str, ...], unexplained: tuple[str, ...]
) -> None:
    proof = prove({"+22370000001": people}, {"+22370000001": held})
    assert not proof.holds
    assert proof.missing == tuple(f"phone 1, {one}" for one in missing)
    assert proof.unexplained == tuple(f"phone 1, {one}" for one in unexplained)


def test_the_line_says_how_many() -> None:
    proof = prove({"+22370000001": [told(*ALL)], "+22370000002": [told(WATER)]}, {"+22370000001": [kept(*ALL)]})
    assert str(proof) == "5 acknowledged, 4 counted, 5 sent; missing 1, unexplained 0"
    assert proof.missing == ("phone 2, person 1: need",)
