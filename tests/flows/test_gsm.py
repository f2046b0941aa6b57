"""What a phone is sent: always in its alphabet, counted as the networks count."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import gsm
from flows.gsm import Segments

# 3GPP TS 23.038, 6.2.1, written here again from the standard, eight rows of sixteen; \x1b is the escape to the
# extension table, which is no character.
STANDARD = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
COSTS = dict.fromkeys(STANDARD.replace("\x1b", ""), 1) | dict.fromkeys("\f^{}\\[~]|€", 2)
EVERY_CHARACTER = list(map(chr, range(0x110000)))

gsm_texts = st.text(st.sampled_from(sorted(COSTS)))


def test_the_alphabet_is_the_standards():
    assert len(STANDARD) == 128
    assert {c for c in EVERY_CHARACTER if gsm.is_gsm(c)} == set(COSTS)
    assert {c: gsm.septets(c) for c in COSTS} == COSTS


def test_every_character_of_unicode_folds_into_the_alphabet():
    for character in EVERY_CHARACTER:
        assert COSTS.keys() >= set(gsm.fold(character)), hex(ord(character))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("à ä é è ù ì ò ö ü Ç É Æ Ø Å ß ñ", "à ä é è ù ì ò ö ü Ç É Æ Ø Å ß ñ"),  # the phone has these
        ("ç ê â î ô û ë ï œ À È Ê Â Œ", "c e a i o u e i oe A E E A OE"),
        ("l’école ‘a’ « oui » “non” … – —", 'l\'école \'a\' "oui" "non" ... - -'),
        ("«\u202fAucune\u00a0»: «non»", '"Aucune": "non"'),  # French puts spaces inside, thin ones too
        ("ɛ ɔ ɲ ŋ ɓ ɗ ƴ", "è ò ny ng b d y"),
        ("Ɛ Ɔ Ɲ Ŋ Ɓ Ɗ Ƴ", "E O Ny Ng B D Y"),  # no È nor Ò on the phone
        ("ɛ̀ ɔ́", "è ò"),  # a tone mark has no letter to join: it goes
        (unicodedata.normalize("NFD", "é à ç"), "é à c"),  # decomposed, as a Mac types it
        ("5 000\u00a0F\u202fCFA\tici", "5 000 F CFA ici"),
        ("5 € [a] {b} ~", "5 € [a] {b} ~"),  # dear, but the phone has them
        ("un\r\ndeux\rtrois\u2028quatre", "un\ndeux\ntrois\nquatre"),
        ("n° 5, 1½, m²", "no 5, 11/2, m2"),
        ("écrivain·e", "écrivain.e"),
        ("a\u00adb\u200bc\ufeff", "abc"),  # soft hyphen, zero-width space, byte order mark: nobody sees them
        ("`", "'"),  # ASCII, and yet not on the phone
        ("مرحبا", "?????"),
        ("👍🏾", "??"),
        ("\ud83d \0 \x1b", "? ? ?"),  # half a pair, NUL, and the escape itself
        ("ﷺ", "?"),  # one character that decomposes into eighteen
    ],
)
def test_folding_shows_the_nearest_text(text, shown):
    assert gsm.fold(text) == shown


@given(st.text())
def test_folding_gives_gsm_and_folding_twice_changes_nothing(text):
    once = gsm.fold(text)
    assert gsm.is_gsm(once)
    assert gsm.fold(once) == once


@given(st.text(st.sampled_from(sorted(COSTS.keys() - {"\r", "\f"}))))
def test_folding_keeps_what_the_phone_has(text):
    assert gsm.fold(text) == text


@pytest.mark.parametrize("text", ["é" * 100_000, "\u0301\u0323" * 50_000, "\ud800" * 100_000, "\0" * 100_000])
def test_a_huge_text_is_cut_and_not_refused(text):
    assert len(gsm.fold(text)) <= gsm.LONGEST_FOLDED
    assert gsm.segments(text).parts > 1


@given(gsm_texts, gsm_texts)
def test_septets_add_up(a, b):
    assert gsm.septets(a + b) == gsm.septets(a) + gsm.septets(b)
    assert gsm.septets(a) == sum(COSTS[c] for c in a)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", Segments("gsm7", 0, 1)),
        ("a" * 160, Segments("gsm7", 160, 1)),
        ("a" * 161, Segments("gsm7", 161, 2)),
        ("a" * 306, Segments("gsm7", 306, 2)),
        ("a" * 307, Segments("gsm7", 307, 3)),
        ("€" * 80, Segments("gsm7", 160, 1)),
        ("€" * 153, Segments("gsm7", 306, 3)),  # 76 pairs fit in 153 septets, and one septet stays empty
        ("a" * 152 + "€" + "a" * 152, Segments("gsm7", 306, 3)),  # the pair moves to the second part whole
        ("ê" * 70, Segments("ucs2", 70, 1)),
        ("ê" * 71, Segments("ucs2", 71, 2)),
        ("ê" * 134, Segments("ucs2", 134, 2)),
        ("ê" * 135, Segments("ucs2", 135, 3)),
        ("ê" * 66 + "👍" + "ê" * 66, Segments("ucs2", 134, 3)),  # neither is a surrogate pair split
    ],
)
def test_an_sms_is_cut_into_parts_as_networks_cut_it(text, segments):
    assert gsm.segments(text) == segments


@given(st.text())
def test_any_text_can_be_sent_in_some_parts(text):
    found = gsm.segments(text)
    assert found.encoding == ("gsm7" if gsm.is_gsm(text) else "ucs2")
    assert found.units >= len(text)
    assert found.parts >= 1
