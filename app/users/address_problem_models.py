"""The table of addresses whose mails came back or were reported as spam (schema `users`)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.users.models import SCHEMA, Moment


class AddressProblemRow(Base):
    """What happened last to mails to an address. `address` is its keyed hash: the row tells nobody whose it is.

    `accepted_at`: when a later mail to the address was handed to the mail server, which ends a problem before it.
    """

    __tablename__ = "address_problems"
    __table_args__ = (
        CheckConstraint("problem in ('returned', 'complaint')", name="problem"),
        {"schema": SCHEMA},
    )

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    problem: Mapped[str] = mapped_column(Text, primary_key=True)
    happened_at: Mapped[datetime] = mapped_column(Moment, index=True)
    accepted_at: Mapped[datetime | None] = mapped_column(Moment)
