"""What an invitation says on each channel, and what it costs."""

from decimal import Decimal

import pytest

from flows.phrases import BUILT_IN
from flows.poll import Poll
from workers.channels.base import Channel, price
from workers.messages import wording

KAYES = Channel(name="kayes", provider="http", token="a", service_codes=("*384*36#",), short_code="36036", part_cost="25 FCFA")
PARIS = Channel(name="paris", provider="http", token="b", short_code="36036", part_cost="0,05 EUR")
WELL = Poll("puits", {"fr": "Le puits"}, (), ("fr",), dial="3", keyword="PUITS")


@pytest.mark.parametrize(
    ("written", "on_kayes", "on_paris"),
    [
        ("Faites {code}", "Faites *384*36*3#", "Faites PUITS"),
        ("Faites {ways}", "Faites *384*36*3# / SMS PUITS", "Faites SMS PUITS"),
        ("Envoyez {keyword}", "Envoyez PUITS", "Envoyez PUITS"),
        ("Cafe\u0301 {} €", "Caf\u00e9 {} €", "Caf\u00e9 {} €"),
    ],
)
def test_each_channel_says_how_to_answer_there(written: str, on_kayes: str, on_paris: str) -> None:
    said = [wording.said({"fr": written}, "snk", channel, WELL) for channel in (KAYES, PARIS)]
    assert said == [on_kayes, on_paris]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"fr": " Venez.\r\n", "en": "Come."}, {"fr": "Venez. STOP=fin", "en": "Come. STOP=end"}),
        ({"fr": "Venez. Pour finir: stop", "en": " "}, {"fr": "Venez. Pour finir: stop"}),
        ({"fr": "Sans stopper"}, {"fr": "Sans stopper STOP=fin"}),
    ],
)
def test_every_text_says_how_to_stop(written: dict[str, str], kept: dict[str, str]) -> None:
    assert wording.complete(written, BUILT_IN) == kept


def test_the_letters_that_make_a_text_dearer_are_named() -> None:
    one = wording.measure("ê€" + "x" * 69)
    assert (one.encoding, one.parts, one.folded_parts, one.is_dearer) == ("ucs2", 2, 1, True)
    assert one.letters == (("ê", "e"),)
    assert one.double == ("€",)


def test_the_bill_adds_up_what_each_channel_says_of_each_part() -> None:
    texts = {"fr": "x" * 161, "en": "x"}
    people = {("kayes", "fr"): 10, ("kayes", "en"): 5, ("paris", "fr"): 3}
    bill = wording.bill(people, texts, None, [KAYES, PARIS])
    assert (bill.people, bill.parts, bill.unpriced) == (18, 31, 0)
    assert bill.costs == ((Decimal("0.30"), "EUR"), (Decimal(625), "FCFA"))


def test_a_price_is_a_number_and_a_currency() -> None:
    assert price("0.05 €") == (Decimal("0.05"), "€")
    with pytest.raises(ValueError, match="part_cost"):
        price("cher")
