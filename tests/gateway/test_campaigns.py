"""Campaigns as staff write them: measured as they type, approved by somebody else, queued once, held and watched."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from msgspec.structs import replace
from sqlalchemy import select, update

from flows.events import Agreed, Answered, Consented, Event, Finished, Inferred
from gateway.commands import palabre
from gateway.runtime import Runtime
from tests import polls
from tests.desk import signed_in
from tests.records import Act, as_records, feed, in_lanes
from workers import publication
from workers.database.models import Contact, Message, Spending, Staff
from workers.database.session import reading, writing
from workers.messages import starting
from workers.messages.claiming import QUIET
from workers.privacy import phone_key

Crowd = Callable[[], None]
Desk = Callable[[str], FlaskClient]
SOON = datetime.now(UTC) + timedelta(days=7)
PAGE = "/staff/campaigns/1"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough here: audiences are asked on both in tests/workers/messages/test_audience.py."""
    return sqlite_url


@pytest.fixture
def desk(runtime: Runtime) -> Desk:
    """A browser of awa, who moderates, of moussa, who administers, or of fanta, who reads figures."""
    runtime.settings = replace(runtime.settings, training_phones=("+22370000099",))
    with writing(runtime.engine) as session:
        for name, role in (("awa", "moderator"), ("moussa", "admin"), ("fanta", "analyst")):
            session.add(Staff(name=name, role=role, password=""))
    crowd(runtime)
    return lambda name: signed_in(runtime, name)


def crowd(runtime: Runtime) -> None:
    """Twelve phones: all said yes to messages but one; by turns in Kayes and Kita; three stopped half-way, three answered."""
    acts: list[Act] = []
    for one in range(12):
        who = phone_key(f"+22370{one:06d}", b"a key of the tests")
        said: list[Event] = [Consented("demo", "1", "fr"), Inferred("cercle", ("kayes", "kita")[one % 2])]
        said += [Answered("demo", "1", "priorite", "terre")] if one < 6 else []
        said += [Finished("demo", "1", f"C{one}")] if one < 3 else []
        acts += [Act((who, 1), event, "demo") for event in said]
        acts += [Act((who, 0), Agreed("fr", b"sealed"), "demo")] if one < 11 else []
    feed(runtime.engine, in_lanes(as_records(acts)))


def written(**more: object) -> dict[str, object]:
    """The form, as somebody fills it in."""
    start = datetime.now(UTC) - timedelta(minutes=1)
    whole = {
        "name": "Le retour",
        "poll": "demo",
        "text_fr": "Votre avis sur le retour: {code}",
        "starts_at": f"{start:%Y-%m-%dT%H:%M}",
    }
    return {**whole, "hours": "4", "seed": "1", "do": "keep", **more}


def says(answer: object) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True)).replace("&#39;", "'")  # type: ignore[attr-defined]


def approve(browser: FlaskClient) -> str:
    digest = browser.get(PAGE).get_data(as_text=True).partition('name="digest" value="')[2].partition('"')[0]
    return says(browser.post(PAGE, data={"do": "approve", "digest": digest}, follow_redirects=True))


def queued(runtime: Runtime) -> list[Message]:
    """Starts what is due, and gives what stands in the outbox."""
    starting.start_due(runtime.engine, runtime.redis, runtime.settings.channels)
    with reading(runtime.engine) as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def test_the_composer_says_what_a_letter_costs_and_folds_it(desk: Desk) -> None:
    awa, text = desk("awa"), f"Façade {'x' * 100} {{code}}"
    measured = says(awa.post("/staff/campaigns/measure", data=written(text_fr=text)))
    assert "<span data-parts>2</span> SMS" in measured
    assert "ç → c" in measured
    assert "*384*36*1#" in measured
    assert "STOP=fin" in measured
    assert "<strong data-people>11</strong>" in measured
    folded = says(awa.post("/staff/campaigns/new", data=written(text_fr=text, do="fold:fr")))
    assert "Facade" in folded
    assert "<span data-parts>1</span> SMS" in folded
    narrowed = written(in_cercle=["kayes"], state="answered", asked="demo", starts_at=f"{SOON:%Y-%m-%d}T20:00")
    few = says(awa.post("/staff/campaigns/measure", data=narrowed))
    assert "<strong data-people>2</strong>" in few
    assert "à 21:00 UTC et le" in few
    assert "à 08:00 UTC attend le matin" in few
    assert "moins d'un an" in says(awa.post("/staff/campaigns/measure", data=written(starts_at="9999-12-31T23:59")))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"text_fr": "Votre avis: {cod}"}, "{cod} n'est pas connu"),
        ({"poll": ""}, "choisissez la consultation"),
        ({"text_fr": "x" * 999}, "trop long"),
        ({"hours": "337"}, "de 1 à 336"),
        ({"starts_at": "demain"}, "un jour et une heure"),
        ({"starts_at": "9999-12-31T23:59"}, "moins d'un an"),
        ({"quotas": "kayes:50", "by": "cercle"}, "kayes=50"),
        ({"sample": "²"}, "pas un nombre"),
        ({"state": "halfway", "asked": "discret"}, "discrète"),
        ({"state": "halfway"}, "Choisissez la consultation"),
    ],
)
def test_what_cannot_go_out_is_not_kept_and_the_page_says_why(
    runtime: Runtime, desk: Desk, more: dict[str, str], reason: str
) -> None:
    with writing(runtime.engine) as session:
        publication.publish(session, polls.discreet())
    awa = desk("awa")
    assert reason in says(awa.post("/staff/campaigns/new", data=written(**more), follow_redirects=True))
    assert [awa.get(page).status_code for page in (PAGE, f"{PAGE}/edit", f"{PAGE}/progress")] == [404] * 3


def test_a_second_person_approves_exactly_what_they_read(runtime: Runtime, desk: Desk) -> None:
    awa, moussa, fanta = desk("awa"), signed_in(runtime, "moussa"), signed_in(runtime, "fanta")
    awa.post("/staff/campaigns/new", data=written())
    read = says(moussa.get(PAGE))
    assert "11</strong> téléphones" in read
    assert "Votre avis sur le retour: *384*36*1# STOP=fin" in read
    before = moussa.get(PAGE).get_data(as_text=True).partition('name="digest" value="')[2][:64]
    for browser, reason in ((awa, "quelqu'un d'autre"), (fanta, "Seuls un administrateur")):
        form = {"do": "approve", "digest": before}
        assert reason in says(browser.post(PAGE, data=form, follow_redirects=True))
    awa.post(f"{PAGE}/edit", data=written(name="Un autre"))
    assert "relisez" in says(moussa.post(PAGE, data={"do": "approve", "digest": before}, follow_redirects=True))
    assert queued(runtime) == []
    assert "approuvée par moussa" in approve(moussa)
    assert len(queued(runtime)) == 11
    assert len(queued(runtime)) == 11, "started again"


def test_a_draft_is_changed_by_those_who_write_until_it_is_approved(runtime: Runtime, desk: Desk) -> None:
    awa, moussa, fanta = desk("awa"), signed_in(runtime, "moussa"), signed_in(runtime, "fanta")
    awa.post("/staff/campaigns/new", data=written())
    assert "Votre avis sur le retour: {code}" in says(awa.get(f"{PAGE}/edit"))
    awa.post(f"{PAGE}/edit", data=written(channels=["demo"], in_cercle=["kayes"]))
    assert says(awa.get(f"{PAGE}/edit")).count(" checked") == 1
    for path in ("/staff/campaigns/new", f"{PAGE}/edit"):
        assert "Seuls un administrateur" in says(fanta.get(path, follow_redirects=True))
    for path in ("/staff/campaigns", "/staff/polls/demo", PAGE):
        links = re.compile("Écrire une|Inviter|Relancer|Changer")
        assert (bool(links.search(says(awa.get(path)))), bool(links.search(says(fanta.get(path))))) == (True, False)
    approve(moussa)
    assert "ne se peut plus" in says(awa.get(f"{PAGE}/edit", follow_redirects=True))
    late = says(awa.post(f"{PAGE}/edit", data=written(text_fr="Typed meanwhile")))
    assert "ne se peut plus" in late
    assert "Typed meanwhile" in late


def test_one_cercle_can_be_held_and_all_of_it(runtime: Runtime, desk: Desk) -> None:
    awa, moussa = desk("awa"), signed_in(runtime, "moussa")
    awa.post("/staff/campaigns/new", data=written())
    approve(moussa)
    listed = says(awa.get(PAGE)).partition("Un cercle seul")[2]
    assert re.findall('<option value="(.*?)">', listed) == ["", "kayes", "kita"]
    for nowhere in ("nioro", ""):
        told = says(awa.post(PAGE, data={"do": "pause", "cercle": nowhere}, follow_redirects=True))
        assert "où vont des messages de cette campagne: Kayes, Kita." in told
    assert not any(one.held for one in queued(runtime))
    awa.post(PAGE, data={"do": "pause", "cercle": "kita"})
    assert {one.place for one in queued(runtime) if one.held} == {"kita"}
    awa.post(PAGE, data={"do": "pause"})
    assert all(one.held for one in queued(runtime))
    with writing(runtime.engine) as session:
        session.execute(update(Message).values(due_at=datetime.now(UTC) - timedelta(hours=9)))
    assert "Tout reprendre, sauf Kita" in says(awa.get(PAGE))
    awa.post(PAGE, data={"do": "resume"})
    assert {one.place for one in queued(runtime) if one.held} == {"kita"}
    assert "cercles sont en pause (Kita)" in says(awa.post(PAGE, data={"do": "resume"}, follow_redirects=True))
    awa.post(PAGE, data={"do": "resume", "cercle": "kita"})
    assert not any(one.held for one in queued(runtime))
    due = [one.due_at.replace(tzinfo=UTC) for one in queued(runtime)]
    assert min(due) > datetime.now(UTC) - timedelta(minutes=1)
    assert len(set(due)) == len(due), "spread anew"
    assert "ne se peut plus" in says(awa.post(PAGE, data={"do": "resume"}, follow_redirects=True))
    awa.post(PAGE, data={"do": "cancel"})
    assert {one.state for one in queued(runtime)} == {"cancelled"}
    assert 'data-label="Annulés">5<' in says(awa.get(PAGE))


def test_its_page_moves_while_it_goes_and_only_then(runtime: Runtime, desk: Desk) -> None:
    awa, moussa = desk("awa"), signed_in(runtime, "moussa")
    awa.post("/staff/campaigns/new", data=written())
    approve(moussa)
    first, *_ = queued(runtime)
    stamp = awa.get(f"{PAGE}/progress").headers["ETag"]
    assert awa.get(f"{PAGE}/progress", headers={"If-None-Match": stamp}).status_code == 304
    with writing(runtime.engine) as session:
        session.execute(update(Message).values(due_at=(now := datetime.now(UTC))))
        session.execute(update(Message).where(Message.id == first.id).values(why=QUIET, due_at=now + timedelta(hours=1)))
    (channel,) = runtime.settings.channels
    runtime.settings = replace(runtime.settings, channels=(replace(channel, daily_parts=1),))
    spent = awa.get(f"{PAGE}/progress", headers={"If-None-Match": stamp})
    assert "Le budget du jour est dépensé (demo)" in says(spent)
    assert "1 attend le matin" in says(spent)
    stamp = spent.headers["ETag"]
    with writing(runtime.engine) as session:
        failed = {"state": "failed", "why": "UserInBlackList", "moved_at": datetime.now(UTC)}
        session.execute(update(Message).where(Message.id == first.id).values(**failed))
        session.execute(update(Contact).where(Contact.id == first.contact).values(failures=3))
    moved = says(awa.get(f"{PAGE}/progress", headers={"If-None-Match": stamp}))
    assert 'data-state="failed">1<' in moved
    assert "UserInBlackList" in moved
    assert "1 numéro mis de côté" in moved
    with writing(runtime.engine) as session:
        session.execute(update(Message).values(state="delivered"))
    queued(runtime)
    assert "Terminée." in says(awa.get(PAGE))


def test_a_poll_reminds_those_who_stopped_half_way_once(runtime: Runtime, desk: Desk) -> None:
    awa, moussa = desk("awa"), signed_in(runtime, "moussa")
    for _ in range(2):
        awa.post("/staff/polls/demo/remind")
    for page in (PAGE, "/staff/campaigns/2"):
        shown = moussa.get(page).get_data(as_text=True)
        assert "*384*36*1#" in shown, "to nobody too"
        digest = shown.partition('name="digest" value="')[2][:64]
        moussa.post(page, data={"do": "approve", "digest": digest})
        reminders = queued(runtime)
    assert len(reminders) == 3
    assert all("on peut encore répondre" in one.text and "*384*36*1#" in one.text for one in reminders)


def test_a_trial_goes_to_our_own_phone_whose_number_stands_on_no_page(runtime: Runtime, desk: Desk) -> None:
    awa = desk("awa")
    awa.post("/staff/campaigns/new", data=written())
    shown = says(awa.post(PAGE, data={"do": "try", "phone": "0", "channel": "demo"}, follow_redirects=True))
    assert "part vers notre téléphone" in shown
    assert "70000099" not in shown
    (trial,) = queued(runtime)
    with reading(runtime.engine) as session:
        sealed = session.scalar(select(Contact.sealed).where(Contact.id == trial.contact))
    assert sealed
    assert runtime.vault.open(sealed) == "+22370000099"
    assert (trial.kind, trial.priority) == ("test", 0)


def test_a_shell_does_the_same_and_needs_two_names_too(
    runtime: Runtime, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert desk
    channel = 'name = "demo"\nprovider = "africastalking"\ntoken = "demo"\nservice_codes = ["*384*36#"]\npart_cost = "25 FCFA"\ndaily_parts = 9\n'
    (tmp_path / "palabre.toml").write_text(f'training_phones = ["+22370000099"]\n[[channels]]\n{channel}')
    monkeypatch.setenv("PALABRE_CONFIG", str(tmp_path / "palabre.toml"))
    monkeypatch.setenv("PALABRE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PALABRE_DATABASE_URL", runtime.settings.database_url)

    def campaign(*words: str, of: str = "campaign") -> Result:
        return CliRunner().invoke(palabre, [of, *words])

    draft = ("write", "Retour", "--poll", "demo", "--text", "fr=Votre avis: {code}")
    assert campaign(*draft, "--in", "cercle=kita", "--quotas", "cercle:kita=4", "--as", "awa").exit_code == 0
    assert campaign(*draft, "--as", "fanta").output == "palabre: 'fanta' is no admin or moderator\n"
    shown = campaign("show", "1").output
    assert "4 phones, 4 parts, 100 FCFA" in shown
    assert "Votre avis: *384*36*1# STOP=fin" in shown
    assert "a second person" in campaign("approve", "1", "--as", "awa").output
    assert campaign("approve", "1", "--as", "moussa").exit_code == 0
    assert len(queued(runtime)) == 4
    with writing(runtime.engine) as session:
        today = (now := datetime.now(UTC)).date().isoformat()
        session.add(Spending(channel="demo", day=today, kind="campaign", parts=8))
        session.execute(update(Message).values(due_at=now))
        session.execute(update(Message).where(Message.id == 1).values(why=QUIET, due_at=now + timedelta(hours=1)))
    assert "1  of them wait for the morning, the first until" in campaign("show", "1").output
    for said in (campaign("show", "1"), campaign(of="outbox")):
        assert "channel 'demo' has spent today's budget for campaigns: they go on at " in said.output
    nowhere = campaign("pause", "1", "--cercle", "zzz")
    assert (nowhere.exit_code, nowhere.output[-18:]) == (2, "; there are: kita\n")
    assert campaign("pause", "1", "--cercle", "").exit_code == 2
    assert "1 is running, held for kita" in campaign("pause", "1", "--cercle", "kita").output
    assert "4  of them held" in campaign("show", "1").output
    assert (campaign("resume", "1").exit_code, campaign("resume", "1").output[-6:]) == (2, " kita\n")
    assert campaign("resume", "1", "--cercle", "kita").output == "campaign 1 is running\n"
    assert campaign("try", "1", "--to", "+22370000099").exit_code == 0
    assert campaign("try", "1", "--to", "+22370000098").exit_code == 2
    assert "4 messages will not be sent" in campaign("cancel", "1").output
    assert (campaign("cancel", "1").exit_code, campaign("cancel", "9").exit_code) == (1, 2)
    assert "campaign 2 is a draft" in campaign("remind", "demo").output
    campaign(*draft, "--starts", f"{SOON:%Y-%m-%d}T22:00:00", "--as", "awa")
    morning = SOON + timedelta(days=1)
    assert f"between {SOON:%Y-%m-%d} 22:00 UTC and {morning:%Y-%m-%d} 08:00 UTC waits" in campaign("show", "3").output
    assert "1\tcancelled" in campaign("list").output
