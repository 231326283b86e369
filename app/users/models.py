"""Tables of user-service (schema `users`): accounts, sessions, e-mail tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

SCHEMA = "users"
ROLES = ("customer", "door", "manager")
PURPOSES = ("verify", "reset")
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


class EmailTokenRow(Base):
    """A single-use token in the link of a mail; only its hash is stored."""

    __tablename__ = "email_tokens"
    __table_args__ = (CheckConstraint(f"purpose in {PURPOSES!r}", name="purpose"), {"schema": SCHEMA})

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Moment)
