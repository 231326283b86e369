"""Dates of screenings: the calendar date, and for those after midnight both days of the night."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.core.showtime import Showtime, cinema_day, unambiguous_today

RECIFE = "America/Recife"  # UTC-3, no summer time
EVENING = Showtime.of(datetime(2026, 11, 24, 23, 30, tzinfo=UTC), RECIFE)  # Tuesday 20:30
LATE = Showtime.of(datetime(2026, 12, 6, 3, 30, tzinfo=UTC), RECIFE)  # Sunday 0:30, of Saturday's programme


@pytest.mark.parametrize(
    ("showtime", "locale", "words"),
    [
        (EVENING, "pt_BR", "terça, 24 de novembro, 20h30"),
        (EVENING, "en", "Tuesday 24 November, 8:30 pm"),
        (LATE, "pt_BR", "madrugada de sábado 5 para domingo 6 de dezembro, 0h30"),
        (LATE, "en", "the night of Saturday 5 to Sunday 6 December, 12:30 am"),
    ],
)
def test_a_full_date_with_its_time(showtime: Showtime, locale: str, words: str) -> None:
    assert showtime.day_and_time(locale) == words


def test_a_night_between_two_months_names_both() -> None:
    late = Showtime.of(datetime(2026, 12, 1, 3, 5, tzinfo=UTC), RECIFE)
    assert late.day_long("pt_BR") == "madrugada de segunda 30 de novembro para terça 1 de dezembro"
    assert late.day_long("en") == "the night of Monday 30 November to Tuesday 1 December"


def test_today_and_tomorrow_are_calendar_days() -> None:
    noon, evening_before = datetime(2026, 11, 24, 15, tzinfo=UTC), datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert EVENING.day_relative(noon, "pt_BR") == "hoje"
    assert EVENING.day_relative(evening_before, "pt_BR") == "amanhã"
    assert EVENING.day_relative_and_date(evening_before, "en") == "tomorrow, 24 Nov"
    assert EVENING.day_relative(datetime(2026, 11, 20, 15, tzinfo=UTC), "pt_BR") == "ter 24/11"


def test_between_midnight_and_five_no_day_is_called_today() -> None:
    awake = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)  # 0:10 on Tuesday
    assert EVENING.day_relative(awake, "pt_BR") == "ter 24/11"
    assert EVENING.day_relative_and_date(awake, "pt_BR") == "ter 24/11"
    assert unambiguous_today(datetime(2026, 11, 24, 4, 59)) is None  # noqa: DTZ001 - local time
    assert unambiguous_today(datetime(2026, 11, 24, 5, 0)) == date(2026, 11, 24)  # noqa: DTZ001


@pytest.mark.parametrize(
    "now", [datetime(2026, 12, 6, 1, tzinfo=UTC), datetime(2026, 12, 6, 3, 10, tzinfo=UTC)]
)
def test_a_screening_after_midnight_is_neither_today_nor_tomorrow(now: datetime) -> None:
    """This holds at 22:00 on Saturday and at 0:10 on Sunday."""
    assert LATE.day_relative(now, "pt_BR") == "madrugada de sáb para dom 06/12"
    assert LATE.day_relative(now, "en") == "the night of Sat to Sun 6 Dec"
    assert LATE.day_relative_and_date(now, "pt_BR") == "dom 06/12, madrugada"
    assert LATE.night_note("en") == "Sun 6 Dec, after midnight"


def test_the_date_is_of_the_calendar_and_the_cinema_day_of_the_evening() -> None:
    assert (LATE.day, LATE.cinema_day) == (date(2026, 12, 6), date(2026, 12, 5))
    assert LATE.day_short("pt_BR") == "06/12"
    assert LATE.iso() == "2026-12-06T00:30-03:00"
    assert EVENING.night_note("pt_BR") == ""
    assert cinema_day(datetime(2026, 12, 6, 4, 59)) == date(2026, 12, 5)  # noqa: DTZ001
    assert cinema_day(datetime(2026, 12, 6, 5, 0)) == date(2026, 12, 6)  # noqa: DTZ001
