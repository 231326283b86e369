"""Charges at a card terminal: the terminal is asked until the outcome is known, and is at one charge at a time."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.terminal.sandbox import SandboxTerminals
from app.core import config, db
from app.core.config import Settings
from app.core.errors import Invalid
from app.payments import checks, service
from app.payments.service import CARD_PRESENT, Charge
from tests.payments.conftest import (
    ORDER,
    charge,
    charges,
    expire_charge,
    make_all_due,
    messages,
    receipts,
)

Work = Callable[[], int]
Ask = Callable[..., Charge]
KIOSK = uuid.UUID("aaaaaaaa-0000-0000-0000-000000000001")
OTHER_ORDER = uuid.UUID("11111111-2222-3333-4444-666666666666")


@pytest.fixture
def terminals(database: str) -> SandboxTerminals:
    return service.sandbox_terminals()


def ask_at_terminal(
    order: uuid.UUID = ORDER, terminal: uuid.UUID | None = KIOSK, amount: int = 5000
) -> Charge:
    until = datetime.now(UTC) + timedelta(minutes=5)
    with db.transaction():
        return service.request_charge(order, CARD_PRESENT, amount, until, "2 ingressos", terminal=terminal)


def act(terminals: SandboxTerminals, asked: Charge, *acts: str) -> None:
    for one in acts:
        assert terminals.act(KIOSK, asked.id.hex, one)


def ask_the_terminal(work: Work) -> None:
    """What the tick does every few seconds."""
    make_all_due()
    checks.check_charges()
    work()


def test_an_approved_card_makes_one_receipt(work: Work, terminals: SandboxTerminals) -> None:
    asked = ask_at_terminal()
    work()
    assert charge(asked.id).state == "pending"
    act(terminals, asked, "insert")
    ask_the_terminal(work)
    assert (charge(asked.id).state, receipts()) == ("pending", [])
    act(terminals, asked, "approve")
    for _ in range(3):
        ask_the_terminal(work)
    assert charge(asked.id).state == "confirmed"
    assert [receipt.amount for receipt in receipts()] == [5000]
    assert len(messages("PaymentReceived")) == 1


def test_a_report_of_the_terminal_needs_no_tick(work: Work, terminals: SandboxTerminals) -> None:
    asked = ask_at_terminal()
    work()
    act(terminals, asked, "insert", "approve")
    with db.transaction():
        service.report_change(asked.id.hex)
    work()
    assert charge(asked.id).state == "confirmed"


def test_the_terminal_is_asked_every_few_seconds(work: Work, terminals: SandboxTerminals) -> None:
    asked = ask_at_terminal()
    work()
    for _ in range(2):
        make_all_due()
        checks.check_charges()
        with db.reading() as current:
            due = current.connection().exec_driver_sql(
                "select extract(epoch from next_check_at - clock_timestamp()) from payments.charges"
            )
            assert due.scalar_one() <= 2
    assert charge(asked.id).state == "pending"


@pytest.mark.parametrize(
    ("acts", "state", "failure"),
    [
        (["insert", "decline"], "failed", "declined"),
        (["insert", "remove"], "failed", "removed"),
        (["time-out"], "failed", "timed_out"),
        (["cancel"], "cancelled", "ended"),
    ],
)
def test_the_charge_says_why_it_was_not_paid(
    work: Work, terminals: SandboxTerminals, acts: list[str], state: str, failure: str
) -> None:
    asked = ask_at_terminal()
    work()
    act(terminals, asked, *acts)
    ask_the_terminal(work)
    ended = charge(asked.id)
    assert (ended.state, ended.failure, receipts()) == (state, failure, [])


def test_an_approval_whose_answer_was_lost_is_found(work: Work, terminals: SandboxTerminals) -> None:
    asked = ask_at_terminal()
    work()
    act(terminals, asked, "insert", "approve")
    terminals.be_silent(KIOSK, 60)
    ask_the_terminal(work)
    assert (charge(asked.id).state, receipts()) == ("unknown", []), "the page says that it does not answer"
    terminals.be_silent(KIOSK, 0)
    ask_the_terminal(work)
    assert [receipt.amount for receipt in receipts()] == [5000]


def test_a_terminal_that_answers_again_waits_for_the_card(work: Work, terminals: SandboxTerminals) -> None:
    asked = ask_at_terminal()
    work()
    terminals.be_silent(KIOSK, 60)
    for _ in range(2):
        ask_the_terminal(work)
        assert charge(asked.id).is_unknown
    terminals.be_silent(KIOSK, 0)
    ask_the_terminal(work)
    assert charge(asked.id).is_pending
    assert terminals.view(KIOSK).is_active


def test_a_silent_terminal_is_asked_on_after_the_deadline(work: Work, terminals: SandboxTerminals) -> None:
    asked = ask_at_terminal()
    work()
    act(terminals, asked, "insert", "approve")
    terminals.be_silent(KIOSK, 60)
    expire_charge(asked.id)
    ask_the_terminal(work)
    assert charge(asked.id).state == "cancelling"
    terminals.be_silent(KIOSK, 0)
    ask_the_terminal(work)
    assert (charge(asked.id).state, len(receipts())) == ("confirmed", 1)


def test_a_terminal_that_is_off_starts_the_charge_later(work: Work, terminals: SandboxTerminals) -> None:
    terminals.be_silent(KIOSK, 60)
    asked = ask_at_terminal()
    work()
    assert charge(asked.id).is_unknown
    terminals.be_silent(KIOSK, 0)
    ask_the_terminal(work)
    assert charge(asked.id).state == "pending"
    assert terminals.view(KIOSK).id == asked.id.hex


def test_pix_does_not_wait_for_a_silent_terminal(ask: Ask, work: Work, terminals: SandboxTerminals) -> None:
    asked = ask_at_terminal()
    work()
    terminals.be_silent(KIOSK, 60)
    pix = ask()
    work()
    assert (charge(asked.id).state, charge(pix.id).state) == ("cancelling", "pending")
    terminals.be_silent(KIOSK, 0)
    ask_the_terminal(work)
    assert charge(asked.id).state == "cancelled"
    assert not terminals.view(KIOSK).is_active


def test_pix_is_not_asked_for_when_the_card_has_paid(
    ask: Ask, work: Work, terminals: SandboxTerminals
) -> None:
    asked = ask_at_terminal()
    work()
    act(terminals, asked, "insert", "approve")
    pix = ask()
    work()
    assert (charge(asked.id).state, charge(pix.id).state) == ("confirmed", "cancelled")


def test_a_new_charge_ends_the_one_that_was_left_at_the_terminal(
    work: Work, terminals: SandboxTerminals
) -> None:
    left = ask_at_terminal()
    work()
    asked = ask_at_terminal(OTHER_ORDER)
    assert charge(left.id).state == "cancelling"
    work()
    assert (charge(left.id).state, charge(asked.id).state) == ("cancelled", "pending")
    assert terminals.view(KIOSK).id == asked.id.hex


def test_what_was_paid_for_the_order_before_does_not_stop_the_next(
    work: Work, terminals: SandboxTerminals
) -> None:
    left = ask_at_terminal()
    work()
    act(terminals, left, "insert", "approve")
    asked = ask_at_terminal(OTHER_ORDER)
    work()
    assert (charge(left.id).state, charge(asked.id).state) == ("confirmed", "pending")
    assert [receipt.charge_id for receipt in receipts()] == [left.id]


def test_the_same_charge_again_is_one(work: Work) -> None:
    until = datetime.now(UTC) + timedelta(minutes=5)
    with db.transaction():
        for _ in range(2):
            service.request_charge(ORDER, CARD_PRESENT, 5000, until, "2 ingressos", terminal=KIOSK)
    assert len(charges()) == 1


def test_a_refund_is_a_reversal_at_the_terminal(work: Work, terminals: SandboxTerminals) -> None:
    asked = ask_at_terminal()
    work()
    act(terminals, asked, "insert", "approve")
    ask_the_terminal(work)
    terminals.be_silent(KIOSK, 60)
    with db.transaction():
        refund = service.refund(receipts()[0].id, 2000, "customer")
    work()
    assert terminals.view(KIOSK).reversed == 0
    terminals.be_silent(KIOSK, 0)
    make_all_due()
    checks.check_refunds()
    work()
    assert terminals.view(KIOSK).reversed == 2000
    with db.reading():
        assert [one.state for one in service.refunds_of(ORDER) if one.id == refund.id] == ["refunded"]


def test_a_reversal_that_the_terminal_refuses_is_left_to_staff(
    work: Work, terminals: SandboxTerminals
) -> None:
    asked = ask_at_terminal()
    work()
    act(terminals, asked, "insert", "approve")
    ask_the_terminal(work)
    terminals.refuse_reversals(KIOSK, True)
    with db.transaction():
        service.refund(receipts()[0].id, None, "customer")
    work()
    with db.reading():
        assert [one.amount for one in service.failed_refunds()] == [5000]


def test_a_card_needs_a_terminal(database: str, settings: Settings) -> None:
    with pytest.raises(Invalid):
        ask_at_terminal(terminal=None)
    assert service.methods_at(None) == ("pix", "card")
    assert service.methods_at(KIOSK) == ("pix", CARD_PRESENT)
    config.use(settings.changed(payments={"terminal": "none"}))
    assert service.methods_at(KIOSK) == ("pix",)
