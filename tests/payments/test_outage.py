"""While the bank is unreachable for half an hour, requests are repeated until it answers, without dead letters."""

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
from tests.payments.conftest import ORDER, charge, make_all_due, receipts

Ask = Callable[..., Charge]
Work = Callable[[], int]


def half_an_hour_passes() -> None:
    for _minute in range(30):
        make_all_due()
        checks.check_charges()
        checks.check_refunds()
        worker.drain(routes(("payments",)))


def dead_letters() -> list[str]:
    with db.reading():
        return [letter.kind for letter in OutboxDeadLetters().list()]


def test_a_cancelled_charge(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    bank.start_outage(600)
    with db.transaction():
        service.cancel_live_charge(ORDER)
    half_an_hour_passes()
    assert (charge(asked.id).state, dead_letters()) == ("cancelling", [])
    bank.end_outage()
    half_an_hour_passes()
    assert (charge(asked.id).state, bank.view(asked.id.hex).status) == ("cancelled", "ended")


def test_a_charge_unknown_to_the_bank(ask: Ask, bank: Sandbox) -> None:
    bank.start_outage(600)
    asked = ask()
    half_an_hour_passes()
    assert (charge(asked.id).state, dead_letters()) == ("unknown", [])
    bank.end_outage()
    half_an_hour_passes()
    assert charge(asked.id).state == "pending"


def test_a_refund(ask: Ask, work: Work, bank: Sandbox) -> None:
    asked = ask()
    work()
    bank.pay(asked.id.hex)
    work()
    bank.start_outage(600)
    with db.transaction():
        service.refund(receipts()[0].id, None, "cancelled")
    half_an_hour_passes()
    assert dead_letters() == []
    bank.end_outage()
    half_an_hour_passes()
    with db.reading():
        assert [one.state for one in service.refunds_of(ORDER)] == ["refunded"]


@pytest.mark.parametrize("names", ["its charge", "its cancelling"])
def test_a_message_without_a_periodic_check_becomes_a_dead_letter(
    names: str, ask: Ask, work: Work, bank: Sandbox
) -> None:
    """A webhook or a cancellation of an ended charge: no tick publishes it again."""
    asked = ask()
    work()
    with db.transaction():
        service.cancel_live_charge(ORDER)
    work()
    bank.start_outage(600)
    with db.transaction() as session:
        if names == "its charge":
            told = bank.notification(asked.id.hex)
            service.receive_webhook("sandbox", told.headers, told.body)
        else:
            outbox.publish(ChargeCancelRequested(str(asked.id)))
        session.execute(text("update payments.charges set next_check_at = null"))  # its last check is over
    half_an_hour_passes()
    assert len(dead_letters()) == 1
