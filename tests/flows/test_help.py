"""The help: one SMS, or pages; it says what a call costs where the channel knows, and "free" only where it is."""

import pytest
from msgspec.structs import replace

from flows import gsm, texting
from flows.catalogue import Catalogue
from flows.dialog import Dialog, Person
from flows.engine import advance
from flows.scene import Turn
from tests import polls

POLL = polls.radio()
CATALOGUE = Catalogue("1", (POLL,), (POLL,))
COST = "Ce message coute 25 francs chez Orange, 20 chez Malitel."


def by_sms(word: str = "AIDE", language: str = "fr", organisation: str = "EMDK", **channel: object) -> str:
    turn = Turn(word, 1.8e9, 1, page_septets=459, by_sms=True, **channel)  # type: ignore[arg-type]
    dialog = Dialog("welcome", language, POLL.slug, POLL.version)
    told = texting.answer(dialog, Person(), replace(CATALOGUE, organisation=organisation), turn)
    assert told.reply is not None
    assert told.dialog == dialog
    return told.reply.text


def by_ussd(septets: int = 160, **channel: object) -> str:
    """Every page of the help, without the keys between them."""
    turn = Turn("4", 1.8e9, 1, page_septets=septets, **channel)  # type: ignore[arg-type]
    step = advance(Dialog("home", "fr", POLL.slug, POLL.version), Person(), CATALOGUE, turn)
    pages = [step.page.text]
    while pages[-1].endswith("9 Suite"):
        step = advance(step.dialog, step.person, CATALOGUE, replace(turn, typed="9"))
        pages.append(step.page.text)
    assert all(gsm.septets(page) <= septets for page in pages)
    return " ".join(page.rpartition("\n")[0] for page in pages)


@pytest.mark.parametrize(("word", "language"), [("AIDE", "fr"), ("HELP", "en"), ("info", "fr")])
def test_the_help_by_sms_names_the_words_and_is_one_message(word: str, language: str) -> None:
    said = by_sms(word, language, organisation="Conseil de Kayes", zero_rated=True)
    assert all(
        keyword in said for keyword in (("STOP", "LANGUE", "EFFACER") if language == "fr" else ("STOP", "LANGUAGE", "ERASE"))
    )
    assert "00" not in said
    assert gsm.segments(said).parts == 1


@pytest.mark.parametrize(
    ("zero_rated", "cost_line", "said"),
    [(False, "", ""), (True, "", " Gratuit."), (True, COST, " Gratuit."), (False, COST, f" {COST}")],
)
def test_the_help_says_free_only_where_it_is_and_else_what_it_costs(zero_rated: bool, cost_line: str, said: str) -> None:
    plain_sms, plain_pages = by_sms(), by_ussd()
    assert by_sms(zero_rated=zero_rated, cost_line=cost_line) == plain_sms + said
    assert by_ussd(zero_rated=zero_rated, cost_line=cost_line) == plain_pages + said
    assert by_ussd(septets=60, zero_rated=zero_rated, cost_line=cost_line) == plain_pages + said
    assert gsm.segments(by_sms(zero_rated=zero_rated, cost_line=cost_line)).parts == (2 if said.endswith(COST) else 1)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_help_by_ussd_is_one_page_that_says_where_zero_goes_back(language: str) -> None:
    turn = Turn("4", 1.8e9, 1, zero_rated=True)
    page = advance(Dialog("home", language, POLL.slug, POLL.version), Person(), CATALOGUE, turn).page.text
    assert page.endswith("\n0 Retour" if language == "fr" else "\n0 Back")
    assert ("Listes: 9 suite, 0 retour" if language == "fr" else "Lists: 9 next, 0 back") in page


def test_home_by_sms_has_the_help_of_sms() -> None:
    turn = Turn("4", 1.8e9, 1, page_septets=459, by_sms=True)
    told = texting.answer(Dialog("home", "fr", POLL.slug, POLL.version), Person(), CATALOGUE, turn)
    assert told.reply is not None
    assert told.reply.text == by_sms()
