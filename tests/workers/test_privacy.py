"""Numbers and what stands for them."""

from typing import Any

import phonenumbers
import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from workers.keys.vault import SealedError, Vault
from workers.privacy import LANES, SessionKey, country_of, e164, lane_of, mark_of, phone_key, session_tag, without_numbers

NUMBER = "+22370000000"


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("+22370000000", NUMBER),
        (" 22370000000", NUMBER),  # a `+` that a form decoded to a space
        ("22370000000", NUMBER),
        ("0022370000000", NUMBER),
        ("+223 70 00 00 00", NUMBER),
        ("+223-70.00/00 (00)", NUMBER),
        ("+223\u00a070\u202f00 00 00", NUMBER),  # the spaces of French typography
        ("+33612345678", "+33612345678"),
        ("+330612345678", "+33612345678"),  # with the 0 that is dialled at home: the same phone
        ("+390612345678", "+390612345678"),  # in Italy it belongs to the number
        ("+491512345678901", "+491512345678901"),  # the longest: fifteen digits
        ("+2900000", None),  # shorter than any phone that we could call
        ("+2237042918", None),  # a digit too few for Mali
        ("+223704291840", None),
        ("+12345678", None),  # reached from within its town only
        ("+99912345678", None),  # no country
        ("+1234567890123456", None),
        ("+1234567", None),
        ("+02370000000", None),  # no country begins with 0
        ("ORANGE", None),  # an alphanumeric sender
        ("36036", None),  # a short code
        ("+٢٢٣٧٠٠٠٠٠٠٠", None),  # Arabic digits: not what a network sends, and another key
        ("٢٢٣٧٠٠٠٠٠٠٠", None),
        ("++22370000000", None),
        ("+22370000000\n", NUMBER),
        ("+22370000000+", None),
        ("", None),
        ("+", None),
        ("00", None),
        ("tel:+22370000000", None),
        ("+1800FLOWERS", None),  # letters are digits to `phonenumbers`, and a sender's name to us
        ("+22370000000;ext=5", None),
    ],
)
def test_a_number_is_read_as_e164_or_not_at_all(given: str, number: str | None) -> None:
    assert e164(given) == number


@pytest.mark.parametrize(
    ("number", "country"),
    [
        (NUMBER, "ml"),
        ("+33612345678", "fr"),
        ("+34612345678", "es"),
        ("+22507070707", "ci"),  # too short since 2021, but nobody else's
        ("+2250707070707", "ci"),
        ("+22222123456", "mr"),
        ("+80012345678", ""),  # international freephone belongs to no country
        ("+99912345678", ""),
        ("nonsense", ""),
    ],
)
def test_a_country_is_read_from_the_prefix(number: str, country: str) -> None:
    assert country_of(number) == country


CODES = st.sampled_from(["223", "33", "34", "225", "39", "1", "7", "44", "800", "999", "590", "55", "54", "52"])


@given(CODES, st.text("0123456789", min_size=5, max_size=12))
def test_a_number_is_read_as_its_library_reads_it(code: str, national: str) -> None:
    number = f"+{code}{national}"
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        parsed = None
    possible = parsed and phonenumbers.is_possible_number_with_reason(parsed) == phonenumbers.ValidationResult.IS_POSSIBLE
    fits = possible and 8 <= len(number) - 1 <= 15
    expected = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if fits else None
    assert e164(number) == expected
    if expected:
        region = phonenumbers.region_code_for_number(parsed) or ""
        assert country_of(expected) == (region.lower() if region.isalpha() else "")


def test_a_phone_key_is_the_same_under_one_key_and_another_under_another() -> None:
    assert phone_key(NUMBER, b"one") == phone_key(NUMBER, b"one")
    assert len({phone_key(NUMBER, b"one"), phone_key(NUMBER, b"two"), phone_key("+22370000001", b"one")}) == 3
    assert len(phone_key(NUMBER, b"one")) == 32
    assert "7000" not in phone_key(NUMBER, b"one")


def test_whatever_was_made_under_a_key_bears_its_mark() -> None:
    for key in (b"one", b"two"):
        assert phone_key(NUMBER, key).endswith(mark_of(key))
        assert Vault([key]).seal(NUMBER)[:1].hex() == mark_of(key)
    assert mark_of(b"one") != mark_of(b"two")
    assert len(mark_of(b"one")) == 2


def test_a_sealed_number_is_opened_by_any_key_of_the_list_and_by_no_other() -> None:
    sealed = Vault([b"one"]).seal(NUMBER)
    assert Vault([b"two", b"one"]).open(sealed) == NUMBER
    assert Vault([b"one"]).open(b"\0" + sealed[1:]) == NUMBER  # the mark only says which to try first
    for odd in (sealed[:-1], sealed[:-1] + b"\0", sealed[:5], b"", b"\0" * 64):
        with pytest.raises(SealedError):
            Vault([b"one"]).open(odd)
    with pytest.raises(SealedError):
        Vault([b"two"]).open(sealed)


def test_the_same_number_is_sealed_differently_each_time() -> None:
    vault = Vault([b"one"])
    assert len({vault.seal(NUMBER) for _ in range(20)}) == 20
    assert all(NUMBER.encode()[1:] not in vault.seal(NUMBER) for _ in range(20))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Invalid number +22370429184", "Invalid number …"),
        ("to=%2B22370429184 failed", "to=… failed"),
        ("22370429184: 0022370429184, +223 70 42 91 84", "…: …, …"),
        ("+33 6 98 42 91 84", "…"),
        ("status 402", "status 402"),
        ("Sent to 0/1 Total Cost: XOF 0", "Sent to 0/1 Total Cost: XOF 0"),
        ("", ""),
    ],
)
def test_what_others_say_is_kept_without_numbers(said: str, kept: str) -> None:
    assert without_numbers(said) == kept


def test_phones_use_all_lanes_and_each_always_the_same() -> None:
    phones = [phone_key(f"+2237{n:07d}", b"a key") for n in range(400)]
    assert {lane_of(phone) for phone in phones} == set(range(LANES))
    assert [lane_of(phone) for phone in phones] == [lane_of(phone) for phone in phones]


def test_a_session_s_tag_tells_channels_sessions_and_keys_apart() -> None:
    tags = [
        session_tag("demo", "s", b"key"),
        session_tag("demo", "t", b"key"),
        session_tag("dem", "os", b"key"),
        session_tag("demo", "s", b"other"),
        session_tag("demo", "s\ud800", b"key"),  # what no encoding knows must not fail
    ]
    assert len(set(tags)) == len(tags)
    assert {len(tag) for tag in tags} == {24}


def test_all_processes_share_the_session_key_and_redis_forgets_it_after_seven_days(redis_url: str) -> None:
    client: Any = redis.Redis.from_url(redis_url)
    first, second = SessionKey(client), SessionKey(client)
    assert first.current() == second.current() == first.current()
    assert len(first.current()) == 32
    assert 0 < client.ttl(SessionKey.NAME) <= 7 * 24 * 3600
    client.delete(SessionKey.NAME)
    assert SessionKey(client).current() != first.current()


def test_a_session_key_that_was_made_under_a_clock_ahead_does_not_outlive_its_week(redis_url: str) -> None:
    client: Any = redis.Redis.from_url(redis_url)
    first = SessionKey(client).current()
    client.expire(SessionKey.NAME, 10 * 365 * 24 * 3600)
    assert SessionKey(client).current() == first
    assert 0 < client.ttl(SessionKey.NAME) <= 7 * 24 * 3600
