"""What a ticket's QR says: signed, compact, without personal data.

    BIL1 | base32( kid 2 | ticket 16 | screening 4 | seat 4 | proof 1 | revision 1 | Ed25519 signature 64 bytes )

Capitals and digits alone: the QR's dense alphanumeric mode fits (41 modules at level M). A scanner of another keyboard
layout makes other signs of some of them (`scanners.py`). The signature covers the prefix too.
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
_SIGNATURE = 64
_BYTES = _PAYLOAD.size + _SIGNATURE
_OURS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
LENGTH = len(PREFIX) + -(-_BYTES * 8 // 5)


class Cut(ValueError):
    """Begins like ours, but is not whole, or has signs that are not ours: a bad read, or a torn paper."""


class NotOurs(ValueError):
    """Another house's code, an address, or no QR at all."""


@dataclass(frozen=True, slots=True)
class Payload:
    """`proof` is a number of core.half_price, 0 for none; `revision` rises when a ticket's QR is replaced."""

    kid: int
    ticket_id: uuid.UUID
    screening_id: int
    seat_id: int
    proof: int
    revision: int


def looks_like_ours(text: str) -> bool:
    return text.startswith(PREFIX)


def is_part(text: str) -> bool:
    """Whether all its signs are ours: a piece of a QR's text, then."""
    return looks_like_ours(text) and _OURS.issuperset(text[len(PREFIX) :])


def sign(payload: Payload, key: Ed25519PrivateKey) -> str:
    """The text of the QR."""
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


def read(text: str) -> tuple[Payload, bytes]:
    """The payload and its signature, not yet verified. Raises NotOurs or Cut."""
    if not looks_like_ours(text):
        raise NotOurs
    if len(text) != LENGTH:
        raise Cut
    body = text[len(PREFIX) :]
    try:
        packed = base64.b32decode(body + "=" * (-len(body) % 8))
    except ValueError:
        raise Cut from None
    kid, ticket, screening, seat, proof, revision = _PAYLOAD.unpack(packed[: _PAYLOAD.size])
    payload = Payload(kid, uuid.UUID(bytes=ticket), screening, seat, proof, revision)
    return payload, packed[_PAYLOAD.size :]


def verify(payload: Payload, signature: bytes, key: Ed25519PublicKey) -> bool:
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
