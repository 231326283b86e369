"""The text of a ticket's QR code: compact and signed, without personal data.

    BIL1 | base32( kid 2 | ticket 16 | screening 4 | seat 4 | proof 1 | revision 1 | Ed25519 signature 64 bytes )

It has capitals and digits only, so the QR code uses its dense alphanumeric mode (41 modules at level M). A scanner with
another keyboard layout changes some characters (`scanner_input.py`). The signature covers the prefix too.
"""

from __future__ import annotations

import base64
import struct
import uuid
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PREFIX = "BIL1"
_PAYLOAD = struct.Struct(">H16sIIBB")
_SIGNATURE_BYTES = 64
_TOTAL_BYTES = _PAYLOAD.size + _SIGNATURE_BYTES
_BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
LENGTH = len(PREFIX) + -(-_TOTAL_BYTES * 8 // 5)


class IncompleteCode(ValueError):
    """The text has our prefix, but another length or other characters: a bad scan or torn paper."""


class ForeignCode(ValueError):
    """The text is not from a QR code of ours: another company's code, an address, typed text."""


@dataclass(frozen=True, slots=True)
class Payload:
    """`proof` is a number of core.half_price, 0 for none; `revision` rises when a ticket's QR is replaced."""

    kid: int
    ticket_id: uuid.UUID
    screening_id: int
    seat_id: int
    proof: int
    revision: int


def has_prefix(text: str) -> bool:
    return text.startswith(PREFIX)


def is_fragment(text: str) -> bool:
    """Whether the text has our prefix and, after it, only characters of our QR codes (base32)."""
    return has_prefix(text) and _BASE32.issuperset(text[len(PREFIX) :])


def sign(payload: Payload, key: Ed25519PrivateKey) -> str:
    """The QR code's text: prefix, payload and signature."""
    packed = _PAYLOAD.pack(
        payload.kid,
        payload.ticket_id.bytes,
        payload.screening_id,
        payload.seat_id,
        payload.proof,
        payload.revision,
    )
    signature = key.sign(PREFIX.encode() + packed)
    return PREFIX + base64.b32encode(packed + signature).decode().rstrip("=")


def decode(text: str) -> tuple[Payload, bytes]:
    """The payload and its signature, not yet verified. Raises ForeignCode or IncompleteCode."""
    if not has_prefix(text):
        raise ForeignCode
    if len(text) != LENGTH:
        raise IncompleteCode
    body = text[len(PREFIX) :]
    try:
        packed = base64.b32decode(body + "=" * (-len(body) % 8))
    except ValueError:
        raise IncompleteCode from None
    kid, ticket, screening, seat, proof, revision = _PAYLOAD.unpack(packed[: _PAYLOAD.size])
    payload = Payload(kid, uuid.UUID(bytes=ticket), screening, seat, proof, revision)
    return payload, packed[_PAYLOAD.size :]


def verify(payload: Payload, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether `key` made the signature of this payload."""
    packed = _PAYLOAD.pack(
        payload.kid,
        payload.ticket_id.bytes,
        payload.screening_id,
        payload.seat_id,
        payload.proof,
        payload.revision,
    )
    try:
        key.verify(signature, PREFIX.encode() + packed)
    except InvalidSignature:
        return False
    return True
