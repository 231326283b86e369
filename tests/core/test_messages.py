"""This version reads the messages of every earlier version, and those of the next version."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.core.messages import BY_KIND

BUYER = {"email": "ana@example.org", "name": "Ana", "locale": "pt_BR", "facts": {}}
ORDER_OF_FORM_1 = {"order_id": "5a3c", "order_code": "LTZ-4720", "order_path": "/orders/x", **BUYER}
ORDER = {"order_id": "5a3c", "order_code": "LTZ-4720", "order_token": "x", "form": 2, **BUYER}
NOTICE = {"template": "reset", "email": "a@b.example", "locale": "en", "facts": {}}
# One entry for each kind and each set of fields that was ever written. Only add entries: stored rows do not change.
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
    ("OrderPaid", ORDER_OF_FORM_1),
    ("OrderPaid", ORDER),
    ("TicketsReady", ORDER_OF_FORM_1 | {"storage_key": "5a3c.pdf"}),
    ("TicketsReady", ORDER | {"storage_key": "5a3c.pdf"}),
    ("TicketsResigned", {"order_id": "5a3c"}),
    ("TicketsRevoked", {"order_id": "5a3c"}),
    ("ScreeningChanged", {"screening_id": 7, "revision": 2}),
    ("OrderScreeningChanged", {"order_id": "5a3c"}),
    ("DocumentUnwanted", {"order_id": "5a3c"}),
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
    ("NoticeRequested", NOTICE),
    ("NoticeRequested", NOTICE | {"page": "order", "key": "x", "form": 2}),
    ("ResetRequested", {"email": "a@b.example"}),
    (
        "AccountChanged",
        {"user_id": 7, "change": "off", "happened_at": "2026-12-05T20:30:00+00:00", "codes_left": 9},
    ),
    ("ScreeningCancelled", {"screening_id": 41, "reason": "rain"}),
    ("ScreeningRetimed", {"screening_id": 41}),
    ("OrderCalledOff", {"order_id": "5a3c", "reason": "rain"}),
    ("SeatsFreed", {"screening_id": 41}),
    (
        "PartnerOrderChanged",
        {
            "partner_id": 3,
            "order_id": "5a3c",
            "event": "order.paid",
            "happened_at": "2026-12-05T20:30:00+00:00",
            "data": {"order": {"code": "LTZ-4720"}},
        },
    ),
    ("WebhooksDue", {"webhook_id": "w"}),
    (
        "MailReturned",
        {"problem": "returned", "happened_at": "2026-12-05T20:30:00+00:00", "email": "a@b.example"},
    ),
    ("HoldExpired", {"reservation_id": "e1", "screening_id": 41}),
]


@pytest.mark.parametrize(("kind", "payload"), WRITTEN)
def test_every_written_message_is_read(kind: str, payload: dict[str, Any]) -> None:
    read = BY_KIND[kind].of(payload).payload()
    kept = payload.keys() & read.keys() - {"form"}
    assert {name: read[name] for name in kept} == {name: payload[name] for name in kept}


@pytest.mark.parametrize("kind", ["OrderPaid", "TicketsReady"])
def test_the_path_of_form_1_gives_the_orders_token(kind: str) -> None:
    written = ORDER_OF_FORM_1 | {"storage_key": "5a3c.pdf"}
    assert BY_KIND[kind].of(written).payload()["order_token"] == "x"


@pytest.mark.parametrize("facts", [{"path": "/requests/r"}, {"order_path": "/requests/r"}])
def test_the_path_of_a_notice_of_form_1_is_kept(facts: dict[str, str]) -> None:
    read = BY_KIND["NoticeRequested"].of(NOTICE | {"facts": facts}).payload()
    assert (read["page"], read["key"]) == ("path", "/requests/r")


def test_every_kind_is_listed() -> None:
    assert {kind for kind, _ in WRITTEN} == set(BY_KIND)


@pytest.mark.parametrize(("kind", "payload"), WRITTEN)
def test_a_field_of_a_newer_version_is_ignored(kind: str, payload: dict[str, Any]) -> None:
    newer = payload | {"new_field": {"a": [1]}}
    assert BY_KIND[kind].of(newer) == BY_KIND[kind].of(payload)


@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_a_written_message_has_a_form_number_and_is_read_again(kind: str) -> None:
    written = next(payload for one, payload in WRITTEN if one == kind)
    message = BY_KIND[kind].of(written)
    assert message.payload()["form"] == BY_KIND[kind].form
    assert BY_KIND[kind].of(json.loads(json.dumps(message.payload()))) == message


def test_a_message_of_a_newer_form_is_left_to_a_newer_worker() -> None:
    with pytest.raises(TypeError):
        BY_KIND["SeatsFreed"].of({"screening_id": 41, "form": BY_KIND["SeatsFreed"].form + 1})


def test_a_missing_field_is_an_error() -> None:
    with pytest.raises(TypeError):
        BY_KIND["SeatsFreed"].of({"screening": 41})
