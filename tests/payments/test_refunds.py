"""Refunds: made once, never more than the receipt, repeated while the bank is away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.adapters.psp.sandbox import Sandbox
from app.core import db, worker
from app.core.errors import Conflict, NotFound
from app.dispatch import routes
from app.payments import checks, service
from app.payments.service import Charge, Refund
from tests.payments.conftest import ORDER, make_all_due, messages, receipts

Ask = Callable[..., Charge]
Work = Callable[[], int]


@pytest.fixture
def paid(ask: Ask, work: Work, bank: Sandbox) -> Charge:
    asked = ask()
    work()
    bank.pay(asked.id.hex)
    work()
    with db.transaction():
        service.mark_settled(receipts()[0].id)
    return asked


def give_back(amount: int | None = None) -> Refund:
    with db.transaction():
        return service.refund(receipts()[0].id, amount, "cancelled")


def refunds() -> list[Refund]:
    with db.reading():
        return service.refunds_of(ORDER)


def test_the_whole_receipt_is_refunded(paid: Charge, work: Work) -> None:
    asked = give_back()
    assert (asked.amount, asked.state) == (10100, "refund_pending")
    work()
    assert [one.state for one in refunds()] == ["refunded"]
    assert messages("RefundSettled") == [
        {
            "refund_id": str(asked.id),
            "order_id": str(ORDER),
            "amount": 10100,
            "state": "refunded",
            "form": 1,
        }
    ]


def test_a_repeated_request_refunds_once(paid: Charge, work: Work) -> None:
    assert give_back() == give_back()
    work()
    again = give_back()
    assert (again.state, len(refunds())) == ("refunded", 1)


def test_parts_never_exceed_the_receipt(paid: Charge, work: Work) -> None:
    give_back(4000)
    give_back(6000)
    with pytest.raises(service.RefundTooLarge) as error:
        give_back(101)
    assert error.value.left == 100
    with pytest.raises(service.RefundTooLarge):
        give_back(0)
    give_back()
    work()
    assert sum(one.amount for one in refunds() if one.state == "refunded") == 10100


def test_parts_asked_at_once_never_exceed_the_receipt(paid: Charge, work: Work) -> None:
    def part(_: int) -> bool:
        try:
            give_back(3000)
        except service.RefundTooLarge:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(part, range(12))) == 3


def test_an_order_refunds_only_the_payment_of_its_tickets(paid: Charge, work: Work, bank: Sandbox) -> None:
    bank.pay(paid.id.hex, stubborn=True)
    work()
    assert len(receipts()) == 2
    with db.transaction():
        given = service.refund_order(ORDER, None, "cancelled")
    assert [one.receipt_id for one in given] == [receipts()[0].id]


def test_a_refused_refund_is_shown_and_can_be_asked_again(paid: Charge, work: Work, bank: Sandbox) -> None:
    bank.set_refund_mode(paid.id.hex, "fail")
    asked = give_back()
    work()
    assert refunds()[0].state == "refund_failed"
    assert messages("RefundSettled")[0]["state"] == "refund_failed"
    with db.reading():
        assert [one.id for one in service.failed_refunds()] == [asked.id]
    bank.set_refund_mode(paid.id.hex, "ok")
    with db.transaction():
        service.retry_refund(asked.id)
    work()
    assert refunds()[0].state == "refunded"
    with pytest.raises(Conflict), db.transaction():
        service.retry_refund(asked.id)


def refunded_by_bank() -> int:
    with db.reading() as current:
        done = "select coalesce(sum(amount), 0) from sandbox_bank.refunds where status = 'done'"
        return int(current.execute(text(done)).scalar_one())


def test_all_that_is_left_includes_failed_refunds(paid: Charge, work: Work, bank: Sandbox) -> None:
    """A part fails, then the whole is refunded: nothing is left to retry."""
    bank.set_refund_mode(paid.id.hex, "fail")
    part = give_back(2100)
    work()
    bank.set_refund_mode(paid.id.hex, "ok")
    give_back()
    work()
    assert [(one.amount, one.state) for one in refunds()] == [(10100, "refunded")]
    with pytest.raises(Conflict), db.transaction():
        service.retry_refund(part.id)
    with db.reading():
        assert service.failed_refunds() == []
    assert refunded_by_bank() == 10100


def test_retries_never_exceed_the_receipt(paid: Charge, work: Work, bank: Sandbox) -> None:
    """A retry refunds only what other refunds have left of the receipt."""
    bank.set_refund_mode(paid.id.hex, "fail")
    failed = [give_back(2100), give_back(3000)]
    work()
    bank.set_refund_mode(paid.id.hex, "ok")
    give_back(9000)
    work()
    with db.transaction():
        again = [service.retry_refund(one.id) for one in failed]
    assert [one and one.amount for one in again] == [1100, None]
    work()
    assert sorted((one.amount, one.state) for one in refunds()) == [(1100, "refunded"), (9000, "refunded")]
    assert refunded_by_bank() == 10100


def test_two_retries_at_once_make_one_refund(paid: Charge, work: Work, bank: Sandbox) -> None:
    bank.set_refund_mode(paid.id.hex, "fail")
    failed = give_back(6000)
    work()
    bank.set_refund_mode(paid.id.hex, "ok")

    def again(_: int) -> bool:
        try:
            with db.transaction():
                return service.retry_refund(failed.id) is not None
        except Conflict:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(again, range(6))) == 1
    work()
    assert refunded_by_bank() == 6000


def seconds_to_next_check(age: str) -> float:
    """Seconds until the next check of a pending refund that is `age` old."""
    with db.transaction() as current:
        older = "update payments.refunds set created_at = clock_timestamp() - cast(:age as interval)"
        current.execute(text(older), {"age": age})
    make_all_due()
    checks.check_refunds()
    worker.drain(routes(("payments",)))
    with db.reading() as current:
        wait = "select extract(epoch from next_check_at - clock_timestamp()) from payments.refunds"
        return float(current.execute(text(wait)).scalar_one())


def test_checks_of_a_slow_refund_become_rarer(paid: Charge, work: Work, bank: Sandbox) -> None:
    bank.set_refund_mode(paid.id.hex, "slow")
    give_back()
    work()
    with db.transaction() as current:  # the bank is slow
        current.execute(
            text("update sandbox_bank.refunds set done_at = clock_timestamp() + interval '9 days'")
        )
    waits = [seconds_to_next_check(age) for age in ("1 second", "40 seconds", "1 hour", "5 days")]
    assert [round(wait / 60) for wait in waits] == [0, 0, 15, 60]
    assert waits[0] < 5 < waits[1]


def test_a_slow_refund_is_checked_until_it_is_done(paid: Charge, work: Work, bank: Sandbox) -> None:
    bank.set_refund_mode(paid.id.hex, "slow")
    give_back()
    work()
    assert refunds()[0].state == "refund_pending"
    with db.transaction() as current:
        current.execute(text("update sandbox_bank.refunds set done_at = clock_timestamp() - interval '1 s'"))
    make_all_due()
    checks.check_refunds()
    work()
    assert refunds()[0].state == "refunded"


@pytest.mark.parametrize("lost", [False, True])
def test_an_unreachable_bank_refunds_when_it_answers_again(
    lost: bool, paid: Charge, work: Work, bank: Sandbox
) -> None:
    bank.start_outage(60, lose_answers=lost)
    give_back()
    work()
    assert refunds()[0].state == "refund_pending"
    bank.end_outage()
    make_all_due()
    work()
    assert refunds()[0].state == "refunded"
    assert refunded_by_bank() == 10100


def test_no_such_receipt(database: str) -> None:
    with pytest.raises(NotFound), db.transaction():
        service.refund(uuid.uuid4(), None, "x")
    with pytest.raises(NotFound), db.transaction():
        service.retry_refund(uuid.uuid4())
