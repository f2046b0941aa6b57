"""Numbers, encrypted: sealed by the gateway, opened by the sender alone. A number is never stored or logged otherwise."""

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workers.privacy import mark_of

_NONCE_BYTES = 12


class SealedError(Exception):
    """None of our keys opens it: the key that sealed it was destroyed."""


class Vault:
    """Seals with the first key, opens with any (AES-256-GCM, NIST SP 800-38D)."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = [
            (bytes.fromhex(mark_of(key)), AESGCM(hashlib.sha256(b"palabre vault\0" + key).digest())) for key in keys
        ]

    def seal(self, number: str) -> bytes:
        """The E.164 number as the key's mark, a nonce and the ciphertext: different each time."""
        mark, cipher = self._ciphers[0]
        nonce = os.urandom(_NONCE_BYTES)
        return mark + nonce + cipher.encrypt(nonce, number.encode(), None)

    def open(self, sealed: bytes) -> str:
        """The number again. The key with its mark is tried first.

        Raises:
            SealedError: where no key fits.
        """
        mark, nonce, ciphertext = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        for _, cipher in sorted(self._ciphers, key=lambda one: one[0] != mark):
            try:
                return cipher.decrypt(nonce, ciphertext, None).decode()
            except (InvalidTag, ValueError):
                continue
        raise SealedError
