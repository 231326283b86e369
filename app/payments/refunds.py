"""Money that goes back: never more than came, whatever failed on the way. Amounts in centavos.

A refund that the provider refused stays refused under its id; asking again is a new refund in its place.
"""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.dialects.postgresql import insert

from app.core import codes, db, outbox
from app.core.errors import Conflict, NotFound
from app.core.messages import RefundRequested
from app.payments import states
from app.payments.models import ReceiptRow, RefundRow
from app.payments.states import REFUND_FAILED, REFUND_PENDING, REFUND_REPLACED
from app.payments.views import REFUND, REFUND_COLUMNS, Refund, in_seconds, receipts_of, refund_of

GIVES_NOTHING = (REFUND_FAILED, REFUND_REPLACED)
_REPLACE = states.REFUND.move("again", columns="ended_at = clock_timestamp()")
_REPLACE_ALL = states.REFUND.move(
    "again", columns="ended_at = clock_timestamp()", where="receipt_id = :receipt_id"
)


class RefundTooLarge(Conflict):
    """More than what is left of the receipt was asked back; `left` in centavos."""

    def __init__(self, left: int) -> None:
        super().__init__("refund.too_large", left=left)
        self.left = left


def refund(receipt_id: uuid.UUID, amount: int | None = None, reason: str = "") -> Refund:
    """Give money back: `amount` centavos, or all that is left (None). The provider is asked by message.

    All that is left takes in what was refused before. Asked again when nothing is left, it gives the refund that
    stands. Raises NotFound, RefundTooLarge.
    """
    receipt, standing, left = _locked(receipt_id)
    if amount is None:
        if any(one.state == REFUND_FAILED for one in standing):
            _REPLACE_ALL.perform_all(receipt_id=receipt_id)
        if left <= 0:
            return next(one for one in reversed(standing) if one.state not in GIVES_NOTHING)
        amount = left
    if not 0 < amount <= left:
        raise RefundTooLarge(left)
    return _ask(receipt, amount, reason)


def _locked(receipt_id: uuid.UUID) -> tuple[ReceiptRow, list[Refund], int]:
    """The receipt under its lock, its refunds, and what is left of it when all that are asked for succeed."""
    query = select(ReceiptRow).where(ReceiptRow.id == receipt_id).with_for_update()
    receipt = db.session().execute(query).scalar()
    if receipt is None:
        raise NotFound("receipt")
    standing = _rows(RefundRow.receipt_id == receipt_id)
    return receipt, standing, receipt.amount - sum(r.amount for r in standing if r.state not in GIVES_NOTHING)


_OF_ORDER = text(
    f"""
    select {REFUND_COLUMNS} from payments.refunds
    where order_id = :order_id and state <> :replaced order by created_at
    """
)


def _rows(condition: ColumnElement[bool]) -> list[Refund]:
    query = select(*REFUND).where(condition).order_by(RefundRow.created_at)
    return [refund_of(row) for row in db.session().execute(query)]


def _ask(receipt: ReceiptRow, amount: int, reason: str) -> Refund:
    values = {
        "id": codes.ordered_id(),
        "receipt_id": receipt.id,
        "order_id": receipt.order_id,
        "amount": amount,
        "reason": reason[:200],
        "state": REFUND_PENDING,
        "next_check_at": in_seconds(60),
    }
    row = db.session().execute(insert(RefundRow).values(**values).returning(*REFUND)).one()
    outbox.publish(RefundRequested(str(values["id"])), urgent=True)
    return refund_of(row)


def refund_order(order_id: uuid.UUID, amount: int | None = None, reason: str = "") -> list[Refund]:
    """Give back the money that bought the order's tickets: all that is left (None), or `amount` in total."""
    given: list[Refund] = []
    for receipt in receipts_of(order_id):
        if not receipt.settled or amount == 0:
            continue
        back = refund(receipt.id, amount if amount is None else min(amount, receipt.amount), reason)
        given.append(back)
        if amount is not None:
            amount -= back.amount
    return given


def retry_refund(refund_id: uuid.UUID) -> Refund | None:
    """Ask again for what the provider refused, as far as it is left of its receipt: a new refund in its place.

    None when nothing is left: the money has gone back otherwise. Raises NotFound, Conflict when it has not failed.
    """
    failed = db.session().execute(select(RefundRow).where(RefundRow.id == refund_id)).scalar()
    if failed is None:
        raise NotFound("refund")
    receipt, _, left = _locked(failed.receipt_id)
    if _REPLACE.perform(id=refund_id) is None:
        raise Conflict("refund.not_failed")
    return _ask(receipt, min(failed.amount, left), failed.reason) if left > 0 else None


def failed_refunds() -> list[Refund]:
    """Refunds that the provider refused: a person has to look at them."""
    return _rows(RefundRow.state == REFUND_FAILED)


def refunds_of(order_id: uuid.UUID) -> list[Refund]:
    """All money that goes back for an order, or should, the oldest first; without refunds that others replaced."""
    found = db.session().execute(_OF_ORDER, {"order_id": order_id, "replaced": REFUND_REPLACED})
    return [refund_of(row) for row in found]
