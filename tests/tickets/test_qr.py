"""The text of a QR code: it is small, complete or refused, and invalid without its signature."""

from __future__ import annotations

import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.core import qr_symbol
from app.tickets import qr

KEY = Ed25519PrivateKey.generate()
PAYLOADS = st.builds(
    qr.Payload,
    kid=st.integers(1, 32767),
    ticket_id=st.uuids(),
    screening_id=st.integers(0, 2**31 - 1),
    seat_id=st.integers(0, 2**31 - 1),
    proof=st.integers(0, 255),
    revision=st.integers(0, 255),
)
ONE = qr.Payload(1, uuid.UUID(int=7), 41, 57, 0, 1)


@given(PAYLOADS)
def test_a_signed_payload_is_decoded_and_verified(payload: qr.Payload) -> None:
    text = qr.sign(payload, KEY)
    read, signature = qr.decode(text)
    assert read == payload
    assert qr.verify(read, signature, KEY.public_key())
    assert len(text) == qr.LENGTH
    assert text.isalnum()
    assert text == text.upper()


def test_a_signed_payload_fits_a_small_qr() -> None:
    """Version 6: as bytes instead of alphanumeric it would be larger."""
    assert [len(row) for row in qr_symbol.rows(qr.sign(ONE, KEY))] == [41] * 41


@given(st.integers(len(qr.PREFIX), qr.LENGTH - 1), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_changed_character_is_not_verified(position: int, character: str) -> None:
    text = qr.sign(ONE, KEY)
    changed = text[:position] + character + text[position + 1 :]
    payload, signature = qr.decode(changed)
    same_bytes = (payload, signature) == qr.decode(text)
    assert same_bytes or not qr.verify(payload, signature, KEY.public_key())


@given(st.integers(len(qr.PREFIX), qr.LENGTH - 1))
def test_a_short_text_is_incomplete(length: int) -> None:
    with pytest.raises(qr.IncompleteCode):
        qr.decode(qr.sign(ONE, KEY)[:length])


@pytest.mark.parametrize("text", ["BIL1" + "0" * 148, "BIL1" + "é" * 148, "BIL1", "BIL1" + "A" * 500])
def test_our_prefix_with_other_characters_is_incomplete(text: str) -> None:
    with pytest.raises(qr.IncompleteCode):
        qr.decode(text)


@pytest.mark.parametrize("text", ["", "https://example.com/", "00020126580014br.gov.bcb.pix", "bil1", "\x00"])
def test_texts_without_our_prefix_are_foreign(text: str) -> None:
    with pytest.raises(qr.ForeignCode):
        qr.decode(text)


def test_another_key_does_not_verify() -> None:
    payload, signature = qr.decode(qr.sign(ONE, KEY))
    assert not qr.verify(payload, signature, Ed25519PrivateKey.generate().public_key())
