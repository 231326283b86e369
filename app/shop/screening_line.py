"""The line under a film's title: when, where and in which version it is shown."""

from __future__ import annotations

from app.core.i18n import auditorium_name
from app.events import service as events
from app.events.service import Screening
from app.shop.labels import long_version
from app.web.devices import current_kiosk
from app.web.locale import locale


def screening_line(screening: Screening) -> str:
    """`hoje, 20h30 · Centro, Sala 2 · legendado`; a kiosk sells its own cinema alone and does not name it."""
    showtime = screening.showtime
    time = showtime.time(locale()).replace(" ", "\u00a0")
    auditorium = auditorium_name(screening.auditorium_name, locale())
    parts = [
        f"{showtime.day_relative(events.now(), locale())},\u00a0{time}",
        auditorium if current_kiosk() is not None else f"{screening.cinema.name}, {auditorium}",
        long_version(screening.version) + (f" {screening.format}" if screening.format != "2D" else ""),
    ]
    return " · ".join(part.replace(" ", "\u00a0") if len(part) < 24 else part for part in parts)
