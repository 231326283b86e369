"""The tables of reservation-service (schema `reservations`). A claim is a row; its uniqueness is the lock."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.core.state_machine import none_of, one_of
from app.reservations.states import (
    CANCELLED,
    HELD,
    LIVE_REQUESTS,
    OFFERED,
    OPEN,
    REQUEST,
    RESERVATION,
    WAITING,
)

SCHEMA = "reservations"
LOCALES = ("pt_BR", "en")
IS_HELD = one_of("state", (HELD,))


class ReservationRow(Base):
    """Seats of one screening for one visitor. `expires_at` is the deadline plus the grace.

    `address_key` is a key made from the network address while the seats are held; it is empty afterwards. `channel` and
    `device` are those of the actor who asked for the seats.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint(one_of("state", RESERVATION.states), name="state"),
        Index("ix_reservations_due", "expires_at", postgresql_where=text(IS_HELD)),
        Index("ix_reservations_visitor", "visitor", "expires_at", postgresql_where=text(IS_HELD)),
        Index("ix_reservations_address", "address_key", "expires_at", postgresql_where=text(IS_HELD)),
        Index(
            "ix_reservations_address_left",
            "id",
            postgresql_where=text(f"{none_of('state', (HELD,))} and address_key <> ''"),
        ),
        {"schema": SCHEMA},
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    screening_id: Mapped[int] = mapped_column(ForeignKey("events.screenings.id"))
    state: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    visitor: Mapped[str] = mapped_column(Text)
    address_key: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    channel: Mapped[str] = mapped_column(Text, server_default=text("'web'"))
    device: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class ReservationSeatRow(Base):
    """A seat that a reservation asked for. It is kept after the claim is deleted: a late payment reclaims the seat."""

    __tablename__ = "reservation_seats"
    __table_args__ = ({"schema": SCHEMA},)

    reservation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("reservations.reservations.id", ondelete="CASCADE"), primary_key=True
    )
    seat_id: Mapped[int] = mapped_column(ForeignKey("events.seats.id"), primary_key=True, index=True)


class SeatClaimRow(Base):
    """The reservation that has a seat. `expires_at` null: sold. The row of an expired claim is used by the next one."""

    __tablename__ = "seat_claims"
    __table_args__ = (
        # No foreign keys to the screening and the seat: the reservation has them, and checks of each claim are slow.
        ForeignKeyConstraint(["reservation_id"], ["reservations.reservations.id"]),
        Index("ix_seat_claims_reservation_id", "reservation_id"),
        {"schema": SCHEMA},
    )

    screening_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seat_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    reservation_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RequestRow(Base):
    """A request for N seats together that did not fit: open until it has an e-mail, then in the waiting list."""

    __tablename__ = "requests"
    __table_args__ = (
        CheckConstraint(one_of("state", REQUEST.states), name="state"),
        CheckConstraint(one_of("locale", LOCALES), name="locale"),
        CheckConstraint(f"{one_of('state', (OPEN, CANCELLED))} or email is not null", name="email"),
        CheckConstraint(f"{none_of('state', (OFFERED,))} or reservation_id is not null", name="offer"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index(
            "ix_requests_waiting",
            "screening_id",
            "waiting_since",
            "id",
            postgresql_where=text(one_of("state", (WAITING,))),
        ),
        Index(
            "uq_requests_offer",
            "reservation_id",
            unique=True,
            postgresql_where=text("reservation_id is not null"),
        ),
        # The requests of one e-mail are counted under a lock (`limits.py`).
        Index("ix_requests_email", "email", postgresql_where=text("email is not null")),
        Index(
            "ix_requests_visitor",
            "visitor",
            postgresql_where=text(one_of("state", REQUEST.before("cancel"))),
        ),
        Index(
            "ix_requests_ended",
            text("coalesce(ended_at, created_at)"),
            postgresql_where=text(none_of("state", LIVE_REQUESTS)),
        ),
        {"schema": SCHEMA},
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    screening_id: Mapped[int] = mapped_column(ForeignKey("events.screenings.id"))
    state: Mapped[str] = mapped_column(Text, server_default=text(f"'{OPEN}'"))
    quantity: Mapped[int] = mapped_column(Integer)
    email: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    visitor: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    waiting_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reservation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reservations.reservations.id"))
    offered_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    channel: Mapped[str] = mapped_column(Text, server_default=text("'web'"))
    device: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class SeatWatchRow(Base):
    """A screening whose seat map is on a screen until then: its claims send a NOTIFY."""

    __tablename__ = "seat_watches"
    __table_args__ = ({"schema": SCHEMA, "prefixes": ["UNLOGGED"]},)

    screening_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
