"""Template filters for money, times and days, in the page's language and the site's zone."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from flask import Flask

from app.core import i18n, money
from app.core.codes import grouped
from app.core.config import Settings
from app.web.locale import locale


def init_app(app: Flask, settings: Settings) -> None:
    """Add the filters.

    They are `money`, `money_short`, `time(zone)`, `day_long`, `day_short`, `weekday`, `weekday_short`, `duration`,
    `code`, `auditorium`.
    """
    app.jinja_env.filters.update(
        money=lambda centavos: money.format_money(centavos, locale()),
        money_short=lambda centavos: money.format_money_short(centavos, locale()),
        time=lambda moment, timezone: i18n.format_time(moment, locale(), timezone),
        local=i18n.local,
        day_long=lambda day, timezone=None: i18n.format_day_long(_day(day, timezone), locale()),
        day_short=lambda day, timezone=None: i18n.format_day_short(_day(day, timezone), locale()),
        weekday=lambda day, timezone=None: i18n.weekday(_day(day, timezone), locale()),
        weekday_short=lambda day, timezone=None: i18n.weekday_short(_day(day, timezone), locale()),
        duration=lambda minutes: i18n.format_duration(minutes, locale()),
        auditorium=lambda name: i18n.auditorium_name(name, locale()),
        code=grouped,
    )
    app.jinja_env.globals.update(
        cinema_name=settings.cinema.name,
        once=lambda: secrets.token_urlsafe(12),
        max_seats=settings.holds.max_seats,
        provider=settings.payments.provider,
    )
    app.context_processor(lambda: {"locale": locale()})


def _day(day: date | datetime, timezone: str | None) -> date:
    if isinstance(day, datetime):
        return (i18n.local(day, timezone) if timezone else day).date()
    return day
