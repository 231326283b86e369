"""The views of payment-service: charges, receipts and refunds, and the columns that they are read from."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, text

from app.core import db
from app.core.state_machine import one_of
from app.payments.models import ChargeRow, ReceiptRow, RefundRow
from app.payments.states import (
    CANCELLING,
    CONFIRMED,
    LIVE_STATES,
    PENDING,
    REFUND_FAILED,
    REFUND_PENDING,
    REFUNDED,
    UNKNOWN,
)
from app.payments.terminals import CARD_PRESENT


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge. `pix_code` is the BR Code once the provider has answered, `pix_symbol` its drawn QR code
    (core/qr_symbol.py), and `redirect_url` the provider's card page.

    `failure` is a stable word: declined, refused, expired, replaced, abandoned, stopped (by the customer), ended (by
    the provider); at a terminal also removed (the card, too early) and timed_out.
    """

    id: uuid.UUID
    order_id: uuid.UUID
    method: str
    amount: int
    state: str
    expires_at: datetime
    pix_code: str | None
    redirect_url: str | None
    failure: str | None
    provider_charge_id: str | None
    created_at: datetime
    pix_symbol: bytes | None

    @property
    def live(self) -> bool:
        """Whether it can still be paid."""
        return self.state in LIVE_STATES

    @property
    def is_pending(self) -> bool:
        """Whether the provider waits for the customer."""
        return self.state == PENDING

    @property
    def is_cancelling(self) -> bool:
        """Whether it is no longer wanted, and the provider has not confirmed yet that it has ended."""
        return self.state == CANCELLING

    @property
    def is_at_terminal(self) -> bool:
        """Whether a card terminal at a kiosk reads the card."""
        return self.method == CARD_PRESENT

    @property
    def is_confirmed(self) -> bool:
        """Whether it was paid."""
        return self.state == CONFIRMED

    @property
    def is_unknown(self) -> bool:
        """Whether the provider has not answered yet: it may have made the charge or not."""
        return self.state == UNKNOWN


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that arrived. `settled` is true for the receipt that bought the tickets.

    `paid_at` is when the customer paid, `received_at` when this service recorded the payment.
    """

    id: uuid.UUID
    charge_id: uuid.UUID
    order_id: uuid.UUID
    amount: int
    received_at: datetime
    settled: bool
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that goes back. `state` is refund_pending, refunded, refund_failed, or refund_replaced by a newer refund.

    `ended_at` is when the provider gave the money back or refused to.
    """

    id: uuid.UUID
    receipt_id: uuid.UUID
    order_id: uuid.UUID
    amount: int
    reason: str
    state: str
    created_at: datetime
    ended_at: datetime | None

    @property
    def is_pending(self) -> bool:
        return self.state == REFUND_PENDING

    @property
    def is_done(self) -> bool:
        return self.state == REFUNDED

    @property
    def is_failed(self) -> bool:
        """Whether the provider refused it: a person has to look at it."""
        return self.state == REFUND_FAILED


CHARGE = (
    ChargeRow.id,
    ChargeRow.order_id,
    ChargeRow.method,
    ChargeRow.amount,
    ChargeRow.state,
    ChargeRow.expires_at,
    ChargeRow.pix_code,
    ChargeRow.redirect_url,
    ChargeRow.failure,
    ChargeRow.provider_charge_id,
    ChargeRow.created_at,
    ChargeRow.pix_symbol,
)
RECEIPT = (
    ReceiptRow.id,
    ReceiptRow.charge_id,
    ReceiptRow.order_id,
    ReceiptRow.amount,
    ReceiptRow.received_at,
    ReceiptRow.settled_at,
    ReceiptRow.paid_at,
)
REFUND = (
    RefundRow.id,
    RefundRow.receipt_id,
    RefundRow.order_id,
    RefundRow.amount,
    RefundRow.reason,
    RefundRow.state,
    RefundRow.created_at,
    RefundRow.ended_at,
)


# The same columns for statements written as text: SQLAlchemy need not build the statements of every purchase again.
CHARGE_COLUMNS = ", ".join(column.key for column in CHARGE)
REFUND_COLUMNS = ", ".join(column.key for column in REFUND)
RECEIPT_COLUMNS = ", ".join(column.key for column in RECEIPT)
_RECEIPTS_OF = text(
    f"select {RECEIPT_COLUMNS} from payments.receipts where order_id = :order_id order by received_at"
)

# One word for all that a page which waits for the charge `c` shows; see `service.progress`.
PROGRESS = f"""
    c.state
    || case when c.pix_code is null then '' else '+code' end
    || case when c.redirect_url is null then '' else '+page' end
    || case when exists (
        select 1 from payments.receipts r where r.order_id = c.order_id and r.settled_at is not null
    ) then '+settled' else '' end
    || coalesce((
        select '+returned' || case
            when bool_or({one_of("f.state", (REFUND_FAILED,))}) then '+stuck'
            when bool_or({one_of("f.state", (REFUND_PENDING,))}) then ''
            when bool_or({one_of("f.state", (REFUNDED,))}) then '+back'
            else '' end
        from payments.receipts r join payments.refunds f on f.receipt_id = r.id
        where r.charge_id = c.id and r.settled_at is null
        having count(*) > 0
    ), '')
"""


def charge_of(row: Sequence[Any]) -> Charge:
    values = list(row)
    values[-1] = bytes(values[-1]) if values[-1] is not None else None  # the driver returns a memoryview
    return Charge(*values)


def receipt_of(row: Row[Any]) -> Receipt:
    return Receipt(
        row.id,
        row.charge_id,
        row.order_id,
        row.amount,
        row.received_at,
        row.settled_at is not None,
        row.paid_at or row.received_at,
    )


def receipts_of(order_id: uuid.UUID) -> list[Receipt]:
    """The receipts of an order, the oldest first."""
    return [receipt_of(row) for row in db.session().execute(_RECEIPTS_OF, {"order_id": order_id})]


def refund_of(row: Row[Any]) -> Refund:
    return Refund(*row)


def seconds_from_now(seconds: float) -> ColumnElement[datetime]:
    """The time in so many seconds, by the database's clock."""
    return func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
