"""What payment-service hands out: charges, receipts and refunds as facts, read from their rows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from app.core import db
from app.core.state_machine import one_of
from app.payments.models import ChargeRow, ReceiptRow, RefundRow
from app.payments.states import LIVE_STATES, REFUND_FAILED, REFUND_PENDING, REFUNDED


@dataclass(frozen=True, slots=True)
class Charge:
    """`pix_code` is the BR Code once the provider answered, `pix_symbol` its QR as it is drawn (core/qr_symbol.py), and
    `redirect_url` the provider's card page.

    `failure` is a stable word: declined, refused, expired, replaced, abandoned, ended (by the provider).
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
        return self.state in LIVE_STATES


@dataclass(frozen=True, slots=True)
class Receipt:
    """`settled` is true for the money that bought the tickets.

    `paid_at` is when the customer paid, `received_at` when the provider told us.
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
    """`state` is refund_pending, refunded, refund_failed, or refund_replaced by a newer one.

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


# The same columns for statements that are written out: those of every purchase are not built anew each time.
CHARGE_COLUMNS = ", ".join(column.key for column in CHARGE)
REFUND_COLUMNS = ", ".join(column.key for column in REFUND)

# What a page that waits for the charge `c` depends on, as one word; see `service.progress`.
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
    facts = list(row)
    facts[-1] = bytes(facts[-1]) if facts[-1] is not None else None  # the driver gives a view of its buffer
    return Charge(*facts)


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
    """All money that came for an order, the oldest first."""
    query = select(*RECEIPT).where(ReceiptRow.order_id == order_id).order_by(ReceiptRow.received_at)
    return [receipt_of(row) for row in db.session().execute(query)]


def refund_of(row: Row[Any]) -> Refund:
    return Refund(*row)


def in_seconds(seconds: float) -> ColumnElement[datetime]:
    """So many seconds from now, by the database's clock."""
    return func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
