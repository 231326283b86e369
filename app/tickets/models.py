"""Tables of ticket-service (schema `tickets`): issues, tickets, signing keys, PDFs, tries at the door, conflicts."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from app.core.db import Base
from app.core.state_machine import none_of, one_of
from app.tickets.states import REVOKED, STATES, USED, VALID

SCHEMA = "tickets"


class TransactionId(UserDefinedType[int]):
    """The type xid8 of Postgres: the number of a transaction, in the order of their first changes."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


class IssueRow(Base):
    """The issue of an order's tickets, with the facts that they share. Its key lets an order be issued once only."""

    __tablename__ = "issues"
    __table_args__ = (Index("ix_issues_screening_id", "screening_id"), {"schema": SCHEMA})

    order_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    screening_id: Mapped[int] = mapped_column(Integer)
    cinema_id: Mapped[int] = mapped_column(Integer)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    issued_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class TicketRow(Base):
    """A ticket: one seat, one person, one admission. `number` counts from 1 within the order."""

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint(one_of("state", STATES), name="state"),
        CheckConstraint(f"({one_of('state', USED)}) = (admitted_at is not null)", name="admitted_at"),
        Index("ix_tickets_order_id", "order_id"),
        Index("ix_tickets_changed_in", "changed_in"),
        Index(
            "uq_tickets_seat",
            "screening_id",
            "seat_id",
            unique=True,
            postgresql_where=text(none_of("state", (REVOKED,))),
        ),
        {"schema": SCHEMA},
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.issues.order_id"))
    number: Mapped[int] = mapped_column(SmallInteger)
    code: Mapped[str] = mapped_column(Text, unique=True)
    qr_text: Mapped[str] = mapped_column(Text)
    kid: Mapped[int] = mapped_column(SmallInteger)
    revision: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    state: Mapped[str] = mapped_column(Text, server_default=text(f"'{VALID}'"))
    screening_id: Mapped[int] = mapped_column(Integer)
    seat_id: Mapped[int] = mapped_column(Integer)
    seat_name: Mapped[str] = mapped_column(Text)
    row_label: Mapped[str] = mapped_column(Text)
    seat_number: Mapped[str] = mapped_column(Text)
    zone_name: Mapped[str] = mapped_column(Text)
    ticket_type: Mapped[str] = mapped_column(Text)
    half_kind: Mapped[str | None] = mapped_column(Text)
    price: Mapped[int] = mapped_column(Integer)
    admitted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    gate: Mapped[str | None] = mapped_column(Text)
    admitted_by: Mapped[int | None] = mapped_column(Integer)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    section: Mapped[str] = mapped_column(Text, server_default="")
    qr_symbol: Mapped[bytes | None] = mapped_column(LargeBinary)  # of qr_text, drawn (core/qr_symbol.py)
    # The last time at which a supervisor let the person out; it stays when they come back.
    left_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # The transaction that changed the row last, set by the trigger below; 0 before there was one.
    changed_in: Mapped[int] = mapped_column(TransactionId, server_default=text("'0'"))


# A trigger sets `changed_in`, so that no statement can forget it. The migration creates the same one.
_MARK_CHANGE = DDL(
    "create or replace function tickets.mark_change() returns trigger language plpgsql as"
    " $$begin new.changed_in := pg_current_xact_id(); return new; end$$;"
    " create trigger mark_change before insert or update on tickets.tickets"
    " for each row execute function tickets.mark_change()"
)  # type: ignore[no-untyped-call]
event.listen(TicketRow.__table__, "after_create", _MARK_CHANGE)


class SigningKeyRow(Base):
    """An Ed25519 key pair. The private key is encrypted; the public key is kept, so that old tickets stay valid."""

    __tablename__ = "signing_keys"
    __table_args__ = (CheckConstraint("kid between 1 and 32767", name="kid"), {"schema": SCHEMA})

    kid: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_private_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # The time at which all tickets of a retired key were re-signed.
    replaced_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # The time from which it signs tickets. Null, of a key of an older version: since it was created.
    signs_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DocumentRow(Base):
    """The PDF of an order in the storage. `ends_at` is the end of its screening."""

    __tablename__ = "documents"
    __table_args__ = (Index("ix_documents_ends_at", "ends_at"), {"schema": SCHEMA})

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.issues.order_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger)
    storage_key: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class AdmissionRow(Base):
    """A try at the door and its verdict, or a supervisor's decision. Neither the scanned text nor a name is stored.

    Rows are only added. `once` is the once-token of the form: a form that is sent twice is one try. A decision has the
    account that decided, the row that it is about, the reason (of door_views.REASONS), and a note. `scanned_at` is the
    time, by the device's clock, of a scan that it made without a network; `at` is then the time when the scan arrived.
    """

    __tablename__ = "admissions"
    __table_args__ = (
        Index("ix_admissions_at", "at"),
        Index("ix_admissions_ticket_id", "ticket_id"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
    verdict: Mapped[str] = mapped_column(Text)
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    screening_id: Mapped[int | None] = mapped_column(Integer)
    gate: Mapped[str] = mapped_column(Text)
    by_user_id: Mapped[int | None] = mapped_column(Integer)
    once: Mapped[str | None] = mapped_column(Text, unique=True)
    device: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    supervisor_id: Mapped[int | None] = mapped_column(Integer)
    previous_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    scanned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DoorConflictRow(Base):
    """A person whom a door without a network let in and whom the server would have refused. Rows are only added.

    `reason` is of door_views.CONFLICT_REASONS; `other_*` is the fact that speaks against the scan: the first admission,
    the revocation, or the undo.
    """

    __tablename__ = "door_conflicts"
    __table_args__ = (
        UniqueConstraint("admission_id"),
        Index("ix_door_conflicts_cinema_id", "cinema_id", "recorded_at"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    admission_id: Mapped[int] = mapped_column(ForeignKey("tickets.admissions.id"))
    ticket_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    cinema_id: Mapped[int] = mapped_column(Integer)
    screening_id: Mapped[int] = mapped_column(Integer)
    seat_name: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    other_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    other_gate: Mapped[str] = mapped_column(Text)
    other_by: Mapped[int | None] = mapped_column(Integer)
    scanned_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    gate: Mapped[str] = mapped_column(Text)
    by_user_id: Mapped[int | None] = mapped_column(Integer)
    device: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    changed_in: Mapped[int] = mapped_column(TransactionId, server_default=text("pg_current_xact_id()"))
