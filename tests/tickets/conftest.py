"""Fixtures for tickets: an empty database and a paid order (Metrópolis, Sala 2, in half an hour, seats F7, F8)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import db
from app.tickets import service, signing_keys
from app.tickets.service import Concession, IssueFacts, Ticket, TicketLine
from tests.actors import door_actor

FULL = TicketLine(57, "F7", "F", "7", "Padrão", "full", None, 3800)
STUDENT = TicketLine(58, "F8", "F", "8", "Padrão", "half", "student", 1900)


def noon_timezone() -> str:
    """A time zone where it is noon now, so that the day does not change during a test."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


def make_facts(**changes: Any) -> IssueFacts:
    starts_at = datetime.now(UTC) + timedelta(minutes=30)
    values: dict[str, Any] = {
        "order_id": uuid.uuid4(),
        "order_code": "LUZ472",
        "screening_id": 41,
        "film_title": "Metrópolis",
        "film_title_en": "Metropolis",
        "original_title": "Metropolis",
        "year": 1927,
        "age_rating": "12",
        "duration_minutes": 153,
        "version": "subtitled",
        "format": "2D",
        "cinema_id": 1,
        "cinema_name": "Centro",
        "cinema_address": "Rua da Consolação, 2403",
        "auditorium_name": "Sala 2",
        "auditorium_label": "2",
        "paper_colour": "green",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=153),
        "timezone": noon_timezone(),
        "locale": "pt_BR",
        "concessions": (Concession(1, "Combo Sessão dupla", "Double bill combo"),),
    }
    if "starts_at" in changes and "ends_at" not in changes:
        changes["ends_at"] = changes["starts_at"] + timedelta(minutes=153)
    return IssueFacts(**values | changes)


Issue = Callable[..., list[Ticket]]


@pytest.fixture
def issue(database: str) -> Issue:
    """Issue tickets for F7 (inteira) and F8 (meia, estudante); keyword arguments replace facts."""
    signing_keys.clear_cache()

    def tickets(lines: Sequence[TicketLine] = (FULL, STUDENT), **changes: Any) -> list[Ticket]:
        with db.transaction():
            return service.issue(make_facts(**changes), lines)

    return tickets


def admit(
    text: str, gate: str = "1", user_id: int | None = 7, address_key: str = "", **door: Any
) -> service.Admission:
    with db.transaction():
        return service.admit(text, door_actor(user_id, address_key), gate=gate, **door)


def retire_keys() -> tuple[int, int]:
    """Rotate and retire all keys; returns the new key's id and the number of re-signed tickets."""
    with db.transaction():
        kid = service.rotate_key(retire=True)
    return kid, service.re_sign_tickets()


def of_order(order_id: uuid.UUID) -> list[Ticket]:
    with db.reading():
        return service.of_order(order_id)
