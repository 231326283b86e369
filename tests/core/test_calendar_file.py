"""The calendar file of an order: one entry in the site's time zone, without ticket codes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from app.core.calendar_file import Visit, calendar_file
from app.core.config import Settings
from app.core.showtime import Showtime

ORDER = uuid.UUID("0b0c4ed6-6f6c-4f0a-8a3e-94fd5d5a7a11")
HALF_PAST_MIDNIGHT = datetime(2026, 12, 6, 3, 30, tzinfo=UTC)  # in Recife


def visit(
    starts_at: datetime = HALF_PAST_MIDNIGHT, *, called_off: bool = False, film: str = "Limite"
) -> Visit:
    return Visit(
        order_id=ORDER,
        order_code="LUZ-4720",
        film=film,
        cinema="Centro",
        address="Rua 1, Recife",
        auditorium="Sala 2",
        seats=["F7", "F8"],
        showtime=Showtime.of(starts_at, "America/Recife"),
        ends_at=starts_at + timedelta(hours=2),
        website="http://localhost",
        called_off=called_off,
    )


def entry(content: bytes) -> Any:
    (found,) = Calendar.from_ical(content).walk("VEVENT")
    return found


@pytest.fixture(autouse=True)
def _settings(settings: Settings) -> None:
    pass


def test_the_times_are_local_and_name_the_time_zone() -> None:
    content = calendar_file(visit(), "pt_BR")
    assert b"DTSTART;TZID=America/Recife:20261206T003000" in content
    assert b"BEGIN:VTIMEZONE" in content
    assert entry(content).end == HALF_PAST_MIDNIGHT + timedelta(hours=2)


@pytest.mark.parametrize("locale", ["pt_BR", "en"])
def test_a_cancelled_screening_replaces_the_entry(locale: str) -> None:
    stood, over = (entry(calendar_file(visit(called_off=off), locale)) for off in (False, True))
    assert stood["uid"] == over["uid"] == str(ORDER)
    assert (stood["sequence"], stood["status"]) == (0, "CONFIRMED")
    assert (over["sequence"], over["status"]) == (1, "CANCELLED")
    assert ("cancelado" if locale == "pt_BR" else "cancelled") in over["description"]


def test_punctuation_of_titles_is_escaped() -> None:
    """Commas, semicolons and line breaks separate the fields of a calendar file."""
    film = "A, B; C\r\nURL:http://evil.example"
    found = entry(calendar_file(visit(film=film), "en"))
    assert str(found["url"]) == "http://localhost"
    assert found["summary"].startswith("A, B; C")
    assert found["location"] == "Centro, Rua 1, Recife"


def test_the_file_names_the_summer_time_of_its_zone() -> None:
    """The file carries the rules of that year for a zone with summer time."""
    starts = datetime(2026, 7, 1, 18, 0, tzinfo=UTC)
    in_lisbon = Visit(
        order_id=ORDER, order_code="LUZ-4720", film="Limite", cinema="Baixa", address="Rua 1", auditorium="Sala 2",
        seats=["F7"], showtime=Showtime.of(starts, "Europe/Lisbon"), ends_at=starts + timedelta(hours=2),
        website="http://localhost",
    )  # fmt: skip
    content = calendar_file(in_lisbon, "en")
    assert b"DTSTART;TZID=Europe/Lisbon:20260701T190000" in content
    assert b"TZOFFSETTO:+0100" in content
    assert entry(content).start == starts
