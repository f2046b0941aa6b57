"""The diaspora's channel: a poll answered by SMS, and what goes back out, through the real webhook and the real package."""

import re
from collections.abc import Callable

import pytest
import requests
from msgspec.structs import replace
from sqlalchemy import func, select, update

from gateway.runtime import Runtime
from gateway.simulator import Network
from tests.phone import Phone
from tests.polls import radio
from tests.texter import NUMBER, Texter
from workers import publication
from workers.database.models import Base, Contact, Message, Payload
from workers.database.models import Phone as PhoneRow
from workers.database.session import reading, writing
from workers.dialogs import DIALOG_SECONDS
from workers.figures import results, tallies


def counted(runtime: Runtime, question: str) -> dict[str, int]:
    with reading(runtime.engine) as session:
        poll = publication.newest(session, "demo")
        assert poll is not None
        assert tallies.differences(session) == {}
        found = {one["name"]: one for one in results.results(session, poll)["questions"]}
    return {choice["name"]: choice["count"] for choice in found[question]["choices"] if choice["count"]}


def test_a_poll_is_answered_one_message_a_question(texter: Texter, runtime: Runtime) -> None:
    texter.texts("RETOUR").sees("EMDK demande", "STOP=fin").texts("1").sees("Au retour").texts("2").sees("retour dur")
    texter.texts("1 3").sees("Combien").texts("4").sees("Où vivez-vous").texts("à l'étranger").sees("Vous etes")
    texter.texts("une femme").sees("Votre code")
    assert counted(runtime, "priorite") == {"terre": 1}
    assert counted(runtime, "obstacles") == {"travail": 1, "regard": 1}


def test_three_answers_of_a_first_message_wait_for_the_consent(texter: Texter, runtime: Runtime) -> None:
    texter.texts("retour 2 1 3").sees("1. Répondre")
    assert counted(runtime, "priorite") == {}
    texter.texts("oui").sees("Où vivez-vous")
    assert counted(runtime, "priorite") == {"terre": 1}


def test_what_reads_as_nothing_is_asked_again_and_not_counted(texter: Texter, runtime: Runtime) -> None:
    texter.texts("RETOUR", "1", "2 99 1").sees("Un seul numéro.", "Au retour")
    assert counted(runtime, "priorite") == {}


def test_a_message_that_is_delivered_twice_counts_once_and_is_answered_once(texter: Texter, runtime: Runtime) -> None:
    texter.texts("RETOUR", "1").texts("2", message="m1").texts("2", message="m1")
    assert counted(runtime, "priorite") == {"terre": 1}
    assert len(texter.box) == 3


def test_a_poll_that_was_begun_by_ussd_goes_on_by_sms(texter: Texter, network: Network, runtime: Runtime) -> None:
    Phone(network, NUMBER).dials().types("1", "2").line_drops()
    texter.texts("RETOUR", "2").sees("retour dur").texts("1").sees("Combien")
    assert counted(runtime, "obstacles") == {"travail": 1}


def test_stop_is_silence_until_start(texter: Texter, runtime: Runtime) -> None:
    texter.texts("RETOUR", "1").texts("Stop.").sees("START pour revenir")
    before = len(texter.box)
    texter.texts("2", "bonjour")
    assert len(texter.box) == before
    texter.texts("AIDE").sees("STOP=fin")
    assert counted(runtime, "priorite") == {}
    texter.texts("START").sees("de nouveau").texts("2").sees("retour dur")


def test_an_opinion_that_begins_with_stop_is_no_stop(texter: Texter) -> None:
    texter.texts("RETOUR", "1", "6").texts("Arret des visas").sees("retour dur")


def test_help_leaves_the_question_open(texter: Texter) -> None:
    texter.texts("RETOUR", "1", "AIDE").sees("EMDK pose des questions").texts("2").sees("retour dur")


def test_whoever_is_erased_leaves_figures_and_nothing_else(texter: Texter, runtime: Runtime) -> None:
    texter.texts("RETOUR", "1", "6", "un mot secret", "1", "2").texts("EFFACER").sees("Effacer tout").texts("1").sees("effacé")
    assert counted(runtime, "priorite") == {"autre": 1}
    with reading(runtime.engine) as session:
        assert session.scalars(select(PhoneRow)).all() == []
        assert session.scalars(select(Contact)).all() == []
        assert session.scalars(select(Message)).all() == []
        assert not any(b"secret" in payload.content for payload in session.scalars(select(Payload)))


def test_whoever_is_erased_by_ussd_has_no_question_open_by_sms(texter: Texter, network: Network, runtime: Runtime) -> None:
    texter.texts("RETOUR 6", "1")
    phone = Phone(network, NUMBER).dials().types("00")
    for label in ("Mes réglages", "Tout effacer", "Tout effacer"):
        phone.types(re.findall(rf"(\d+)\. {label}", phone.page)[0])
    phone.is_done().sees("effacé")
    kept = {runtime.redis.ttl(name) <= DIALOG_SECONDS for name in runtime.redis.scan_iter("*:dialog:*")}
    assert kept == {True}


def test_a_number_stands_in_no_row_of_any_table(texter: Texter, runtime: Runtime) -> None:
    texter.texts("RETOUR", "1", "6", "canari", "1")
    with reading(runtime.engine) as session:
        rows = [str(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table))]
    assert any("canari" in row for row in rows)
    assert not any(NUMBER.removeprefix("+") in row or NUMBER[3:] in row for row in rows)


@pytest.mark.parametrize(
    ("address_of", "form"),
    [
        ("sms", {}),
        ("sms", {"id": "1", "from": "ORANGE", "text": "pub"}),
        ("sms", {"id": "2", "from": NUMBER, "text": ""}),
        ("sms", {"id": "3", "from": NUMBER, "text": "\x00\ud800".encode("utf-8", "replace").decode()}),
        ("sms", {"id": "4", "from": NUMBER, "text": "x" * 100_000}),
        ("delivery", {}),
        ("delivery", {"id": "nobody", "status": "Success"}),
        ("delivery", {"id": "nobody", "status": "Flying"}),
    ],
)
def test_odd_callbacks_are_answered_and_break_nothing(
    address: str, drain: Callable[[], int], address_of: str, form: dict[str, str]
) -> None:
    assert requests.post(f"{address}/africastalking/demo/{address_of}", data=form, timeout=10).status_code == 200
    drain()


def test_a_report_moves_a_message_forward_and_never_back(
    texter: Texter, runtime: Runtime, address: str, drain: Callable[[], int]
) -> None:
    texter.texts("RETOUR")
    with reading(runtime.engine) as session:
        message = session.scalars(select(Message)).one()
        assert message.state == "sent"
    report = {"id": message.provider_id, "status": "Success", "phoneNumber": NUMBER}
    for status in ("Success", "Sent", "Failed"):  # a late `Sent` never overwrites `Success`
        requests.post(f"{address}/africastalking/demo/delivery", data={**report, "status": status}, timeout=10)
        drain()
    with reading(runtime.engine) as session:
        assert session.scalars(select(Message.state)).one() == "delivered"


def test_a_report_hours_after_a_time_out_finds_its_message_by_the_number(
    texter: Texter, runtime: Runtime, address: str, drain: Callable[[], int]
) -> None:
    texter.texts("RETOUR")
    with writing(runtime.engine) as session:
        session.execute(update(Message).values(state="unknown", provider_id=""))
    for number in ("+33612345679", NUMBER):
        report = {"id": f"of {number}", "status": "Success", "phoneNumber": number}
        assert requests.post(f"{address}/africastalking/demo/delivery", data=report, timeout=10).status_code == 200
    drain()
    with reading(runtime.engine) as session:
        assert session.execute(select(Message.state, Message.provider_id)).all() == [("delivered", f"of {NUMBER}")]
        assert session.scalar(select(func.count()).select_from(PhoneRow)) == 1  # a report makes nobody known
    assert 'palabre_messages{channel="demo",state="delivered"} 1.0' in requests.get(f"{address}/metrics", timeout=10).text
    texter.texts("1").sees("Au retour")  # the question is still open


def test_who_called_and_who_wrote_are_told_apart_on_one_channel(
    texter: Texter, network: Network, runtime: Runtime, page: Callable[[str], str]
) -> None:
    with writing(runtime.engine) as session:
        publication.publish(session, replace(radio(), keyword="GUICHET", strata=("channel",)))
    publication.announce(runtime.engine, runtime.redis)
    Phone(network).dials("*384*36*3#").types("1", "1")
    Phone(network, "+22370000002").dials("*384*36*3#").types("1", "2")
    texter.texts("GUICHET", "1", "2")
    with reading(runtime.engine) as session:
        poll = publication.newest(session, "guichet")
        assert poll is not None
        question, *_ = results.results(session, poll, ["channel"])["questions"]
        assert {row["value"]: row["answered"] for row in question["by"]["channel"]} == {"ussd": 2, "sms": 1}
        assert tallies.differences(session) == {}
    shown = page("/staff/polls/guichet?by=channel")
    assert "par USSD" in shown
    assert "par SMS" in shown
