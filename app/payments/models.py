"""Tables of payment-service (schema `payments`): charges, receipts, refunds, and the hints of webhooks."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core import db
from app.core.state_machine import one_of
from app.payments.states import CHARGE_STATES, LIVE_STATES, REFUND_STATES


class ChargeRow(db.Base):
    """One attempt to be paid. Its id, as 32 letters and digits, is also the provider's txid and idempotency key."""

    __tablename__ = "charges"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    method: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(Text)
    provider_charge_id: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    payer_name: Mapped[str] = mapped_column(Text)
    payer_cpf: Mapped[str | None] = mapped_column(Text)
    return_url: Mapped[str] = mapped_column(Text)
    pix_code: Mapped[str | None] = mapped_column(Text)
    redirect_url: Mapped[str | None] = mapped_column(Text)
    failure: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    # When a tick checks it again (payments/checks.py); null: never.
    next_check_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    city: Mapped[str] = mapped_column(Text, server_default="")  # of the cinema that is paid
    pix_symbol: Mapped[bytes | None] = mapped_column(LargeBinary)  # of pix_code, drawn (core/qr_symbol.py)
    terminal: Mapped[uuid.UUID | None] = mapped_column(Uuid)  # the kiosk whose terminal reads the card

    __table_args__ = (
        Index("uq_charges_live", "order_id", unique=True, postgresql_where=one_of("state", LIVE_STATES)),
        Index("ix_charges_order_id", "order_id"),
        Index("uq_charges_terminal", "terminal", unique=True, postgresql_where=one_of("state", LIVE_STATES)),
        Index("ix_charges_terminal", "terminal", postgresql_where="terminal is not null"),
        Index("ix_charges_next_check_at", "next_check_at", postgresql_where="next_check_at is not null"),
        UniqueConstraint("provider", "provider_charge_id"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("method in ('pix', 'card', 'card_present')", name="method"),
        CheckConstraint(one_of("state", CHARGE_STATES), name="state"),
        {"schema": "payments"},
    )


class ReceiptRow(db.Base):
    """Money that arrived. It is never deleted and never counted twice: the provider's own id is unique."""

    __tablename__ = "receipts"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    charge_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("payments.charges.id"), index=True)
    order_id: Mapped[uuid.UUID] = mapped_column(Uuid, index=True)
    provider: Mapped[str] = mapped_column(Text)
    provider_receipt_id: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(Integer)
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # When the customer paid: the provider's time, within the limits of provider_results.py. Null in old rows.
    paid_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        UniqueConstraint("provider", "provider_receipt_id"),
        CheckConstraint("amount > 0", name="amount"),
        {"schema": "payments"},
    )


class RefundRow(db.Base):
    """Money that goes back. Its id, as 32 letters and digits, is the idempotency key of the provider's refund."""

    __tablename__ = "refunds"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    receipt_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("payments.receipts.id"), index=True)
    order_id: Mapped[uuid.UUID] = mapped_column(Uuid, index=True)
    amount: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    failure: Mapped[str | None] = mapped_column(Text)
    next_check_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_refunds_next_check_at", "next_check_at", postgresql_where="next_check_at is not null"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(one_of("state", REFUND_STATES), name="state"),
        {"schema": "payments"},
    )


class HintRow(db.Base):
    """A charge that a webhook named, kept as evidence. A handler fetches the charge's real state from the provider."""

    __tablename__ = "hints"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    provider_charge_id: Mapped[str] = mapped_column(Text, index=True)
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp(), index=True
    )

    __table_args__ = ({"schema": "payments"},)
