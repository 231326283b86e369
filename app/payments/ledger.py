"""Writing down what a provider says of a charge: one conditional update, and a row for each payment."""

from __future__ import annotations

import uuid
from dataclasses import replace

from sqlalchemy import Integer, Text, Uuid, case, func, literal, null, select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters import psp
from app.core import db, outbox
from app.core.config import settings
from app.core.messages import ChargeFailed, PaymentReceived
from app.payments import brcode
from app.payments.models import ChargeRow, ReceiptRow
from app.payments.states import CANCELLED, CHARGE, CONFIRMED, FAILED, LIVE_STATES, states_before

CITY = "SAO PAULO"
LATE_MONEY_MINUTES = 10


def with_pix_code(answer: psp.ChargeState, amount: int) -> psp.ChargeState:
    """The answer with its BR Code: some providers give only the location that it is built from."""
    if answer.pix_code is not None or answer.location is None:
        return answer
    name = settings().cinema_name
    code = brcode.dynamic(answer.location, amount=amount, merchant_name=name, merchant_city=CITY)
    return replace(answer, pix_code=code)


def event_of(answer: psp.ChargeState) -> str:
    """The event of the state table that a provider's answer amounts to."""
    if answer.payments:
        return "paid"
    return answer.status if answer.status in ("declined", "ended") else "accepted"


def record(charge_id: uuid.UUID, answer: psp.ChargeState) -> bool:
    """Move the charge as `answer` says, and write each payment down once; tells orders. Returns whether anything moved.

    May be called any number of times, with answers in any order.
    """
    event = event_of(answer)
    moved = _move(charge_id, event, answer)
    received = [payment for payment in answer.payments if _receive(charge_id, payment)]
    return moved or bool(received)


def fail(charge_id: uuid.UUID, event: str) -> bool:
    """The provider refused the charge (`refused`), or did not answer (`lost`)."""
    return _move(charge_id, event, None)


def is_wanted(charge_id: uuid.UUID) -> bool:
    """Whether somebody still waits for this charge, or has paid it."""
    state = db.session().execute(select(ChargeRow.state).where(ChargeRow.id == charge_id)).scalar()
    return state in (*LIVE_STATES, CONFIRMED)


def _move(charge_id: uuid.UUID, event: str, answer: psp.ChargeState | None) -> bool:
    values: dict[str, object] = {
        "state": case(
            *((ChargeRow.state == before, moves[event]) for before, moves in CHARGE.items() if event in moves)
        )
    }
    if event in ("paid", "declined", "refused"):
        values["next_check_at"] = null()
    if event == "ended":  # money that was on its way is found even when its webhook is lost
        values["next_check_at"] = func.clock_timestamp() + func.make_interval(
            0, 0, 0, 0, 0, LATE_MONEY_MINUTES
        )
    if event in ("declined", "refused", "ended"):
        values["failure"] = func.coalesce(ChargeRow.failure, event)
    if answer is not None:
        values["provider_charge_id"] = answer.id
    if event == "accepted" and answer is not None:
        values["redirect_url"] = answer.redirect_url
        values["pix_code"] = answer.pix_code
    row = (
        db.session()
        .execute(
            update(ChargeRow)
            .where(ChargeRow.id == charge_id, ChargeRow.state.in_(states_before(event)))
            .values(values)
            .returning(ChargeRow.state, ChargeRow.order_id, ChargeRow.failure)
        )
        .first()
    )
    if row is None:
        return False
    if row.state == FAILED:
        outbox.publish(ChargeFailed(str(charge_id), str(row.order_id), row.failure), urgent=True)
    return row.state != CANCELLED or event == "ended"


def _receive(charge_id: uuid.UUID, payment: psp.Payment) -> bool:
    receipt_id = uuid.uuid4()
    charge = select(
        literal(receipt_id, Uuid),
        ChargeRow.id,
        ChargeRow.order_id,
        ChargeRow.provider,
        literal(payment.receipt_id, Text),
        literal(payment.amount, Integer),
    ).where(ChargeRow.id == charge_id)
    row = (
        db.session()
        .execute(
            insert(ReceiptRow)
            .from_select(["id", "charge_id", "order_id", "provider", "provider_receipt_id", "amount"], charge)
            .on_conflict_do_nothing(index_elements=["provider", "provider_receipt_id"])
            .returning(ReceiptRow.order_id)
        )
        .first()
    )
    if row is None:
        return False
    outbox.publish(
        PaymentReceived(str(receipt_id), str(charge_id), str(row.order_id), payment.amount), urgent=True
    )
    return True
