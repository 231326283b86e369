"""Translations, dates and times without Flask, for pages, mails and PDFs.

Message ids are English; `app/translations` holds the Portuguese texts. Times of a screening are shown in the zone of
its site.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import dates
from babel.support import Translations

LOCALES = ("pt_BR", "en")
FOLDER = Path(__file__).resolve().parent.parent / "translations"
_NUMBERED_ROOM = re.compile(r"Sala (\d{1,3}|[A-Z])")


@lru_cache(maxsize=8)
def catalogue(locale: str) -> NullTranslations:
    """The gettext catalogue of `locale`; the English texts are the message ids."""
    return Translations.load(str(FOLDER), [locale])


def load() -> None:
    """Load the data of all languages, some 5 MB; called before a process forks, so that its children share it."""
    day = date(2026, 11, 25)
    for locale in LOCALES:
        catalogue(locale)
        format_day_long(day, locale)
        format_day_short(day, locale)


def translate(locale: str, msgid: str, **values: object) -> str:
    text = catalogue(locale).gettext(msgid)
    return text % values if values else text


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local(moment: datetime, timezone: str) -> datetime:
    return moment.astimezone(zone(timezone))


def format_time(moment: datetime, locale: str, timezone: str) -> str:
    """`20h30` (pt_BR) or `8:30 pm` (en) in the given zone."""
    return format_clock(local(moment, timezone), locale)


def format_clock(clock: datetime, locale: str) -> str:
    """The time of the local `clock`: `20h30` or `8:30 pm`."""
    if locale.startswith("pt"):
        return f"{clock.hour}h{clock.minute:02d}"
    return f"{clock.hour % 12 or 12}:{clock.minute:02d} {'am' if clock.hour < 12 else 'pm'}"


@lru_cache(maxsize=1024)
def format_date(day: date, pattern: str, locale: str) -> str:
    """`day` by a pattern of Babel, such as `d MMM`. A page names the same few days again and again."""
    return dates.format_date(day, pattern, locale)


def format_day_long(day: date, locale: str) -> str:
    """`terça, 24 de novembro` or `Tuesday 24 November`."""
    if locale.startswith("pt"):
        return (
            f"{weekday(day, locale)}, {format_date(day, 'd', locale)} de {format_date(day, 'MMMM', locale)}"
        )
    return format_date(day, "EEEE d MMMM", locale)


def format_day_short(day: date, locale: str) -> str:
    """`24/11` or `24 Nov`."""
    return f"{day.day:02d}/{day.month:02d}" if locale.startswith("pt") else format_date(day, "d MMM", locale)


def weekday(day: date, locale: str) -> str:
    """`terça` (spoken form, without -feira) or `Tuesday`."""
    return format_date(day, "EEEE", locale).removesuffix("-feira")


def weekday_short(day: date, locale: str) -> str:
    return format_date(day, "EEE", locale).rstrip(".")


def auditorium_name(name: str, locale: str) -> str:
    """The name of an auditorium: `Sala 2` is `Room 2` in English; a proper name (`Sala Azul`) is not translated."""
    numbered = _NUMBERED_ROOM.fullmatch(name)
    return translate(locale, "Room %(number)s", number=numbered[1]) if numbered else name


def format_duration(minutes: int, locale: str) -> str:
    """153 as `2h33` (pt_BR) or `2 h 33 min` (en), 14 as `14 min`; without a line break."""
    hours, rest = divmod(minutes, 60)
    if hours and not locale.startswith("pt"):
        return f"{hours}\u00a0h\u00a0{rest}\u00a0min" if rest else f"{hours}\u00a0h"
    return f"{hours}h{rest:02d}" if hours else f"{rest} min"
