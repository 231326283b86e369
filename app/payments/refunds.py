"""Refunds: money goes back, never more than its receipt brought in. Amounts in centavos.

A provider that has refused a refund refuses it for ever under the same id, so a retry is a new refund that replaces it.
"""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.dialects.postgresql import insert

from app.core import codes, db, metrics, outbox, telemetry
from app.core.errors import Conflict, NotFound
from app.core.messages import RefundRequested
from app.core.moves import move
from app.payments import states
from app.payments.models import ReceiptRow, RefundRow
from app.payments.states import REFUND_FAILED, REFUND_PENDING, REFUND_REPLACED
from app.payments.views import REFUND, REFUND_COLUMNS, Refund, receipts_of, refund_of, seconds_from_now

FAILED_STATES = (REFUND_FAILED, REFUND_REPLACED)
_REPLACE = move(states.REFUND, "again", columns="ended_at = clock_timestamp()")
_REPLACE_ALL = move(
    states.REFUND, "again", columns="ended_at = clock_timestamp()", where="receipt_id = :receipt_id"
)


class RefundTooLarge(Conflict):
    """The refund exceeds what is left of the receipt; `left` in centavos."""

    def __init__(self, left: int) -> None:
        super().__init__("refund.too_large", left=left)
        self.left = left


def refund(receipt_id: uuid.UUID, amount: int | None = None, reason: str = "") -> Refund:
    """Refund `amount` centavos of a receipt, or all that is left of it (None). A message asks the provider.

    All that is left includes the amounts of failed refunds, which it replaces. When nothing is left, the newest refund
    is returned. Raises NotFound, RefundTooLarge.
    """
    receipt, earlier, left = _locked(receipt_id)
    if amount is None:
        _replace_failed(receipt_id, earlier)
        if left <= 0:
            return next(one for one in reversed(earlier) if one.state not in FAILED_STATES)
        amount = left
    if not 0 < amount <= left:
        raise RefundTooLarge(left)
    return _request_refund(receipt, amount, reason)


def _replace_failed(receipt_id: uuid.UUID, earlier: list[Refund]) -> None:
    """Mark the receipt's failed refunds replaced: the caller refunds their amounts again."""
    if any(one.is_failed for one in earlier):
        _REPLACE_ALL.perform_all(receipt_id=receipt_id)


def _locked(receipt_id: uuid.UUID) -> tuple[ReceiptRow, list[Refund], int]:
    """Lock a receipt. Returns it, its refunds, and what is left of it if all pending refunds succeed."""
    query = select(ReceiptRow).where(ReceiptRow.id == receipt_id).with_for_update()
    receipt = db.session().execute(query).scalar()
    if receipt is None:
        raise NotFound("receipt")
    earlier = _select(RefundRow.receipt_id == receipt_id)
    return receipt, earlier, receipt.amount - sum(r.amount for r in earlier if r.state not in FAILED_STATES)


_OF_ORDER = text(
    f"""
    select {REFUND_COLUMNS} from payments.refunds
    where order_id = :order_id and state <> :replaced order by created_at
    """
)


def _select(condition: ColumnElement[bool]) -> list[Refund]:
    query = select(*REFUND).where(condition).order_by(RefundRow.created_at)
    return [refund_of(row) for row in db.session().execute(query)]


def _request_refund(receipt: ReceiptRow, amount: int, reason: str) -> Refund:
    values = {
        "id": codes.ordered_id(),
        "receipt_id": receipt.id,
        "order_id": receipt.order_id,
        "amount": amount,
        "reason": reason[:200],
        "state": REFUND_PENDING,
        "next_check_at": seconds_from_now(60),
    }
    row = db.session().execute(insert(RefundRow).values(**values).returning(*REFUND)).one()
    outbox.publish(RefundRequested(str(values["id"])), urgent=True)
    telemetry.record_committed(metrics.REFUNDS, labels={"event": "request"})
    return refund_of(row)


def refund_order(order_id: uuid.UUID, amount: int | None = None, reason: str = "") -> list[Refund]:
    """Refund the money that bought the order's tickets: all that is left (None), or `amount` centavos in total."""
    given: list[Refund] = []
    for receipt in receipts_of(order_id):
        if not receipt.settled or amount == 0:
            continue
        back = refund(receipt.id, amount if amount is None else min(amount, receipt.amount), reason)
        given.append(back)
        if amount is not None:
            amount -= back.amount
    return given


def refund_rest(order_id: uuid.UUID, *, keep: int = 0, reason: str = "") -> int:
    """Refund what is left of the money that bought the order's tickets, except `keep` centavos. Returns the amount.

    All that is left includes the amounts of failed refunds, which it replaces.
    """
    refunded = 0
    for receipt_id in (one.id for one in receipts_of(order_id) if one.settled):
        receipt, earlier, left = _locked(receipt_id)
        _replace_failed(receipt_id, earlier)
        kept = min(keep, left)
        keep -= kept
        if left > kept:
            refunded += _request_refund(receipt, left - kept, reason).amount
    return refunded


def retry_refund(refund_id: uuid.UUID) -> Refund | None:
    """Replace a failed refund by a new one, up to what is left of its receipt.

    None when nothing is left: other refunds have returned the money. Raises NotFound, and Conflict when it has not
    failed.
    """
    failed = db.session().execute(select(RefundRow).where(RefundRow.id == refund_id)).scalar()
    if failed is None:
        raise NotFound("refund")
    receipt, _, left = _locked(failed.receipt_id)
    if _REPLACE.perform(id=refund_id) is None:
        raise Conflict("refund.not_failed")
    return _request_refund(receipt, min(failed.amount, left), failed.reason) if left > 0 else None


def failed_refunds() -> list[Refund]:
    """The refunds that the provider refused: a person has to look at them."""
    return _select(RefundRow.state == REFUND_FAILED)


def refunds_of(order_id: uuid.UUID) -> list[Refund]:
    """The refunds of an order, failed ones too, the oldest first; without those that a newer refund replaced."""
    found = db.session().execute(_OF_ORDER, {"order_id": order_id, "replaced": REFUND_REPLACED})
    return [refund_of(row) for row in found]
