"""Tables of user-service (schema `users`). Tokens of e-mail links are stored hashed."""

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
    """An account. `session_key` changes with the password, which ends every other session."""

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
    session_key: Mapped[str] = mapped_column(Text)
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())


class EmailTokenRow(Base):
    """A link sent by mail: used once, until it ends."""

    __tablename__ = "email_tokens"
    __table_args__ = (CheckConstraint(f"purpose in {PURPOSES!r}", name="purpose"), {"schema": SCHEMA})

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Moment)
