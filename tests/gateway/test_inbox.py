"""The staff's inbox as a browser asks for it, and the alarm that stands on every page until somebody saw to it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import select, update

from gateway.runtime import Runtime
from gateway.simulator import Network
from tests.desk import signed_in
from tests.texter import Texter
from workers.database.models import InboxRow, Message
from workers.database.session import reading, writing

ALARM = "Un message dit une détresse"
HARMED = "on est en danger <b>ici</b>, appelez le 06 12 34 56 78"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough here: what is asked of it is tested on both below."""
    return sqlite_url


@pytest.fixture
def desk(runtime: Runtime) -> FlaskClient:
    return signed_in(runtime)


def text(client: FlaskClient, address: str) -> str:
    return client.get(address).get_data(as_text=True)


def only(client: FlaskClient) -> str:
    """The address of the one message that waits."""
    (found,) = set(re.findall(r'href="(/staff/messages/\d+)"', text(client, "/staff/messages")))
    return str(found)


def test_a_message_in_distress_rings_on_every_page_until_somebody_saw_to_it(texter: Texter, desk: FlaskClient) -> None:
    assert ALARM not in text(desk, "/staff/")
    texter.texts("RETOUR", "1", HARMED).sees("Votre message sera lu")
    for address in (
        "/staff/",
        "/staff/polls/demo",
        "/staff/polls/demo/release",
        "/staff/messages",
        only(desk),
        "/staff/messages/alarm",
        "/",
    ):
        assert ALARM in text(desk, address), address
    assert desk.post(only(desk), data={"do": "done"}).location == "/staff/messages"
    assert ALARM not in text(desk, "/staff/")
    assert "traité par awa" in text(desk, "/staff/messages?settled=1")


def test_words_are_read_as_they_are_but_for_numbers_and_for_nobody_outside(
    texter: Texter, desk: FlaskClient, address: str
) -> None:
    texter.texts("RETOUR", "1", HARMED)
    for page in (text(desk, "/staff/messages"), text(desk, only(desk))):
        assert "on est en danger &lt;b&gt;ici&lt;/b&gt;, appelez le …" in page
        assert not re.search(r"12 ?34 ?56|612345|33612", page)
    assert ALARM not in requests.get(address, timeout=10).text
    assert desk.get("/staff/messages").headers["Cache-Control"] == "no-store"


def test_staff_answer_and_the_sender_reads_it(texter: Texter, desk: FlaskClient, runtime: Runtime) -> None:
    texter.texts("RETOUR", "1", "j'ai peur, aidez moi")
    assert "Votre message sera lu" in text(desk, only(desk))
    asked = {"do": "reply", "words": "Nous vous rappelons ce soir.", "place": "0"}
    for _ in range(2):  # the button is pressed twice
        assert desk.post(only(desk), data=asked).location == only(desk)
    assert "Nous vous rappelons ce soir." in text(desk, only(desk))
    assert texter.is_written_to().box.count("Nous vous rappelons ce soir.") == 1


def test_an_answer_that_cannot_be_sent_is_given_back_with_the_reason(
    texter: Texter, desk: FlaskClient, runtime: Runtime
) -> None:
    texter.texts("RETOUR", "1", "j'ai peur, aidez moi")
    refused = desk.post(only(desk), data={"do": "reply", "words": "é" * 460, "place": "0"})
    assert (refused.status_code, refused.headers["Cache-Control"]) == (409, "no-store")
    assert "trois SMS au plus" in refused.get_data(as_text=True)
    assert "é" * 460 in refused.get_data(as_text=True)
    texter.texts("STOP")
    assert "a dit STOP" in text(desk, only(desk))
    assert "a dit STOP" in desk.post(only(desk), data={"do": "reply", "words": "bonjour"}).get_data(as_text=True)
    with reading(runtime.engine) as session:
        assert session.scalars(select(Message.key).where(Message.key.like("inbox:%"))).all() == []


def test_an_answer_that_was_typed_and_not_sent_is_given_back_and_nothing_is_settled(texter: Texter, desk: FlaskClient) -> None:
    texter.texts("RETOUR", "1", "j'ai peur, aidez moi")
    kept = desk.post(only(desk), data={"do": "done", "words": "On vous rappelle.", "place": "0"})
    assert kept.status_code == 409
    assert "Votre réponse n&#39;est pas partie" in kept.get_data(as_text=True)
    assert ">On vous rappelle.</textarea>" in kept.get_data(as_text=True)
    assert desk.post(only(desk), data={"do": "done", "words": " \r\n", "place": "0"}).status_code == 302


def test_a_name_an_empty_message_and_a_long_one_are_shown_as_what_they_are(
    network: Network, desk: FlaskClient, drain: Callable[[], int], runtime: Runtime
) -> None:
    long = "la route " * 1000
    network.text("ORANGE", long)
    drain()
    shown = text(desk, "/staff/messages")
    assert (long[:400] + " […]" in shown, long[:410] in shown, "sans numéro" in shown) == (True, False, True)
    assert ">Répondre</a>" not in shown
    assert long in text(desk, only(desk))
    assert "envoyé par un nom, sans numéro" in text(desk, only(desk))
    assert ">Répondre</button>" not in text(desk, only(desk))
    assert desk.post(only(desk), data={"do": "done"}).status_code == 302
    network.text("ORANGE", "  ")
    drain()
    for address in ("/staff/messages", only(desk)):
        assert "Message vide." in text(desk, address)
    with writing(runtime.engine) as session:
        session.execute(update(InboxRow).values(words="", done_by="awa", done_at=datetime.now(UTC) - timedelta(days=31)))
    assert text(desk, "/staff/messages?settled=1").count("Les mots ne sont plus gardés.") == 2


def test_what_lies_there_is_counted_in_the_head_and_for_machines(
    texter: Texter, desk: FlaskClient, network: Network, drain: Callable[[], int]
) -> None:
    texter.texts("nous voulons parler d'eau", "j'ai peur, aidez moi")
    assert '<span class="unseen">à lire: </span>2' in text(desk, "/staff/")
    told = text(desk, "/metrics")
    assert "palabre_inbox_unread 2.0" in told
    assert "palabre_inbox_distress 1.0" in told


@pytest.mark.parametrize("place", ["/staff/messages/list", "/staff/messages/list?settled=1", "/staff/messages/alarm"])
def test_what_is_asked_for_again_and_again_costs_nothing_while_nothing_moved(
    desk: FlaskClient, texter: Texter, place: str
) -> None:
    first = desk.get(place)
    known = {"If-None-Match": first.headers["ETag"]}
    assert desk.get(place, headers=known).status_code == 304
    texter.texts("j'ai peur, aidez moi")
    assert desk.get(place, headers=known).status_code == (304 if "settled" in place else 200)


@pytest.mark.parametrize("number", ["0", "99", "x", "-1", "9" * 30])
def test_there_is_no_page_of_a_message_that_there_is_not(desk: FlaskClient, number: str) -> None:
    assert desk.get(f"/staff/messages/{number}").status_code == 404
    assert desk.post(f"/staff/messages/{number}", data={"do": "done"}).status_code == 404
    assert desk.post(f"/staff/messages/{number}", data={"do": "nothing"}).status_code == 400


def test_an_odd_place_in_the_list_is_its_beginning(desk: FlaskClient, texter: Texter) -> None:
    texter.texts("j'ai peur, aidez moi")
    for place in ("x", "-1", "99", "9" * 30):
        assert "aidez moi" in text(desk, f"/staff/messages?from={place}"), place


def test_a_page_is_shown_though_nobody_can_say_what_waits(desk: FlaskClient, runtime: Runtime) -> None:
    runtime.engine.dispose()
    with runtime.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE inbox")
    assert "Consultations" in text(desk, "/staff/")
    assert desk.get("/staff/messages").status_code == 503
