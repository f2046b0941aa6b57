"""Pseudonyms: what stands for a number, and for a provider's session, everywhere but on the wire.

No number leaves this module but as a pseudonym; nothing here is ever logged.
"""

import hashlib
import hmac
import re
import secrets
import time
from typing import Any

import phonenumbers

LANES = 16
"""Redis streams of events; a phone always uses the same one. Fixed: changing it would move phones (rule 4)."""

SESSION_KEY_SECONDS = 7 * 24 * 3600
"""After this the key under which session ids entered the ledger is gone, and with it the way back (rule 5)."""

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_SEPARATORS = re.compile(r"[\s().\-/]+")


def e164(number: str) -> str | None:
    """The number as `+22370000000`, None where it is not one. A `+` that a form decoded to a space is given back."""
    if _E164.fullmatch(number):
        return number
    digits = _SEPARATORS.sub("", number).removeprefix("00")
    candidate = digits if digits.startswith("+") else f"+{digits}"
    return candidate if _E164.fullmatch(candidate) and candidate.isascii() else None


def country_of(number: str) -> str:
    """The country of an E.164 number's prefix, lower-case ISO 3166 alpha-2; empty where there is none."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ""
    return region.lower() if region and region.isalpha() else ""


def phone_key(number: str, key: bytes) -> str:
    """HMAC-SHA-256 of the E.164 number, 32 hexadecimal digits: what a phone is called inside."""
    return hmac.digest(key, number.encode(), "sha256").hex()[:32]


def lane_of(phone: str) -> int:
    """The lane of a phone key, 0 to 15."""
    return int(phone[0], 16) % LANES


def session_tag(channel: str, session: str, key: bytes) -> str:
    """What stands for a provider's session or message id, 24 hexadecimal digits."""
    return hashlib.blake2b(f"{channel}\0{session}".encode("utf-8", "replace"), digest_size=12, key=key[:64]).hexdigest()


class SessionKey:
    """The seven-day key, shared by all processes through Redis, which forgets it by itself."""

    NAME = "palabre:session-key"

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
            key, left = self._client.pipeline().get(self.NAME).ttl(self.NAME).execute()
            self._key, self._until = key, time.monotonic() + min(left, 3600)
        return self._key
