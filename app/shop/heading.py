"""The line under a film's title in every step: when, where, in which version."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _

from app.core.i18n import format_day_short, format_time, room_name, weekday_short
from app.events import service as events
from app.events.service import Screening
from app.shop.showings import long_version
from app.web.language import locale


def line_of(screening: Screening) -> str:
    """`hoje, 20h30 · Centro, Sala 2 · legendado`."""
    zone = screening.cinema.timezone
    parts = [
        f"{day_of(screening)}, {format_time(screening.starts_at, locale(), zone)}",
        f"{screening.cinema.name}, {room_name(screening.auditorium_name, locale())}",
        long_version(screening.version) + (f" {screening.format}" if screening.format != "2D" else ""),
    ]
    return " · ".join(part.replace(" ", "\u00a0") if len(part) < 24 else part for part in parts)


def day_of(screening: Screening) -> str:
    """`hoje`, `amanhã`, `qui 26/11`."""
    zone = screening.cinema.timezone
    day = events.cinema_day(screening.starts_at, zone)
    today = events.cinema_day(events.now(), zone)
    if day == today:
        return _("today")
    if day == today + timedelta(days=1):
        return _("tomorrow")
    return f"{weekday_short(day, locale())} {format_day_short(day, locale())}"
