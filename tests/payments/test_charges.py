"""Charges: requested, made at the provider, paid, replaced, ended. Each payment counts once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.adapters.psp.sandbox import Sandbox
from app.core import db
from app.core.errors import Conflict, Invalid
from app.payments import brcode, service
from app.payments.service import Charge
from tests.payments.conftest import (
    ORDER,
    charge,
    charges,
    make_all_due,
    messages,
    receipts,
)

Ask = Callable[..., Charge]
Work = Callable[[], int]


def test_a_pix_charge_gets_its_code_from_the_provider(ask: Ask, work: Work) -> None:
    asked = ask()
    assert (asked.state, asked.pix_code, asked.live) == ("created", None, True)
    work()
    made = charge(asked.id)
    assert made.state == "pending"
    assert made.provider_charge_id == asked.id.hex
    code = brcode.decode(made.pix_code or "")
    assert (code.amount, code.merchant_name, code.single_use) == (10100, "Cine Lanterna", True)
    assert asked.id.hex in (code.location or "")


@pytest.mark.parametrize(
    ("city", "named"),
    [("Santos", "Santos"), ("São José dos Campos", "Sao Jose dos Ca"), ("", "BRASIL"), ("東京", "BRASIL")],
)
def test_a_pix_code_names_the_cinemas_city(ask: Ask, work: Work, city: str, named: str) -> None:
    asked = ask(city=city)
    work()
    assert brcode.decode(charge(asked.id).pix_code or "").merchant_city == named


def test_a_card_charge_sends_the_customer_to_the_banks_page(ask: Ask, work: Work) -> None:
    asked = ask("card")
    work()
    assert charge(asked.id).redirect_url == f"/sandbox-bank/{asked.id.hex}"


def test_paid_once_means_one_receipt_and_one_message(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    bank.pay(asked.id.hex)
    work()
    assert charge(asked.id).state == "confirmed"
    assert [receipt.amount for receipt in receipts()] == [10100]
    assert messages("PaymentReceived") == [
        {
            "receipt_id": str(receipts()[0].id),
            "charge_id": str(asked.id),
            "order_id": str(ORDER),
            "amount": 10100,
            "paid_at": receipts()[0].paid_at.isoformat(),
            "form": 1,
        }
    ]


def test_two_payments_of_one_code_are_two_receipts(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    bank.pay(asked.id.hex, times=2)
    work()
    assert [receipt.amount for receipt in receipts()] == [10100, 10100]
    assert len(messages("PaymentReceived")) == 2


def test_a_wrong_amount_is_recorded_as_paid(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    bank.pay(asked.id.hex, amount=9999)
    work()
    assert messages("PaymentReceived")[0]["amount"] == 9999


def test_changing_the_method_ends_the_old_charge_at_the_bank_first(
    ask: Ask, work: Work, bank: Sandbox
) -> None:
    pix = ask()
    work()
    card = ask("card")
    assert charge(pix.id).state == "cancelling"
    work()
    assert bank.view(pix.id.hex).status == "ended"
    assert (charge(pix.id).state, charge(pix.id).failure) == ("cancelled", "replaced")
    assert charge(card.id).state == "pending"


def test_changing_the_method_of_a_paid_charge_asks_for_nothing_more(
    ask: Ask, work: Work, bank: Sandbox
) -> None:
    pix = ask()
    work()
    bank.pay(pix.id.hex, webhooks=0)
    card = ask("card")
    work()
    assert charge(pix.id).state == "confirmed"
    assert charge(card.id).state == "cancelled"
    assert len(receipts()) == 1
    assert bank_knows(bank, card) is False


def test_changing_before_the_bank_was_called(ask: Ask, work: Work, bank: Sandbox) -> None:
    pix = ask()
    card = ask("card")
    work()
    assert [one.state for one in charges()] == ["cancelled", "pending"]
    assert bank_knows(bank, pix) is False
    assert bank_knows(bank, card) is True


def bank_knows(bank: Sandbox, asked: Charge) -> bool:
    from app.adapters.psp import UnknownCharge

    try:
        bank.view(asked.id.hex)
    except UnknownCharge:
        return False
    return True


def test_a_repeated_request_returns_the_same_charge(bank: Sandbox, work: Work) -> None:
    from datetime import UTC, datetime, timedelta

    until = datetime.now(UTC) + timedelta(minutes=5)
    with db.transaction():
        first = service.request_charge(ORDER, "pix", 100, until, "x")
    with db.transaction():
        again = service.request_charge(ORDER, "pix", 100, until, "x")
    assert first == again
    assert len(charges()) == 1


def test_a_declined_card_fails_and_is_published(ask: Ask, work: Work, bank: Sandbox) -> None:
    card = ask("card")
    work()
    bank.decline(card.id.hex)
    work()
    assert (charge(card.id).state, charge(card.id).failure) == ("failed", "declined")
    assert messages("ChargeFailed")[0]["reason"] == "declined"
    again = ask("card")
    work()
    bank.pay(again.id.hex)
    work()
    assert len(receipts()) == 1


def test_an_unreachable_bank_leaves_the_charge_unknown_until_it_answers(
    ask: Ask, work: Work, bank: Sandbox
) -> None:
    asked = ask()
    bank.start_outage(60)
    work()
    assert (charge(asked.id).state, charge(asked.id).live) == ("unknown", True)
    bank.end_outage()
    make_all_due()
    work()
    assert charge(asked.id).state == "pending"


def test_a_lost_answer_makes_no_second_charge(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    bank.start_outage(60, lose_answers=True)
    work()
    assert charge(asked.id).state == "unknown"
    assert bank.view(asked.id.hex).status == "pending"
    bank.pay(asked.id.hex)
    bank.end_outage()
    make_all_due()
    work()
    assert charge(asked.id).state == "confirmed"
    assert len(receipts()) == 1


def test_an_unreachable_bank_holds_back_the_new_method(ask: Ask, work: Work, bank: Sandbox) -> None:
    pix = ask()
    work()
    bank.start_outage(60)
    card = ask("card")
    work()
    assert charge(pix.id).state == "cancelling"
    assert charge(card.id).state == "created"
    bank.end_outage()
    make_all_due()
    work()
    assert charge(pix.id).state == "cancelled"
    assert charge(card.id).state == "pending"


def test_the_bank_that_pays_by_itself(
    ask: Ask, work: Work, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.adapters.psp import sandbox as module
    from app.payments import providers

    auto = module.Sandbox(database, secret_key="k", pix="auto")
    monkeypatch.setattr(providers, "sandbox", lambda: auto)
    ask()
    work()
    assert len(receipts()) == 1
    auto.dispose()


@pytest.mark.parametrize(("method", "amount"), [("cash", 100), ("", 100), ("pix", 0), ("pix", -1)])
def test_nonsense_is_refused(method: str, amount: int, database: str) -> None:
    from datetime import UTC, datetime

    with pytest.raises(Invalid), db.transaction():
        service.request_charge(ORDER, method, amount, datetime.now(UTC), "x")


def test_an_order_has_one_live_charge_even_in_a_race(ask: Ask, database: str) -> None:
    """The unique index is the guard: the second of two concurrent writers gets a conflict."""
    from concurrent.futures import ThreadPoolExecutor

    def one(number: int) -> str:
        try:
            return str(ask(amount=100 + number).id)
        except Conflict as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(16)))
    assert len([row for row in charges() if row.live]) == 1


def test_progress_changes_with_what_the_page_shows(ask: Ask, work: Work, bank: Sandbox) -> None:
    def now() -> str:
        with db.reading():
            return service.progress(asked.id)

    asked = ask()
    seen = [now()]
    work()
    seen.append(now())
    bank.pay(asked.id.hex)
    work()
    seen.append(now())
    with db.transaction():
        assert service.mark_settled(receipts()[0].id)
        assert not service.mark_settled(receipts()[0].id)
    seen.append(now())
    assert seen == ["created", "pending+code", "confirmed+code", "confirmed+code+settled"]
