"""The secrets of webhooks and the signatures by them, as Standard Webhooks defines them (standardwebhooks.com).

A secret signs each POST, so it is stored sealed and not as a hash: with a copy of the database and the secret key of
the settings somebody could sign in our name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence

from app.core.config import settings
from app.core.sealing import Opened, Sealer

PREFIX = "whsec_"
_SECRET_BYTES = 32
_SEALER = Sealer(b"bilheteria webhook secrets")


def make_secret() -> bytes:
    return secrets.token_bytes(_SECRET_BYTES)


def as_text(secret: bytes) -> str:
    """The secret as the partner gets it: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secret).decode()


def seal(secret: bytes, webhook_id: uuid.UUID) -> bytes:
    return _SEALER.seal(secret, webhook_id.bytes, settings().web.accepted_keys)


def open_sealed(sealed: bytes, webhook_id: uuid.UUID) -> Opened | None:
    """The secret; None if it was sealed with a secret key that the settings no longer have."""
    return _SEALER.open(sealed, webhook_id.bytes, settings().web.accepted_keys)


def headers(event_id: str, timestamp: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The three headers that a receiver checks. `timestamp` is in seconds since 1970, each secret adds a signature."""
    signed = b"%s.%d.%s" % (event_id.encode(), timestamp, body)
    signatures = [
        base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets
    ]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
