"""Webhooks: signed ones are stored, others refused, and no content does harm."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.adapters.psp.sandbox import SIGNATURE, Sandbox
from app.core import db
from app.core.errors import NotFound
from app.payments import service
from app.payments.service import Charge
from tests.payments.conftest import charge, messages, receipts

Ask = Callable[..., Charge]
Work = Callable[[], int]


def receive(headers: dict[str, str], body: bytes, provider: str = "sandbox") -> int:
    with db.transaction():
        return service.receive_webhook(provider, headers, body)


def hints() -> int:
    with db.reading() as current:
        return int(current.execute(text("select count(*) from payments.hints")).scalar_one())


def test_a_signed_webhook_is_stored_and_published(ask: Ask, bank: Sandbox) -> None:
    asked = ask()
    sent = bank.notification(asked.id.hex)
    assert receive(sent.headers, sent.body) == 1
    assert hints() == 1
    assert messages("ProviderHinted")[0]["provider_charge_id"] == asked.id.hex


@pytest.mark.parametrize("signature", ["", "00", "é", "0" * 64])
def test_a_forged_webhook_leaves_nothing(ask: Ask, bank: Sandbox, signature: str) -> None:
    asked = ask()
    body = json.dumps({"charges": [asked.id.hex]}).encode()
    with pytest.raises(service.WebhookRefused):
        receive({SIGNATURE: signature} if signature else {}, body)
    assert hints() == 0
    assert messages("ProviderHinted") == []


def test_a_signature_holds_for_its_own_text_alone(ask: Ask, bank: Sandbox) -> None:
    sent = bank.notification(ask().id.hex)
    with pytest.raises(service.WebhookRefused):
        receive(sent.headers, sent.body + b" ")


def test_a_signed_webhook_without_a_payment_changes_nothing(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    sent = bank.notification(asked.id.hex)
    receive(sent.headers, sent.body)
    work()
    assert charge(asked.id).state == "pending"
    assert receipts() == []


@pytest.mark.parametrize("named", ["0" * 32, "x", "", "'; drop table", "ü" * 500])
def test_unknown_charges_are_ignored(named: str, work: Work, bank: Sandbox) -> None:
    sent = bank.notification(named)
    receive(sent.headers, sent.body)
    work()
    assert messages("ProviderHinted") == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'{"charges": 3}', b"\xff\xfe"])
def test_signed_nonsense_is_unreadable(body: bytes, bank: Sandbox) -> None:
    with pytest.raises(service.WebhookUnreadable):
        receive({SIGNATURE: bank._signature(body)}, body)


def test_no_such_provider(database: str) -> None:
    with pytest.raises(NotFound):
        receive({}, b"", provider="other")
