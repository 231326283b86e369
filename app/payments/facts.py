"""What payment-service hands out: charges, receipts and refunds as facts, read from their rows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, exists, func, select

from app.core import db
from app.payments.models import ChargeRow, ReceiptRow, RefundRow
from app.payments.states import LIVE_STATES, REFUND_FAILED, REFUND_PENDING, REFUNDED


@dataclass(frozen=True, slots=True)
class Charge:
    """`pix_code` is the BR Code once the provider answered; `redirect_url` the provider's card page.

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

    @property
    def live(self) -> bool:
        return self.state in LIVE_STATES


@dataclass(frozen=True, slots=True)
class Receipt:
    """`settled` is true for the money that bought the tickets."""

    id: uuid.UUID
    charge_id: uuid.UUID
    order_id: uuid.UUID
    amount: int
    received_at: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class Refund:
    """`state` is refund_pending, refunded, refund_failed, or refund_replaced by a newer one."""

    id: uuid.UUID
    receipt_id: uuid.UUID
    order_id: uuid.UUID
    amount: int
    reason: str
    state: str
    created_at: datetime


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
)
RECEIPT = (
    ReceiptRow.id,
    ReceiptRow.charge_id,
    ReceiptRow.order_id,
    ReceiptRow.amount,
    ReceiptRow.received_at,
    ReceiptRow.settled_at,
)
REFUND = (
    RefundRow.id,
    RefundRow.receipt_id,
    RefundRow.order_id,
    RefundRow.amount,
    RefundRow.reason,
    RefundRow.state,
    RefundRow.created_at,
)


def _gives_back(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether money of the charge that bought nothing has a refund (`more`: in such a state)."""
    return exists().where(
        ReceiptRow.charge_id == ChargeRow.id,
        ReceiptRow.settled_at.is_(None),
        RefundRow.receipt_id == ReceiptRow.id,
        *more,
    )


# What a waiting page depends on, as one word.
PROGRESS: ColumnElement[str] = (
    ChargeRow.state
    + case((ChargeRow.pix_code.is_(None), ""), else_="+code")
    + case((ChargeRow.redirect_url.is_(None), ""), else_="+page")
    + case(
        (
            exists().where(ReceiptRow.order_id == ChargeRow.order_id, ReceiptRow.settled_at.is_not(None)),
            "+settled",
        ),
        else_="",
    )
    + case((_gives_back(), "+returned"), else_="")
    + case(
        (_gives_back(RefundRow.state == REFUND_FAILED), "+stuck"),
        (_gives_back(RefundRow.state == REFUND_PENDING), ""),
        (_gives_back(RefundRow.state == REFUNDED), "+back"),
        else_="",
    )
)


def charge_of(row: Sequence[Any]) -> Charge:
    return Charge(*row)


def receipt_of(row: Row[Any]) -> Receipt:
    return Receipt(
        row.id, row.charge_id, row.order_id, row.amount, row.received_at, row.settled_at is not None
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
