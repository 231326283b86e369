"""The sandbox bank as a payment provider: repeated calls, refunds, outages, notifications."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest
from sqlalchemy import text

from app.adapters.psp import ChargeRequest, RefundRequest, Refused, UnknownCharge, Unreachable
from app.adapters.psp.sandbox import Sandbox
from app.adapters.psp.sandbox_customers import BadPixMode, auto_after
from app.core import db
from app.payments import providers


@pytest.fixture
def bank(database: str) -> Sandbox:
    return providers.sandbox()


def request(method: str = "pix", amount: int = 5000) -> ChargeRequest:
    return ChargeRequest(
        id=uuid.uuid4().hex,
        method=method,
        amount=amount,
        expires_at=datetime.now(UTC) + timedelta(minutes=5),
        description="2 ingressos",
        payer_name="Ana",
        payer_cpf=None,
        return_url="/orders/t/payment",
    )


def test_creating_a_charge_twice_creates_one(bank: Sandbox) -> None:
    asked = request()
    assert bank.create(asked) == bank.create(asked)
    bank.pay(asked.id)
    assert bank.create(asked).status == "paid"


def test_end_to_end_ids_have_the_form_of_the_central_bank(bank: Sandbox) -> None:
    asked = request()
    bank.create(asked)
    bank.pay(asked.id)
    receipt = bank.fetch(asked.id).payments[0].receipt_id
    assert re.fullmatch(r"E\d{8}\d{12}[A-Za-z0-9]{11}", receipt)


def test_a_paid_charge_cannot_be_cancelled(bank: Sandbox) -> None:
    asked = request()
    bank.create(asked)
    bank.pay(asked.id)
    assert bank.cancel(asked.id).status == "paid"


def test_a_cancelled_charge_cannot_be_paid_unless_stubbornly(bank: Sandbox) -> None:
    asked = request()
    bank.create(asked)
    assert bank.cancel(asked.id).status == "ended"
    assert bank.cancel(asked.id).status == "ended"
    with pytest.raises(Refused):
        bank.pay(asked.id)
    bank.pay(asked.id, stubborn=True)
    assert len(bank.fetch(asked.id).payments) == 1


def test_a_charge_expires_by_the_clock_of_the_database(
    bank: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(minutes=15)

    monkeypatch.setattr("app.adapters.psp.sandbox.datetime", Ahead)
    asked = request()
    bank.create(asked)
    bank.pay(asked.id)
    assert bank.fetch(asked.id).status == "paid"


def test_a_payment_without_notification_is_kept_after_a_cancellation(bank: Sandbox) -> None:
    """The payment was made before the charge was cancelled; it becomes visible later, with its own time."""
    asked = request()
    bank.create(asked)
    bank.pay(asked.id, report_after=60)
    assert bank.cancel(asked.id).status == "ended"
    assert bank.notifications() == []
    with db.transaction() as current:  # as if a minute had passed
        current.execute(text("update sandbox_bank.payments set visible_at = clock_timestamp()"))
        now = current.execute(text("select clock_timestamp()")).scalar_one()
    paid_at = bank.fetch(asked.id).payments[0].paid_at
    assert paid_at is not None
    assert paid_at < now


def test_a_cancellation_returns_a_pending_payment(bank: Sandbox) -> None:
    asked = request()
    bank.create(asked)
    bank.pay(asked.id, after=60)
    bank.cancel(asked.id)
    with db.transaction() as current:  # as if a minute had passed
        current.execute(text("update sandbox_bank.payments set visible_at = clock_timestamp()"))
    assert bank.fetch(asked.id).payments == ()


def test_a_pending_payment_arrives_without_a_cancellation(bank: Sandbox) -> None:
    asked = request()
    bank.create(asked)
    bank.pay(asked.id, after=60)
    assert bank.fetch(asked.id).payments == ()
    with db.transaction() as current:
        current.execute(text("update sandbox_bank.payments set visible_at = clock_timestamp()"))
    assert len(bank.fetch(asked.id).payments) == 1


def test_unknown_charges_are_refused(bank: Sandbox) -> None:
    for call in (bank.fetch, bank.cancel, bank.view):
        with pytest.raises(UnknownCharge):
            call("nobody")
    with pytest.raises(Refused):
        bank.refund(RefundRequest("r", "nobody", "nothing", 1))


def test_an_unreachable_bank_does_nothing(bank: Sandbox) -> None:
    asked = request()
    bank.start_outage(60)
    with pytest.raises(Unreachable):
        bank.create(asked)
    bank.end_outage()
    with pytest.raises(UnknownCharge):
        bank.fetch(asked.id)


def test_a_charge_exists_when_its_answer_was_lost(bank: Sandbox) -> None:
    asked = request()
    bank.start_outage(60, lose_answers=True)
    with pytest.raises(Unreachable):
        bank.create(asked)
    bank.end_outage()
    assert bank.fetch(asked.id).status == "pending"


def test_refunds_happen_once_per_id_and_never_exceed_the_payment(bank: Sandbox) -> None:
    asked = request(amount=5000)
    bank.create(asked)
    bank.pay(asked.id)
    receipt = bank.fetch(asked.id).payments[0].receipt_id
    part = RefundRequest("a" * 32, asked.id, receipt, 3000)
    assert [bank.refund(part), bank.refund(part)] == ["done", "done"]
    assert bank.refund(RefundRequest("b" * 32, asked.id, receipt, 2001)) == "refused"
    assert bank.refund(RefundRequest("c" * 32, asked.id, receipt, 2000)) == "done"


def test_a_refused_refund_stays_refused_under_its_id(bank: Sandbox) -> None:
    asked = request(amount=5000)
    bank.create(asked)
    bank.pay(asked.id)
    receipt = bank.fetch(asked.id).payments[0].receipt_id
    bank.set_refund_mode(asked.id, "fail")
    part = RefundRequest("a" * 32, asked.id, receipt, 3000)
    assert bank.refund(part) == "refused"
    bank.set_refund_mode(asked.id, "ok")
    assert bank.refund(RefundRequest("b" * 32, asked.id, receipt, 5000)) == "done"
    assert bank.refund(part) == "refused"


def test_notifications_are_repeated_until_they_are_delivered(bank: Sandbox) -> None:
    asked = request()
    bank.create(asked)
    bank.pay(asked.id)
    first = bank.notifications()
    assert len(first) == 1
    assert bank.read_webhook(first[0].headers, first[0].body) == (asked.id,)
    assert bank.notifications() == []
    with db.transaction() as current:
        current.execute(text("update sandbox_bank.notifications set due_at = clock_timestamp()"))
    again = bank.notifications()
    assert [one.id for one in again] == [first[0].id]
    bank.delivered(again[0].id)
    with db.transaction() as current:
        assert current.execute(text("select count(*) from sandbox_bank.notifications")).scalar() == 0


def test_another_key_makes_another_signature(bank: Sandbox, database: str) -> None:
    other = Sandbox(database, secret_key="another", pix="manual")
    from app.adapters.psp import Forged

    sent = other.notification("x")
    with pytest.raises(Forged):
        bank.read_webhook(sent.headers, sent.body)
    other.dispose()


@pytest.mark.parametrize(
    ("pix", "seconds"), [("manual", None), ("auto", 0.0), ("auto:3", 3.0), ("auto:0.2", 0.2)]
)
def test_charges_are_paid_automatically_only_with_the_setting(pix: str, seconds: float | None) -> None:
    assert auto_after(pix) == seconds


@pytest.mark.parametrize("pix", ["", "autoo", "automatic", "auto:", "auto:x", "auto:-1", "auto:inf", "Auto "])
def test_an_unknown_setting_for_automatic_payment_is_refused(pix: str) -> None:
    with pytest.raises(BadPixMode, match="manual, auto or auto:3"):
        auto_after(pix)
