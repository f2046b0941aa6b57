"""Publishing: the same form, a changed form, a form that counts other things under an old name; and who is on the phone."""

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, select

from flows.catalogue import Catalogue
from flows.poll import Choice, Poll, Question
from gateway.runtime import Runtime
from gateway.simulator import Network
from tests import records
from tests.phone import Phone
from tests.processes import until
from workers import publication
from workers.database.models import Answer
from workers.database.session import reading, writing


def publish(engine: Engine, poll: Poll) -> Poll:
    with writing(engine) as session:
        return publication.publish(session, poll)


def number(engine: Engine) -> int:
    with reading(engine) as session:
        return publication.number(session)


def with_question(poll: Poll, name: str, **changes: object) -> Poll:
    """The poll with one question changed."""
    return replace(poll, questions=tuple(replace(q, **changes) if q.name == name else q for q in poll.questions))


def test_the_same_form_again_changes_nothing(engine: Engine) -> None:
    first = publish(engine, records.EAU)
    before = number(engine)
    assert publish(engine, records.EAU) == first
    assert publish(engine, first) == first  # whatever version it says it is
    assert (first.version, number(engine)) == ("1", before)


def test_a_changed_form_is_the_next_version_and_moves_the_catalogue(engine: Engine) -> None:
    publish(engine, records.EAU)
    before = number(engine)
    assert publish(engine, replace(records.EAU, title={"fr": "L'eau"})).version == "2"
    assert publish(engine, records.EAU).version == "3"
    assert number(engine) == before + 2


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "select_multiple"},
        {"type": "text", "choices": ()},
        {"choices": records.EAU.questions[0].choices[:2]},
        {"choices": records.EAU.questions[0].choices[::-1]},
        {"choices": (Choice("metier", {"fr": "Emploi"}), *records.EAU.questions[0].choices[1:])},
    ],
    ids=["several", "text", "fewer", "another order", "another name"],
)
def test_another_meaning_under_an_old_name_is_refused(engine: Engine, changes: dict[str, object]) -> None:
    publish(engine, records.EAU)
    before = number(engine)
    with pytest.raises(ValueError, match="priorite"):
        publish(engine, with_question(records.EAU, "priorite", **changes))
    assert number(engine) == before


def test_another_meaning_under_a_name_that_was_left_out_for_a_while_is_refused(engine: Engine) -> None:
    publish(engine, records.EAU)
    publish(engine, replace(records.EAU, questions=records.EAU.questions[1:]))
    with pytest.raises(ValueError, match="priorite"):
        publish(engine, with_question(records.EAU, "priorite", type="text", choices=()))


def test_another_label_under_an_old_name_is_welcome(engine: Engine) -> None:
    publish(engine, records.EAU)
    relabelled = tuple(replace(choice, label={"fr": choice.name.title()}) for choice in records.EAU.questions[0].choices)
    assert publish(engine, with_question(records.EAU, "priorite", choices=relabelled)).version == "2"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [({"dial": "1"}, {"dial": "1"}), ({"keyword": "ÉTÉ"}, {"keyword": "ete"})],
    ids=["dial", "keyword"],
)
def test_what_leads_to_another_open_poll_is_refused_and_names_it(
    engine: Engine, theirs: dict[str, str], ours: dict[str, str]
) -> None:
    publish(engine, replace(records.EAU, **theirs))
    publish(engine, replace(records.EAU, **theirs, title={"fr": "L'eau"}))  # its own
    (taken,) = (f"{name} {value}" for name, value in ours.items())
    with pytest.raises(ValueError, match=rf"^{taken} already leads to the open poll 'eau' \(L'eau\): .*close eau'"):
        publish(engine, replace(records.RETOUR, **ours))
    with writing(engine) as session:
        publication.close(session, "eau")
    assert publish(engine, replace(records.RETOUR, **ours)).version == "1"


def test_a_dial_that_a_poll_gave_up_in_a_later_version_is_free(engine: Engine) -> None:
    publish(engine, replace(records.EAU, dial="1"))
    publish(engine, replace(records.EAU, dial="2"))
    assert publish(engine, replace(records.RETOUR, dial="1")).dial == "1"


def test_a_closed_poll_is_in_no_catalogue_until_it_is_published_again(engine: Engine) -> None:
    publish(engine, records.EAU)
    publish(engine, replace(records.EAU, title={"fr": "L'eau"}))
    with writing(engine) as session:
        assert publication.close(session, "eau")
        assert not publication.close(session, "eau")
        assert not publication.close(session, "nowhere")
    with reading(engine) as session:
        assert publication.read_catalogue(session, Catalogue()).open == ()
        assert [is_open for _, is_open in publication.polls(session)] == [False]
    publish(engine, records.EAU)
    with reading(engine) as session:
        catalogue = publication.read_catalogue(session, Catalogue())
        assert [poll.version for poll in catalogue.open] == ["3"]
        assert all(catalogue.find("eau", version) for version in "123")


def republish(runtime: Runtime, poll: Poll) -> None:
    publish(runtime.engine, poll)
    publication.announce(runtime.engine, runtime.redis)
    announced = number(runtime.engine)
    until(lambda: runtime.shelf.at(announced).version == str(announced), "the catalogue in the web process")


def test_who_is_on_the_phone_finishes_on_the_version_that_they_began(
    phone: Phone, network: Network, runtime: Runtime, demo_poll: Poll, drain: object
) -> None:
    phone.dials().types("1", "1").sees("rend le retour dur")
    changed = with_question(demo_poll, "absents", label={"fr": "Combien sont partis?", "en": "How many left?"})
    extra = Question("nouveau", "text", {"fr": "Et quoi encore?", "en": "What else?"})
    republish(runtime, replace(changed, questions=(*changed.own, extra, *changed.profile)))
    late = Phone(network, "+22370000002")
    late.dials().types("1", "1", "1 3").sees("Combien sont partis?").types("2").sees("Et quoi encore?")
    phone.types("1 3").sees("Combien de membres").types("4").sees("Où vivez-vous?")
    drain()  # type: ignore[operator]
    with reading(runtime.engine) as session:
        given = session.execute(select(Answer.choice, Answer.version).where(Answer.question == "absents")).all()
    assert sorted(tuple(row) for row in given) == [("2", "2"), ("4", "1")]


def test_a_poll_that_is_closed_under_a_dialog_leaves_a_page_on_the_phone(phone: Phone, runtime: Runtime) -> None:
    phone.dials().types("1").sees("que faut-il")
    with writing(runtime.engine) as session:
        publication.close(session, "demo")
    publication.announce(runtime.engine, runtime.redis)
    phone.types("1")  # the harness holds whatever comes to what a phone can show
    Phone(phone._handset._network, "+22370000003").dials()
