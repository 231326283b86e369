"""Tables of order-service (schema `orders`). Prices are copied when the buyer chooses: later changes do not apply."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, DateTime, ForeignKey, Index, Integer, Text, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.core.state_machine import one_of
from app.orders.states import CANCELLED, EXPIRED, REFUNDED, RESEAT, STATES

SCHEMA = "orders"
UNPAID = f"paid_at is null and erased_at is null and {one_of('state', (CANCELLED, EXPIRED, REFUNDED))}"
KEPT = "paid_at is not null and erased_at is null"
Moment = DateTime(timezone=True)


class OrderRow(Base):
    """One purchase. `deadline` is the one that the customer sees; `total` is centavos, seats and concessions.

    `channel`, `device` and `partner_id` are those of the actor who started it. `screening_revision` is the screening's
    revision that the buyer saw and agreed to, `told_revision` the newest one that the buyer has had a mail about.
    `called_off_at`: when the message was published that ends it because its screening was called off.
    `erased_at`: when its buyer was erased from it; amounts, dates and code are kept.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint(one_of("state", STATES), name="state"),
        CheckConstraint("total >= 0", name="total"),
        # This index also serves the query by visitor.
        Index("uq_orders_once", "visitor", "once", unique=True),
        Index("ix_orders_account", "user_id", postgresql_where=text("user_id is not null")),
        Index(
            "ix_orders_reseated",
            "reseat_reservation_id",
            postgresql_where=text("reseat_reservation_id is not null"),
        ),
        Index("ix_orders_email", text("lower(email)"), postgresql_where=text("email is not null")),
        Index("ix_orders_reseat", "reseat_until", postgresql_where=text(one_of("state", (RESEAT,)))),
        # For retention.py: orders that ended unpaid, and buyers who are to be erased.
        Index("ix_orders_unpaid", "ended_at", "id", postgresql_where=text(UNPAID)),
        Index("ix_orders_kept", "paid_at", "id", postgresql_where=text(KEPT)),
        Index("ix_orders_device", "device", "paid_at", postgresql_where=text("device is not null")),
        {"schema": SCHEMA},
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[str] = mapped_column(Text)
    screening_id: Mapped[int] = mapped_column(ForeignKey("events.screenings.id"), index=True)
    reservation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reservations.reservations.id"), unique=True)
    visitor: Mapped[str] = mapped_column(Text)
    once: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int | None] = mapped_column(Integer)
    locale: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    cpf: Mapped[str | None] = mapped_column(Text)
    deadline: Mapped[datetime] = mapped_column(Moment)
    extensions: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    types_chosen: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    age_confirmed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    concessions_chosen: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    total: Mapped[int] = mapped_column(Integer)
    method: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())
    paid_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    end_reason: Mapped[str | None] = mapped_column(Text)
    reseat_reservation_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("reservations.reservations.id")
    )
    reseat_receipt_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    reseat_until: Mapped[datetime | None] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
    channel: Mapped[str] = mapped_column(Text, server_default=text("'web'"))
    device: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    called_off_at: Mapped[datetime | None] = mapped_column(Moment)
    screening_revision: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    told_revision: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    partner_id: Mapped[int | None] = mapped_column(Integer)


class OrderSeatRow(Base):
    """A seat of an order with its ticket type; `price` is what the buyer pays, `full_price` its full price."""

    __tablename__ = "order_seats"
    __table_args__ = (
        CheckConstraint("ticket_type in ('full', 'half')", name="ticket_type"),
        CheckConstraint("(ticket_type = 'half') = (half_kind is not null)", name="half_kind"),
        {"schema": SCHEMA},
    )

    order_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("orders.orders.id", ondelete="CASCADE"), primary_key=True
    )
    seat_id: Mapped[int] = mapped_column(ForeignKey("events.seats.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(Integer)
    full_price: Mapped[int] = mapped_column(Integer)
    ticket_type: Mapped[str] = mapped_column(Text, server_default="full")
    half_kind: Mapped[str | None] = mapped_column(Text)
    price: Mapped[int] = mapped_column(Integer)


class OrderItemRow(Base):
    """A concession of an order, at the price at which it was chosen."""

    __tablename__ = "order_items"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"), {"schema": SCHEMA})

    order_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("orders.orders.id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[int] = mapped_column(ForeignKey("products.products.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Integer)
    unit_price: Mapped[int] = mapped_column(Integer)


class PhoneLinkRow(Base):
    """An order of a kiosk whose tickets were taken to a phone: its link is used up."""

    __tablename__ = "phone_links"
    __table_args__ = ({"schema": SCHEMA},)

    order_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("orders.orders.id", ondelete="CASCADE"), primary_key=True
    )
    taken_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())


class HalfPriceQuotaRow(Base):
    """The row of a screening that is locked while its half-price places are counted."""

    __tablename__ = "half_price_quotas"
    __table_args__ = ({"schema": SCHEMA},)

    screening_id: Mapped[int] = mapped_column(ForeignKey("events.screenings.id"), primary_key=True)


class HalfPriceClaimRow(Base):
    """The half-price places of an order within the quota of 40 %: a claim with an expiry (None: sold)."""

    __tablename__ = "half_price_claims"
    __table_args__ = (
        CheckConstraint("places > 0", name="places"),
        Index("ix_half_price_claims_screening", "screening_id"),
        {"schema": SCHEMA},
    )

    order_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("orders.orders.id", ondelete="CASCADE"), primary_key=True
    )
    screening_id: Mapped[int] = mapped_column(ForeignKey("events.screenings.id"))
    places: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
