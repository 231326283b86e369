"""Writing down what a provider says of a charge: one conditional update, and a row for each payment."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, text

from app.adapters import psp
from app.core import codes, db, outbox, qr_symbol
from app.core.config import settings
from app.core.messages import ChargeFailed, PaymentReceived
from app.core.state_machine import Move
from app.payments import brcode
from app.payments.models import ChargeRow
from app.payments.states import CANCELLED, CHARGE, CONFIRMED, FAILED, LIVE_STATES, ChargeEvent

SOMEWHERE = "BRASIL"  # a Pix code must name a city; not every cinema does
LATE_MONEY_MINUTES = 10
# How far the provider's clock may be behind the database's: nobody pays a charge before it is made.
SKEW_MINUTES = 5

log = logging.getLogger("bilheteria.payments")


def with_pix_code(answer: psp.ChargeState, amount: int, city: str) -> psp.ChargeState:
    """The answer with its BR Code: some providers give only the location that it is built from.

    A charge that was paid needs none.
    """
    if answer.payments or answer.pix_code is not None or answer.location is None:
        return answer
    name = settings().cinema.name
    city = brcode.plain(city).strip() or SOMEWHERE
    code = brcode.dynamic(answer.location, amount=amount, merchant_name=name, merchant_city=city)
    return replace(answer, pix_code=code)


def event_of(answer: psp.ChargeState) -> ChargeEvent:
    """The event of the state machine that a provider's answer amounts to."""
    if answer.payments:
        return "paid"
    if answer.status == "declined":
        return "declined"
    return "ended" if answer.status == "ended" else "accepted"


def record(charge_id: uuid.UUID, answer: psp.ChargeState) -> bool:
    """Move the charge as `answer` says, and write each payment down once; tells orders. Returns whether anything moved.

    May be called any number of times, with answers in any order.
    """
    if answer.payments:
        first, *others = answer.payments
        moved, received = _move_paid(charge_id, answer, first)
        more = [payment for payment in others if _receive(charge_id, payment)]
        return moved or received or bool(more)
    event = event_of(answer)
    values: dict[str, object] = {"id": charge_id, "provider_charge_id": answer.id}
    if event == "accepted":
        values |= {
            "redirect_url": answer.redirect_url,
            "pix_code": answer.pix_code,
            "pix_symbol": qr_symbol.drawn(answer.pix_code) if answer.pix_code else None,
        }
    return _move(event, values)


def fail(charge_id: uuid.UUID, event: Literal["refused", "lost"]) -> bool:
    """The provider refused the charge (`refused`), or did not answer (`lost`)."""
    return _move(event, {"id": charge_id})


def is_wanted(charge_id: uuid.UUID) -> bool:
    """Whether somebody still waits for this charge, or has paid it."""
    state = db.session().execute(select(ChargeRow.state).where(ChargeRow.id == charge_id)).scalar()
    return state in (*LIVE_STATES, CONFIRMED)


_PROVIDER_ID = "provider_charge_id = :provider_charge_id"
_NO_MORE_CHECKS = "next_check_at = null"
# Money that was on its way is found even when its webhook is lost.
_LAST_CHECK = f"next_check_at = clock_timestamp() + interval '{LATE_MONEY_MINUTES} minutes'"


def _move_to(event: ChargeEvent, *columns: str) -> Move:
    return CHARGE.move(event, columns=", ".join(columns), returning="state, order_id, failure")


# What an event writes beside the state. Payments have a statement of their own, `_MOVE_PAID`.
_MOVES: dict[ChargeEvent, Move] = {
    "accepted": _move_to(
        "accepted",
        _PROVIDER_ID,
        "redirect_url = :redirect_url",
        "pix_code = :pix_code",
        "pix_symbol = :pix_symbol",
    ),
    "lost": _move_to("lost"),
    "refused": _move_to("refused", "failure = coalesce(failure, 'refused')", _NO_MORE_CHECKS),
    "declined": _move_to(
        "declined", _PROVIDER_ID, "failure = coalesce(failure, 'declined')", _NO_MORE_CHECKS
    ),
    "ended": _move_to("ended", _PROVIDER_ID, "failure = coalesce(failure, 'ended')", _LAST_CHECK),
}


def _move(event: ChargeEvent, values: Mapping[str, object]) -> bool:
    row = _MOVES[event].perform(**values)
    if row is None:
        return False
    if row.state == FAILED:
        outbox.publish(ChargeFailed(str(values["id"]), str(row.order_id), row.failure), urgent=True)
    return row.state != CANCELLED or event == "ended"


# Unique by the provider's id. The provider's time of payment counts from the making of the charge until now: a little
# earlier or any later, its clock is off by that; much earlier or missing, it says nothing, and now counts.
_RECEIVE = f"""
    insert into payments.receipts (id, charge_id, order_id, provider, provider_receipt_id, amount, paid_at)
    select cast(:receipt_id as uuid), id, order_id, provider, :provider_receipt_id, :amount,
        case when cast(:paid_at as timestamptz) >= created_at - interval '{SKEW_MINUTES} minutes'
        then least(greatest(cast(:paid_at as timestamptz), created_at), clock_timestamp())
        else clock_timestamp() end
    from payments.charges where id = :charge_id
    on conflict (provider, provider_receipt_id) do nothing returning order_id, paid_at
"""
_CONFIRM = CHARGE.update(
    "paid", columns=f"{_PROVIDER_ID}, {_NO_MORE_CHECKS}", where="id = :charge_id", returning="state"
)
_MOVE_PAID = text(
    f"""
    with moved as (
        {_CONFIRM}
    ), received as ({_RECEIVE})
    select (select state from moved) as state, received.order_id, received.paid_at
    from (select) one left join received on true
    """
)
_RECEIVE_MORE = text(_RECEIVE)


def _move_paid(charge_id: uuid.UUID, answer: psp.ChargeState, payment: psp.Payment) -> tuple[bool, bool]:
    """Charge and receipt in one statement, since they come together: whether the one moved, the other was new."""
    receipt_id = codes.ordered_id()
    values = {"provider_charge_id": answer.id} | _receipt(receipt_id, charge_id, payment)
    row = db.session().execute(_MOVE_PAID, values).one()
    if row.order_id is not None:
        _tell(receipt_id, charge_id, row.order_id, payment, row.paid_at)
    return row.state is not None, row.order_id is not None


def _receive(charge_id: uuid.UUID, payment: psp.Payment) -> bool:
    """A row for a payment that has none yet."""
    receipt_id = codes.ordered_id()
    row = db.session().execute(_RECEIVE_MORE, _receipt(receipt_id, charge_id, payment)).first()
    if row is None:
        return False
    _tell(receipt_id, charge_id, row.order_id, payment, row.paid_at)
    return True


def _receipt(receipt_id: uuid.UUID, charge_id: uuid.UUID, payment: psp.Payment) -> dict[str, object]:
    return {
        "receipt_id": receipt_id,
        "charge_id": charge_id,
        "provider_receipt_id": payment.receipt_id,
        "amount": payment.amount,
        "paid_at": payment.paid_at,
    }


def _tell(
    receipt_id: uuid.UUID,
    charge_id: uuid.UUID,
    order_id: uuid.UUID,
    payment: psp.Payment,
    paid_at: datetime,
) -> None:
    if payment.paid_at is None or abs(payment.paid_at - paid_at) > timedelta(minutes=SKEW_MINUTES):
        log.warning("no plausible time of payment", extra={"receipt_id": str(receipt_id)})
    outbox.publish(
        PaymentReceived(
            str(receipt_id), str(charge_id), str(order_id), payment.amount, paid_at=paid_at.isoformat()
        ),
        urgent=True,
    )
