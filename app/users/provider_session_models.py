"""The table of sessions that an identity provider is asked about (schema `users`)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.users.models import SCHEMA, Moment


class ProviderSessionRow(Base):
    """A session of a person of an identity provider, with its refresh token; it is asked about at `due_at`."""

    __tablename__ = "provider_sessions"
    __table_args__ = ({"schema": SCHEMA},)

    key: Mapped[str] = mapped_column(ForeignKey("users.sessions.key", ondelete="CASCADE"), primary_key=True)
    issuer: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    sealed_token: Mapped[bytes] = mapped_column(LargeBinary)
    due_at: Mapped[datetime] = mapped_column(Moment, index=True)
