"""Tables of user-service (schema `users`): accounts, sessions, e-mail tokens, PINs, devices, pairings, partners, and
their webhooks."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    func,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.core.state_machine import one_of
from app.users.states import DELIVERY_STATES, PENDING, WEBHOOK_STATES

SCHEMA = "users"
ROLES = ("customer", "door", "supervisor", "manager")
PURPOSES = ("verify", "reset")
DEVICE_KINDS = ("kiosk", "door")
Moment = DateTime(timezone=True)


class UserRow(Base):
    """An account."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(f"role in {ROLES!r}", name="role"),
        Index("uq_users_email", text("lower(email)"), unique=True),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text, server_default="customer")
    locale: Mapped[str] = mapped_column(Text, server_default="pt_BR")
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())


class SessionRow(Base):
    """A session of a browser that signed in. It lasts until sign-out (`ended_at`) or for SESSION_DAYS."""

    __tablename__ = "sessions"
    __table_args__ = ({"schema": SCHEMA},)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.users.id", ondelete="CASCADE"), index=True)
    began_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class ExternalSubjectRow(Base):
    """A person of an identity provider: its issuer, its id of the person, and the account here."""

    __tablename__ = "external_subjects"
    __table_args__ = ({"schema": SCHEMA},)

    issuer: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.users.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())


class EmailTokenRow(Base):
    """A single-use token in the link of a mail; only its hash is stored."""

    __tablename__ = "email_tokens"
    __table_args__ = (CheckConstraint(f"purpose in {PURPOSES!r}", name="purpose"), {"schema": SCHEMA})

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class DeviceRow(Base):
    """A device of the cinema: a kiosk or a scanner. A revoked one keeps its row: orders name it.

    Only hashes of its tokens are stored. `next_token_hash` is of a token that was issued and not used yet: both are
    valid until it is. `site_id` is the cinema's id in event-service. `account_id` is the account that was signed in
    last at a door device; a kiosk has none. `has_terminal`: a card terminal stands at this kiosk.
    """

    __tablename__ = "devices"
    __table_args__ = (CheckConstraint(f"kind in {DEVICE_KINDS!r}", name="kind"), {"schema": SCHEMA})

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    site_id: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str | None] = mapped_column(Text, unique=True)
    next_token_hash: Mapped[str | None] = mapped_column(Text, unique=True)
    token_issued_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())
    last_seen_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[str] = mapped_column(Text, server_default=text("''"))
    printer_state: Mapped[str] = mapped_column(Text, server_default=text("'unknown'"))
    paper_state: Mapped[str] = mapped_column(Text, server_default=text("'unknown'"))
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    account_id: Mapped[int | None] = mapped_column(Integer)
    has_terminal: Mapped[bool] = mapped_column(Boolean, server_default=true())


class DeviceAccountRow(Base):
    """An account that was signed in at a door device: the device sends the scans of its staff later."""

    __tablename__ = "device_accounts"
    __table_args__ = ({"schema": SCHEMA},)

    device_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("users.devices.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())


class PairingRow(Base):
    """A code that a new machine shows until a manager types it in; `device_id` is then the device that it becomes."""

    __tablename__ = "pairings"
    __table_args__ = (CheckConstraint(f"kind in {DEVICE_KINDS!r}", name="kind"), {"schema": SCHEMA})

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    device_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.devices.id", ondelete="CASCADE"))


class PinRow(Base):
    """The PIN with which a supervisor decides at a device where another account is signed in."""

    __tablename__ = "pins"
    __table_args__ = ({"schema": SCHEMA},)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    pin_hash: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())


class PartnerRow(Base):
    """A company whose system calls the REST API. A blocked one keeps its row: orders name it.

    `client_id` is its client at the identity provider, which holds the secret. `site_ids` are ids of cinemas in
    event-service; an empty list means all of them.
    """

    __tablename__ = "partners"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    client_id: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    site_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"))
    requests_per_minute: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())
    blocked_at: Mapped[datetime | None] = mapped_column(Moment)


class WebhookRow(Base):
    """An address to which a partner wants the events of its orders posted. `events` are names of `core.partner_events`.

    `reason` says why it is paused or disabled. `sealed_former_secret` signs too until `former_until`. `failing_since`
    and `failures` are of the attempts since the last success. No attempt is made before `resting_until`. One worker at
    a time sends, until `leased_until`. `wanted_at`: when the deliveries were last put into the queue by the clock.
    """

    __tablename__ = "webhooks"
    __table_args__ = (CheckConstraint(one_of("state", WEBHOOK_STATES), name="state"), {"schema": SCHEMA})

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("users.partners.id"), index=True)
    address: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, server_default=text("''"))
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_former_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_until: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())
    failing_since: Mapped[datetime | None] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    resting_until: Mapped[datetime | None] = mapped_column(Moment)
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    wanted_at: Mapped[datetime | None] = mapped_column(Moment)


class WebhookDeliveryRow(Base):
    """One event for one webhook. `event_id` is the header `webhook-id`, `body` is what is posted, the same each time.

    `attempts` counts all, `tries` those since the event or its last replay; it is given up at `give_up_at`.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint(one_of("state", DELIVERY_STATES), name="state"),
        Index("ix_webhook_deliveries_happened_at", "webhook_id", "happened_at", "event_id"),
        Index(
            "ix_webhook_deliveries_due_at",
            "webhook_id",
            "due_at",
            postgresql_where=text(one_of("state", (PENDING,))),
        ),
        Index("ix_webhook_deliveries_recorded_at", "recorded_at"),
        {"schema": SCHEMA},
    )

    webhook_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("users.webhooks.id", ondelete="CASCADE"), primary_key=True
    )
    event_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    event: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    happened_at: Mapped[datetime] = mapped_column(Moment)
    recorded_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())
    due_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())
    give_up_at: Mapped[datetime] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class WebhookAttemptRow(Base):
    """One POST of a delivery. Without an answer `status` is null and `error` says why. `answer` is its masked start."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["webhook_id", "event_id"],
            ["users.webhook_deliveries.webhook_id", "users.webhook_deliveries.event_id"],
            ondelete="CASCADE",
        ),
        {"schema": SCHEMA},
    )

    webhook_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    event_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    began_at: Mapped[datetime] = mapped_column(Moment)
    milliseconds: Mapped[int] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    error: Mapped[str] = mapped_column(Text, server_default=text("''"))
    answer: Mapped[str] = mapped_column(Text, server_default=text("''"))
