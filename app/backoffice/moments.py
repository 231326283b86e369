"""Moments in words, for the pages of managers."""

from __future__ import annotations

from datetime import datetime

from app.core.i18n import format_day_short, format_time, local
from app.events import service as events
from app.web.locale import locale


def moment_text(moment: datetime | None) -> str:
    """`29/11, 20h30`, in the time zone of the first site; empty for None."""
    if moment is None:
        return ""
    sites = events.cinemas()
    zone = sites[0].timezone if sites else "America/Sao_Paulo"
    return f"{format_day_short(local(moment, zone).date(), locale())}, {format_time(moment, locale(), zone)}"
