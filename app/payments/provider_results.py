"""Records a provider's answers about a charge: one conditional update, and a receipt for each payment."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, text

from app.adapters import psp
from app.core import codes, db, metrics, outbox, qr_symbol, telemetry
from app.core.config import settings
from app.core.messages import ChargeFailed, PaymentReceived
from app.core.moves import Move, move
from app.payments import brcode
from app.payments.models import ChargeRow
from app.payments.states import CANCELLED, CHARGE, CONFIRMED, FAILED, LIVE_STATES, ChargeEvent

DEFAULT_CITY = "BRASIL"  # a Pix code must name a city, and not every cinema has one in ASCII
LAST_CHECK_MINUTES = 10
TERMINAL_CHECK_SECONDS = 2
# The provider's clock may be this far behind the database's: a payment cannot be older than its charge.
CLOCK_SKEW_MINUTES = 5

log = logging.getLogger("bilheteria.payments")


def with_pix_code(answer: psp.ChargeState, amount: int, city: str) -> psp.ChargeState:
    """The answer with its BR Code, which is built here where a provider gives only the location.

    The answer about a paid charge stays as it is: it needs no code.
    """
    if answer.payments or answer.pix_code is not None or answer.location is None:
        return answer
    name = settings().cinema.name
    city = brcode.plain(city).strip() or DEFAULT_CITY
    code = brcode.dynamic(answer.location, amount=amount, merchant_name=name, merchant_city=city)
    return replace(answer, pix_code=code)


def event_of(answer: psp.ChargeState) -> ChargeEvent:
    """The event of the charge's state machine that a provider's answer stands for."""
    if answer.payments:
        return "paid"
    if answer.status == "declined":
        return "declined"
    return "ended" if answer.status == "ended" else "accepted"


def record(charge_id: uuid.UUID, answer: psp.ChargeState) -> bool:
    """Move the charge to the state of `answer`, insert a receipt for each new payment, and publish both to the orders.

    Returns whether anything changed. The same answers may come again and in any order.
    """
    if answer.payments:
        first, *others = answer.payments
        moved, received = _record_paid(charge_id, answer, first)
        more = [payment for payment in others if _insert_receipt(charge_id, payment)]
        return moved or received or bool(more)
    event = event_of(answer)
    values: dict[str, object] = {"id": charge_id, "provider_charge_id": answer.id}
    if event == "declined":
        values["failure"] = answer.failure or "declined"
    if event == "accepted":
        values |= {
            "redirect_url": answer.redirect_url,
            "pix_code": answer.pix_code,
            "pix_symbol": qr_symbol.drawn(answer.pix_code) if answer.pix_code else None,
        }
    return _move(event, values)


def record_failure(charge_id: uuid.UUID, event: Literal["refused", "lost", "silent"]) -> bool:
    """Record that the provider refused the charge (`refused`) or did not answer (`lost`). Returns whether it moved.

    `silent`: a terminal that waits for the card has stopped answering.
    """
    return _move(event, {"id": charge_id})


def is_wanted(charge_id: uuid.UUID) -> bool:
    """Whether the charge can still be paid, or was paid: then it must not be cancelled at the provider."""
    state = db.session().execute(select(ChargeRow.state).where(ChargeRow.id == charge_id)).scalar()
    return state in (*LIVE_STATES, CONFIRMED)


_PROVIDER_ID = "provider_charge_id = :provider_charge_id"
_NO_MORE_CHECKS = "next_check_at = null"
# A terminal sends no webhook: a tick asks it.
_TERMINAL_CHECK = f"""next_check_at = case when terminal is null then next_check_at
    else clock_timestamp() + interval '{TERMINAL_CHECK_SECONDS} seconds' end"""
# This check finds money that was on its way when the charge ended, even if its webhook is lost.
_LAST_CHECK = f"next_check_at = clock_timestamp() + interval '{LAST_CHECK_MINUTES} minutes'"


def _move_to(event: ChargeEvent, *columns: str) -> Move:
    return move(CHARGE, event, columns=", ".join(columns), returning="state, order_id, failure")


# The columns that each event writes beside the state. `paid` has a statement of its own, `_RECORD_PAID`.
_MOVES: dict[ChargeEvent, Move] = {
    "accepted": _move_to(
        "accepted",
        _PROVIDER_ID,
        "redirect_url = :redirect_url",
        "pix_code = :pix_code",
        "pix_symbol = :pix_symbol",
        _TERMINAL_CHECK,
    ),
    "lost": _move_to("lost"),
    "silent": _move_to("silent"),
    "refused": _move_to("refused", "failure = coalesce(failure, 'refused')", _NO_MORE_CHECKS),
    "declined": _move_to("declined", _PROVIDER_ID, "failure = coalesce(failure, :failure)", _NO_MORE_CHECKS),
    "ended": _move_to("ended", _PROVIDER_ID, "failure = coalesce(failure, 'ended')", _LAST_CHECK),
}


def _move(event: ChargeEvent, values: Mapping[str, object]) -> bool:
    row = _MOVES[event].perform(**values)
    if row is None:
        return False
    if row.state == FAILED:
        outbox.publish(ChargeFailed(str(values["id"]), str(row.order_id), row.failure), urgent=True)
    return row.state != CANCELLED or event == "ended"


# A receipt is unique by the provider's id. `paid_at` is the provider's time of payment, kept between the creation of
# the charge and now, because the provider's clock may be off. Now replaces a time that is missing or much too early.
_INSERT_RECEIPT = f"""
    insert into payments.receipts (id, charge_id, order_id, provider, provider_receipt_id, amount, paid_at)
    select cast(:receipt_id as uuid), id, order_id, provider, :provider_receipt_id, :amount,
        case when cast(:paid_at as timestamptz) >= created_at - interval '{CLOCK_SKEW_MINUTES} minutes'
        then least(greatest(cast(:paid_at as timestamptz), created_at), clock_timestamp())
        else clock_timestamp() end
    from payments.charges where id = :charge_id
    on conflict (provider, provider_receipt_id) do nothing returning order_id, paid_at
"""
_CONFIRM = CHARGE.update(
    "paid", columns=f"{_PROVIDER_ID}, {_NO_MORE_CHECKS}", where="id = :charge_id", returning="state"
)
_RECORD_PAID = text(
    f"""
    with moved as (
        {_CONFIRM}
    ), received as ({_INSERT_RECEIPT})
    select (select state from moved) as state, received.order_id, received.paid_at
    from (select) one left join received on true
    """
)
_INSERT_RECEIPT_STATEMENT = text(_INSERT_RECEIPT)


def _record_paid(charge_id: uuid.UUID, answer: psp.ChargeState, payment: psp.Payment) -> tuple[bool, bool]:
    """Confirm a charge and insert its receipt by one statement. Returns whether it moved, whether that is new."""
    receipt_id = codes.ordered_id()
    values = {"provider_charge_id": answer.id} | _receipt_values(receipt_id, charge_id, payment)
    row = db.session().execute(_RECORD_PAID, values).one()
    if row.state is not None:
        telemetry.record_committed(metrics.CHARGES, labels={"event": "paid"})
    if row.order_id is not None:
        _publish_received(receipt_id, charge_id, row.order_id, payment, row.paid_at)
    return row.state is not None, row.order_id is not None


def _insert_receipt(charge_id: uuid.UUID, payment: psp.Payment) -> bool:
    """Insert the receipt of a payment. Returns False when it exists already."""
    receipt_id = codes.ordered_id()
    row = (
        db.session()
        .execute(_INSERT_RECEIPT_STATEMENT, _receipt_values(receipt_id, charge_id, payment))
        .first()
    )
    if row is None:
        return False
    _publish_received(receipt_id, charge_id, row.order_id, payment, row.paid_at)
    return True


def _receipt_values(receipt_id: uuid.UUID, charge_id: uuid.UUID, payment: psp.Payment) -> dict[str, object]:
    return {
        "receipt_id": receipt_id,
        "charge_id": charge_id,
        "provider_receipt_id": payment.receipt_id,
        "amount": payment.amount,
        "paid_at": payment.paid_at,
    }


def _publish_received(
    receipt_id: uuid.UUID,
    charge_id: uuid.UUID,
    order_id: uuid.UUID,
    payment: psp.Payment,
    paid_at: datetime,
) -> None:
    if payment.paid_at is None or abs(payment.paid_at - paid_at) > timedelta(minutes=CLOCK_SKEW_MINUTES):
        log.warning("provider gave no plausible time of payment", extra={"receipt_id": str(receipt_id)})
    outbox.publish(
        PaymentReceived(
            str(receipt_id), str(charge_id), str(order_id), payment.amount, paid_at=paid_at.isoformat()
        ),
        urgent=True,
    )
