"""Pseudonyms: what stands for a number, and for a provider's session, everywhere but on the wire.

No number leaves this module but as a pseudonym; nothing here is ever logged.
"""

import hashlib
import hmac
import re
import secrets
import time
from functools import cache
from typing import Any, NamedTuple

import phonenumbers

LANES = 16
"""Redis streams of events; a phone always uses the same one. Fixed: changing it would move phones (rule 4)."""

SESSION_KEY_SECONDS = 7 * 24 * 3600
"""After this the key under which session ids entered the ledger is gone, and with it the way back (rule 5)."""

MARK_DIGITS = 2

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_SEPARATORS = re.compile(r"[\s().\-/]+")
_LIKE_A_NUMBER = re.compile(r"(?:\+|%2B|\b00)?[0-9](?:[\s().\-]?[0-9]){6,}", re.IGNORECASE)


def e164(number: str) -> str | None:
    """The number as `+22370000000`, None where no network can have given it out: it is refused before it is kept anywhere.

    A `+` that a form decoded to a space is given back; `+330612345678` and `+33612345678` are one phone.
    """
    digits = _SEPARATORS.sub("", number).removeprefix("00")
    candidate = digits if digits.startswith("+") else f"+{digits}"
    if not _E164.fullmatch(candidate):
        return None
    if (plan := _plan_of(candidate)) and plan.has_as_it_stands(candidate):
        return candidate
    try:
        parsed = phonenumbers.parse(candidate)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def without_numbers(text: str) -> str:
    """A text of somebody else's, such as a provider's reason, with `…` in place of whatever may be a number."""
    return _LIKE_A_NUMBER.sub("…", text)


def country_of(number: str) -> str:
    """The country of an E.164 number's prefix, lower-case ISO 3166 alpha-2; empty where there is none."""
    plan = _plan_of(number)
    if plan and len(plan.regions) == 1:
        return plan.regions[0].lower() if plan.regions[0].isalpha() else ""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ""
    return region.lower() if region and region.isalpha() else ""


class _Plan(NamedTuple):
    """A country code's numbering plan, from `phonenumbers`, whose `parse` alone costs a quarter of a turn."""

    code: str
    regions: tuple[str, ...]
    lengths: frozenset[int]
    prefix: re.Pattern[str] | None

    def has_as_it_stands(self, number: str) -> bool:
        """Whether `parse` would find a possible number and take nothing off it, as it does with `0` in `+330612345678`."""
        national = number[1 + len(self.code) :]
        return len(national) in self.lengths and national[0] != "0" and not (self.prefix and self.prefix.match(national))


def _plan_of(number: str) -> _Plan | None:
    """The plan of an E.164 number; country codes have one to three digits, and none begins another."""
    return _plan(number[1:4]) or _plan(number[1:3]) or _plan(number[1:2])


@cache
def _plan(code: str) -> _Plan | None:
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if code.isdecimal() else None
    if not regions:
        return None
    plan: Any = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    prefix = plan.national_prefix_for_parsing
    return _Plan(code, regions, frozenset(plan.general_desc.possible_length), re.compile(prefix) if prefix else None)


def mark_of(key: bytes) -> str:
    """The mark of a key, 2 hexadecimal digits: whatever was made under it bears it, so that one can ask what still does."""
    return hashlib.sha256(b"palabre key mark\0" + key).hexdigest()[:MARK_DIGITS]


def phone_key(number: str, key: bytes) -> str:
    """What a phone is called inside: 30 hexadecimal digits of HMAC-SHA-256 of its E.164 number, and the key's mark."""
    return hmac.digest(key, number.encode(), "sha256").hex()[: 32 - MARK_DIGITS] + mark_of(key)


def lane_of(phone: str) -> int:
    """The lane of a phone key, 0 to 15."""
    return int(phone[0], 16) % LANES


def session_tag(channel: str, session: str, key: bytes) -> str:
    """What stands for a provider's session or message id, 24 hexadecimal digits."""
    return hashlib.blake2b(f"{channel}\0{session}".encode("utf-8", "replace"), digest_size=12, key=key[:64]).hexdigest()


class SessionKey:
    """The seven-day key, shared by all processes through Redis, which forgets it by itself."""

    NAME = "palabre:session-key"
    KNOWN_SECONDS = 60
    """How long a process uses it without asking: one that was destroyed is soon used by nobody."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._key, self._until = b"", 0.0

    def current(self) -> bytes:
        """The key in force.

        Raises:
            redis.RedisError: when Redis is away and the key is not known here.
        """
        if time.monotonic() >= self._until:
            self._client.set(self.NAME, secrets.token_bytes(32), nx=True, ex=SESSION_KEY_SECONDS)
            asked = self._client.pipeline().get(self.NAME)
            asked.expire(
                self.NAME, SESSION_KEY_SECONDS, lt=True
            )  # one that was made while a clock was ahead would live for years
            key, _, left = asked.ttl(self.NAME).execute()
            self._key, self._until = key, time.monotonic() + min(left, self.KNOWN_SECONDS)
        return self._key
