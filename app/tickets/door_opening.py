"""The time at which an auditorium opens before a screening, for pages, mails, PDFs and the door."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core.config import settings


def opening_lead_time() -> timedelta:
    """The time between opening and start (BILHETERIA_DOORS_OPEN_MINUTES)."""
    return timedelta(minutes=settings().cinema.doors_open_minutes)


def opens_at(starts_at: datetime) -> datetime:
    """The time at which the auditorium opens for a screening that starts at `starts_at`."""
    return starts_at - opening_lead_time()
