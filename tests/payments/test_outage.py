"""A bank that is away for half an hour: all is asked for until it answers, and no dead letters pile up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.adapters.psp.sandbox import Sandbox
from app.core import db, outbox, worker
from app.core.dead_letters import OutboxDeadLetters
from app.core.messages import ChargeCancelRequested
from app.dispatch import routes
from app.payments import checks, service
from app.payments.service import Charge
from tests.payments.conftest import ORDER, charge, due_now, receipts

Ask = Callable[..., Charge]
Work = Callable[[], int]


def half_an_hour_passes() -> None:
    for _minute in range(30):
        due_now()
        checks.check_charges()
        checks.check_refunds()
        worker.drain(routes(("payments",)))


def given_up() -> list[str]:
    with db.reading():
        return [letter.kind for letter in OutboxDeadLetters().list()]


def test_a_charge_that_nobody_wants_any_more(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    bank.go_away(600)
    with db.transaction():
        service.cancel_live_charge(ORDER)
    half_an_hour_passes()
    assert (charge(asked.id).state, given_up()) == ("cancelling", [])
    bank.come_back()
    half_an_hour_passes()
    assert (charge(asked.id).state, bank.look(asked.id.hex).status) == ("cancelled", "ended")


def test_a_charge_that_the_bank_has_not_heard_of(ask: Ask, bank: Sandbox) -> None:
    bank.go_away(600)
    asked = ask()
    half_an_hour_passes()
    assert (charge(asked.id).state, given_up()) == ("unknown", [])
    bank.come_back()
    half_an_hour_passes()
    assert charge(asked.id).state == "pending"


def test_money_that_goes_back(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    bank.pay(asked.id.hex)
    work()
    bank.go_away(600)
    with db.transaction():
        service.refund(receipts()[0].id, None, "cancelled")
    half_an_hour_passes()
    assert given_up() == []
    bank.come_back()
    half_an_hour_passes()
    with db.reading():
        assert [one.state for one in service.refunds_of(ORDER)] == ["refunded"]


@pytest.mark.parametrize("names", ["its charge", "its cancelling"])
def test_what_no_clock_looks_after_is_a_dead_letter(names: str, ask: Ask, work: Work, bank: Sandbox) -> None:
    """A webhook for a charge that has ended, or the end of one that the bank made after all: nobody asks anew."""
    asked = ask()
    work()
    with db.transaction():
        service.cancel_live_charge(ORDER)
    work()
    bank.go_away(600)
    with db.transaction() as session:
        if names == "its charge":
            told = bank.notification(asked.id.hex)
            service.receive_webhook("sandbox", told.headers, told.body)
        else:
            outbox.publish(ChargeCancelRequested(str(asked.id)))
        session.execute(text("update payments.charges set next_check_at = null"))  # its last look is over
    half_an_hour_passes()
    assert len(given_up()) == 1
