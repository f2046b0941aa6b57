"""Numbers, encrypted: sealed by the gateway, opened by the sender alone. A number is never stored or logged otherwise."""

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class SealedError(Exception):
    """None of our keys opens it: the key that sealed it was destroyed."""


class Vault:
    """Seals with the newest key, opens with any (AES-256-GCM, NIST SP 800-38D)."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._ciphers = [AESGCM(hashlib.sha256(b"palabre vault\0" + key.encode()).digest()) for key in keys]

    def seal(self, number: str) -> bytes:
        """The E.164 number as nonce and ciphertext, different each time."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, number.encode(), None)

    def open(self, sealed: bytes) -> str:
        """The number again.

        Raises:
            SealedError: where no key fits.
        """
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()
            except InvalidTag:
                continue
        raise SealedError
