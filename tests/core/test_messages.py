"""Rows of the outbox outlive an upgrade: what any version wrote, this one reads."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.messages import BY_KIND

ORDER = {
    "order_id": "5a3c", "order_code": "LTZ-4720", "order_path": "/orders/x", "email": "ana@example.org",
    "name": "Ana", "locale": "pt_BR", "facts": {},
}  # fmt: skip
# One for each kind and each shape that was ever written. Shapes are added, never changed: the rows cannot be either.
WRITTEN: list[tuple[str, dict[str, Any]]] = [
    ("ChargeRequested", {"charge_id": "7b"}),
    ("ChargeCancelRequested", {"charge_id": "7b"}),
    ("ProviderHinted", {"provider": "sandbox", "provider_charge_id": "c1", "from_webhook": True}),
    ("PaymentReceived", {"receipt_id": "r", "charge_id": "7b", "order_id": "5a3c", "amount": 7600}),
    (
        "PaymentReceived",
        {
            "receipt_id": "r",
            "charge_id": "7b",
            "order_id": "5a3c",
            "amount": 7600,
            "paid_at": "2026-12-05T20:30:00.123456+00:00",
        },
    ),
    ("ChargeFailed", {"charge_id": "7b", "order_id": "5a3c", "reason": "declined"}),
    ("RefundRequested", {"refund_id": "f"}),
    ("RefundSettled", {"refund_id": "f", "order_id": "5a3c", "amount": 7600, "state": "refunded"}),
    ("OrderPaid", ORDER),
    ("TicketsReady", ORDER | {"storage_key": "5a3c.pdf"}),
    ("TicketsResigned", {"order_id": "5a3c"}),
    ("TicketsRevoked", {"order_id": "5a3c"}),
    (
        "NoticeRequested",
        {
            "template": "reset",
            "email": "a@b.example",
            "locale": "en",
            "facts": {},
            "skip_if_order_revoked": "",
        },
    ),
    ("NoticeRequested", {"template": "reset", "email": "a@b.example", "locale": "en", "facts": {}}),
    ("ResetRequested", {"email": "a@b.example"}),
    ("ScreeningCancelled", {"screening_id": 41, "reason": "rain"}),
    ("OrderCalledOff", {"order_id": "5a3c", "reason": "rain"}),
    ("SeatsFreed", {"screening_id": 41}),
    ("HoldExpired", {"reservation_id": "e1", "screening_id": 41}),
]


@pytest.mark.parametrize(("kind", "payload"), WRITTEN)
def test_what_was_written_is_read(kind: str, payload: dict[str, Any]) -> None:
    read = BY_KIND[kind].of(payload).payload()
    assert {name: read[name] for name in payload.keys() & read.keys()} == {
        name: payload[name] for name in payload.keys() & read.keys()
    }


def test_every_kind_is_here() -> None:
    assert {kind for kind, _ in WRITTEN} == set(BY_KIND)


def test_what_nobody_wrote_is_not_guessed_at() -> None:
    """A newer version's field: left to a worker that knows it."""
    with pytest.raises(TypeError):
        BY_KIND["SeatsFreed"].of({"screening_id": 41, "of_tomorrow": 1})
