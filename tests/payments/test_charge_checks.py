"""Checks of a charge's state at the bank: after a webhook, from time to time, and after its end."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from app.adapters.psp.sandbox import Sandbox
from app.core import db
from app.payments import checks, service
from app.payments.service import Charge
from tests.payments.conftest import (
    ORDER,
    charge,
    expire_charge,
    make_all_due,
    messages,
    receipts,
)

Ask = Callable[..., Charge]
Work = Callable[[], int]


def test_a_webhook_that_comes_twice_counts_once(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    bank.pay(asked.id.hex, webhooks=3)
    work()
    assert len(receipts()) == 1
    assert len(messages("PaymentReceived")) == 1


def test_a_webhook_before_the_payment_shows_is_checked_again(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    bank.pay(asked.id.hex, hidden=60)
    work()
    assert receipts() == []
    assert charge(asked.id).state == "pending"
    with db.transaction() as current:  # a minute later
        current.execute(text("update sandbox_bank.payments set visible_at = clock_timestamp()"))
    make_all_due()
    work()
    assert len(receipts()) == 1


def test_the_periodic_check_replaces_a_lost_webhook(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    bank.pay(asked.id.hex, webhooks=0)
    work()
    assert receipts() == []
    make_all_due()
    checks.check_charges()
    work()
    assert len(receipts()) == 1


def test_checks_become_rarer(ask: Ask, work: Work, bank: Sandbox) -> None:
    ask()
    work()
    checks.check_charges()
    assert messages("ProviderHinted") == []
    make_all_due()
    checks.check_charges()
    assert len(messages("ProviderHinted")) == 1
    checks.check_charges()
    assert len(messages("ProviderHinted")) == 1


def test_never_paid_ends_with_its_deadline_at_the_bank_too(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    expire_charge(asked.id)
    checks.check_charges()
    assert charge(asked.id).state == "cancelling"
    work()
    ended = charge(asked.id)
    assert (ended.state, ended.failure) == ("cancelled", "expired")
    assert bank.view(asked.id.hex).status == "ended"


def test_a_payment_after_the_end_is_a_receipt(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    expire_charge(asked.id)
    checks.check_charges()
    work()
    bank.pay(asked.id.hex, stubborn=True)
    work()
    assert charge(asked.id).state == "confirmed"
    assert len(messages("PaymentReceived")) == 1


def test_a_payment_after_the_end_is_found_without_its_webhook(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    with db.transaction():
        assert service.cancel_live_charge(ORDER)
    work()
    bank.pay(asked.id.hex, stubborn=True, webhooks=0)
    make_all_due()
    checks.check_charges()
    work()
    assert len(receipts()) == 1
