"""The line under a film's title in every step: when, where, in which version."""

from __future__ import annotations

from app.core.i18n import room_name
from app.events import service as events
from app.events.service import Screening
from app.shop.showings import long_version
from app.web.language import locale


def line_of(screening: Screening) -> str:
    """`hoje, 20h30 · Centro, Sala 2 · legendado`."""
    showtime = screening.showtime
    time = showtime.time(locale()).replace(" ", "\u00a0")
    parts = [
        f"{showtime.day_near(events.now(), locale())},\u00a0{time}",
        f"{screening.cinema.name}, {room_name(screening.auditorium_name, locale())}",
        long_version(screening.version) + (f" {screening.format}" if screening.format != "2D" else ""),
    ]
    return " · ".join(part.replace(" ", "\u00a0") if len(part) < 24 else part for part in parts)
