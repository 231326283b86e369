"""Tables of the second factor (schema `users`): keys of authenticator apps, recovery codes, and who changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, LargeBinary, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.users.models import SCHEMA, Moment

Change = Literal["on", "off", "reset", "new_codes", "recovery_used"]
CHANGES: tuple[str, ...] = get_args(Change)


class SecondFactorRow(Base):
    """The second factor of an account. It counts once it is confirmed; `last_step` is the step of the last code."""

    __tablename__ = "second_factors"
    __table_args__ = ({"schema": SCHEMA},)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    last_step: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCodeRow(Base):
    """A recovery code that was not used yet; only its hash is stored."""

    __tablename__ = "recovery_codes"
    __table_args__ = ({"schema": SCHEMA},)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    code_hash: Mapped[str] = mapped_column(Text, primary_key=True)


class SecondFactorChangeRow(Base):
    """What happened to the second factor of an account. `by_user_id` is null for a command."""

    __tablename__ = "second_factor_changes"
    __table_args__ = (CheckConstraint(f"change in {CHANGES!r}", name="change"), {"schema": SCHEMA})

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.users.id", ondelete="CASCADE"), index=True)
    by_user_id: Mapped[int | None] = mapped_column(Integer)
    change: Mapped[str] = mapped_column(Text)
    happened_at: Mapped[datetime] = mapped_column(Moment, server_default=func.clock_timestamp())
