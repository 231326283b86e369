"""How early the room opens: the one rule of pages, mails, PDFs and the door."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core.config import settings


def opens_before() -> timedelta:
    """How long before the start people are let in (BILHETERIA_DOORS_OPEN_MINUTES)."""
    return timedelta(minutes=settings().cinema.doors_open_minutes)


def opens_at(starts_at: datetime) -> datetime:
    """The moment at which the room of a screening with this start opens."""
    return starts_at - opens_before()
