"""The start of a screening in the local time of its site, and its formats for people.

Every page, mail, PDF and door verdict that prints the date or the time of a screening uses `Showtime`, so that all of
them print the same calendar date. A screening after midnight still belongs to the
cinema day before (the programme lists it there), and is announced as the night between two days: `madrugada de sábado
5 para domingo 6 de dezembro, 0h30`. See docs/decisions/10-date-and-hour.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.core.i18n import (
    format_clock,
    format_date,
    format_day_long,
    format_day_short,
    local,
    translate,
    weekday,
    weekday_short,
    zone,
)

DAY_STARTS_AT = time(5, 0)  # a cinema day includes the screenings after midnight


def moment_at(clock: datetime, timezone: str) -> datetime | None:
    """The moment (UTC) of the local time `clock` in `timezone`; None for a time that is skipped when clocks go forward.

    Of a time that occurs twice, when clocks go back, it is the first.
    """
    there = clock.replace(tzinfo=zone(timezone), fold=0)
    moment = there.astimezone(UTC)
    return moment if moment.astimezone(there.tzinfo).replace(tzinfo=None) == clock else None


def cinema_day(clock: datetime) -> date:
    """The cinema day of a local time; it ends at 5 in the morning."""
    return clock.date() - timedelta(days=1) if clock.time() < DAY_STARTS_AT else clock.date()


def cinema_day_start(day: date, timezone: str) -> datetime:
    """The moment (UTC) at which the cinema day `day` begins in `timezone`."""
    return datetime.combine(day, DAY_STARTS_AT, zone(timezone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Showtime:
    """The start of a screening: the moment (UTC), the site's time zone, and `clock`, the local time (naive).

    `clock` is the time that was sold: it is printed as it is, and never computed again from `starts_at`.
    """

    starts_at: datetime
    timezone: str
    clock: datetime

    @classmethod
    def of(cls, starts_at: datetime, timezone: str, clock: datetime | None = None) -> Showtime:
        """A showtime; without `clock` (facts that an older version stored) today's rules of the zone give it."""
        return cls(starts_at, timezone, clock or local(starts_at, timezone).replace(tzinfo=None))

    @property
    def day(self) -> date:
        """The calendar day; for a screening after midnight it is the day after its cinema day."""
        return self.clock.date()

    @property
    def cinema_day(self) -> date:
        return cinema_day(self.clock)

    @property
    def is_after_midnight(self) -> bool:
        return self.day != self.cinema_day

    def clock_at(self, moment: datetime) -> datetime:
        """The local time of another moment of this screening, such as its end (naive)."""
        there = local(moment, self.timezone).replace(tzinfo=None)
        moved = self.clock - local(self.starts_at, self.timezone).replace(tzinfo=None)
        return there + moved

    def iso(self, moment: datetime | None = None) -> str:
        """`2026-12-06T00:30-03:00`: the start, or another moment of this screening, for machines."""
        there = self.clock if moment is None else self.clock_at(moment)
        return there.replace(tzinfo=zone(self.timezone)).isoformat(timespec="minutes")

    def time(self, locale: str, moment: datetime | None = None) -> str:
        """`20h30` or `8:30 pm`: of the start, or of another moment of this screening."""
        return format_clock(self.clock if moment is None else self.clock_at(moment), locale)

    def day_short(self, locale: str) -> str:
        """`06/12` or `6 Dec`."""
        return format_day_short(self.day, locale)

    def weekday(self, locale: str) -> str:
        return weekday(self.day, locale)

    def day_long(self, locale: str) -> str:
        """`terça, 24 de novembro`; after midnight `madrugada de sábado 5 para domingo 6 de dezembro`."""
        if not self.is_after_midnight:
            return format_day_long(self.day, locale)
        same_month = self.cinema_day.month == self.day.month
        return translate(
            locale,
            "the night of %(evening)s to %(day)s",
            evening=_weekday_and_day(self.cinema_day, locale, month=not same_month),
            day=_weekday_and_day(self.day, locale, month=True),
        )

    def day_and_time(self, locale: str) -> str:
        """`terça, 24 de novembro, 20h30`: where there is space for all of it."""
        return f"{self.day_long(locale)}, {self.time(locale)}"

    def day_relative(self, now: datetime, locale: str) -> str:
        """Relative to `now`: `hoje`, `amanhã`, `qui 26/11`; after midnight `madrugada de sáb para dom 06/12`."""
        if self.is_after_midnight:
            return translate(
                locale,
                "the night of %(evening)s to %(day)s",
                evening=weekday_short(self.cinema_day, locale),
                day=_named(self.day, locale),
            )
        return _relative(self.day, self._today(now), locale) or _named(self.day, locale)

    def day_relative_and_date(self, now: datetime, locale: str) -> str:
        """The day as in `day_relative`, always with the date, and short: `hoje, 24/11`, `dom 06/12, madrugada`."""
        if note := self.night_note(locale):
            return note
        relative = _relative(self.day, self._today(now), locale)
        return f"{relative}, {self.day_short(locale)}" if relative else _named(self.day, locale)

    def night_note(self, locale: str) -> str:
        """`dom 06/12, madrugada` for a screening that a list shows under its cinema day; empty before midnight."""
        if not self.is_after_midnight:
            return ""
        return translate(locale, "%(day)s, after midnight", day=_named(self.day, locale))

    def _today(self, now: datetime) -> date | None:
        return unambiguous_today(local(now, self.timezone))


def unambiguous_today(clock: datetime) -> date | None:
    """Today; None between midnight and 5, when people disagree about which day "today" is."""
    return clock.date() if cinema_day(clock) == clock.date() else None


def _relative(day: date, today: date | None, locale: str) -> str:
    if today is not None and day == today:
        return translate(locale, "today")
    if today is not None and day == today + timedelta(days=1):
        return translate(locale, "tomorrow")
    return ""


def _named(day: date, locale: str) -> str:
    """`qui 26/11`."""
    return f"{weekday_short(day, locale)} {format_day_short(day, locale)}"


def _weekday_and_day(day: date, locale: str, *, month: bool) -> str:
    """`domingo 6`, `domingo 6 de dezembro`."""
    number = f"{weekday(day, locale)} {day.day}"
    if not month:
        return number
    name = format_date(day, "MMMM", locale)
    return f"{number} de {name}" if locale.startswith("pt") else f"{number} {name}"
