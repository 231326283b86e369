"""Secrets that the database stores sealed: encrypted with a key that is derived from the secret key of the settings.

Sealing keeps a secret from those who read the database or a backup and do not have the secret key. A value that was
sealed with the previous secret key (`SECRET_KEY_PREVIOUS`) can still be opened, and is to be sealed again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened secret. `is_current`: it was sealed with the secret key of now, not with the previous one."""

    secret: bytes
    is_current: bool


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals secrets of one purpose. Each purpose has a key of its own."""

    purpose: bytes

    def seal(self, secret: bytes, owner: bytes, keys: Sequence[str]) -> bytes:
        """The sealed secret. It can be opened only with the same `owner`, which names the row that it belongs to.

        `keys` are the accepted secret keys of the settings; the last one seals.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._key(keys[-1]).encrypt(nonce, secret, owner)

    def open(self, sealed: bytes, owner: bytes, keys: Sequence[str]) -> Opened | None:
        """The secret; None if none of the keys opens it."""
        for key in reversed(keys):
            with suppress(InvalidTag):
                secret = self._key(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner)
                return Opened(secret, key == keys[-1])
        return None

    def _key(self, secret_key: str) -> ChaCha20Poly1305:
        derived = HKDF(hashes.SHA256(), 32, salt=None, info=self.purpose)
        return ChaCha20Poly1305(derived.derive(secret_key.encode()))
