"""The place of a device: it is chosen, stored on the device, has a default, and changes when its screening is over."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import cache, db
from app.events.service import Screening
from tests.door.door_fixtures import (
    Staff,
    another_screening,
    call_off,
    field_errors,
    issue_tickets,
    make_door_screening,
    verdict_kind,
    verdict_title,
)

PLACE = re.compile(r'id="_place"[^>]*>([^<]+)<')
OPTION = re.compile(r'<option value="([^"]+)"( selected)?>([^<]+)</option>')


def place(staff: Staff) -> str:
    found = PLACE.search(staff.get("/staff/scan").text)
    assert found is not None
    return html.unescape(found[1])


def move_start(screening: Screening, minutes: int) -> None:
    """Move the screening, with its end, so that it starts in `minutes`."""
    with db.transaction() as session:
        session.execute(
            text(
                "update events.screenings set starts_at = clock_timestamp() + make_interval(mins => :m),"
                " ends_at = clock_timestamp() + make_interval(mins => :m + 153) where id = :id"
            ),
            {"m": minutes, "id": screening.id},
        )
    cache.clear_all()


def test_without_a_programme_the_page_works(app: Flask) -> None:
    staff = Staff(app)
    assert place(staff) == "Gate 1"
    assert verdict_title(staff.scan("K7QF2M9XRT")) == "Not found"


def test_the_next_screening_is_the_default(app: Flask) -> None:
    screening = make_door_screening()
    another_screening(screening, starts_in=timedelta(minutes=90), room="Sala 1")
    began = another_screening(screening, starts_in=timedelta(minutes=-45), room="Sala 3")
    staff = Staff(app, "pt-BR")
    assert place(staff).startswith("Portão 1 · Sala 2 · ")
    move_start(screening, -40)
    assert place(staff).startswith("Portão 1 · Sala 1 · "), "nobody comes for one that began long ago"
    assert verdict_kind(staff.scan(issue_tickets(began)[0].code)) == "elsewhere"


def test_the_place_is_stored_on_the_device(app: Flask) -> None:
    screening = make_door_screening()
    other = another_screening(screening, starts_in=timedelta(minutes=90), room="Sala 1")
    staff = Staff(app)
    staff.stand_at(other, gate="  Portão\t2 ")
    assert place(staff).startswith("Portão 2 · Room 1 · ")
    assert staff.post("/account/sign-out").status_code == 303
    again = Staff(app, email="rosa@example.org")
    again.client = staff.client
    again.post("/account/sign-in", {"email": again.email, "password": "uma frase bem comprida"})
    assert place(again).startswith("Portão 2 · Room 1 · "), "the next at this door stands there too"
    assert place(Staff(app, email="eva@example.org")).startswith("Gate 1 · Room 2 · ")


def test_a_whole_site_as_place(app: Flask) -> None:
    screening = make_door_screening()
    other = another_screening(screening, starts_in=timedelta(minutes=40), room="Sala 1")
    early = another_screening(screening, starts_in=timedelta(minutes=100), room="Sala 3")
    staff = Staff(app)
    staff.post("/staff/place", {"place": f"cinema-{screening.cinema.id}", "gate": "Foyer"})
    assert place(staff) == "Foyer · Lanterna · All rooms"
    assert [verdict_kind(staff.scan(issue_tickets(one)[0].code)) for one in (screening, other)] == [
        "in",
        "in",
    ]
    assert verdict_title(staff.scan(issue_tickets(early)[0].code)).startswith("Not yet: opens at ")
    assert (
        verdict_title(
            staff.scan(issue_tickets(screening, cinema_id=screening.cinema.id + 1, screening_id=9000)[0].code)
        )
        == "Another cinema"
    )
    counted = re.findall(r"<b>(\d+)</b>", staff.get("/staff/scan").text)
    assert counted == ["2", "2", "4"], "of the two that are open"


def test_a_screening_that_is_over_is_replaced_by_the_next_in_its_auditorium(app: Flask) -> None:
    screening = make_door_screening()
    staff = Staff(app)
    staff.stand_at(screening)
    move_start(screening, -160)
    later = another_screening(screening, starts_in=timedelta(minutes=30))
    another_screening(screening, starts_in=timedelta(minutes=10), room="Sala 1")
    assert place(staff).startswith("Portão 2 · Room 2 · ")
    assert verdict_kind(staff.scan(issue_tickets(later)[0].code)) == "in"
    call_off(later)
    assert place(staff) == "Portão 2 · Lanterna · All rooms"


def test_screenings_of_today_that_are_not_over_can_be_chosen(app: Flask) -> None:
    screening = make_door_screening()
    over = another_screening(screening, starts_in=timedelta(minutes=-200), room="Sala 1")
    gone = another_screening(screening, starts_in=timedelta(minutes=30), room="Sala 3")
    another_screening(screening, starts_in=timedelta(days=1), room="Sala 4")
    call_off(gone)
    staff = Staff(app)
    options = OPTION.findall(staff.get("/staff/scan").text)
    assert [(value, bool(chosen)) for value, chosen, _ in options] == [
        (f"cinema-{screening.cinema.id}", False),
        (f"screening-{screening.id}", True),
    ]
    assert "Room 2 · Metrópolis" in options[1][2]
    for refused in (over, gone):
        answer = staff.post("/staff/place", {"place": f"screening-{refused.id}", "gate": "Foyer"})
        assert answer.status_code == 422
        assert list(field_errors(answer)) == ["place"]
        assert 'value="Foyer"' in answer.text, "what was typed is kept"


INVALID_PLACES = (
    *("", "cinema-", "cinema-999999", "screening-0", "screening--1", "screening-1e9", "screening-٣"),
    *("room-1", "screening-" + "9" * 40, "x" * 10_000, "\x00"),
)


@pytest.mark.parametrize("value", INVALID_PLACES)
def test_invalid_places_are_refused(app: Flask, value: str) -> None:
    screening = make_door_screening()
    staff = Staff(app)
    answer = staff.post("/staff/place", {"place": value, "gate": "Foyer"})
    assert (answer.status_code, list(field_errors(answer))) == (422, ["place"])
    staff.client.set_cookie("door_place", value.replace("\x00", "%00")[:200], path="/staff")
    assert place(staff).startswith("Gate 1 · Room 2"), "a device that remembers nonsense"
    assert verdict_kind(staff.scan(issue_tickets(screening)[0].code, place=value)) == "in"


@pytest.mark.parametrize(
    "typed", ["T5RCNS6BPX", "T5RCNS6BPXPortão 1", "Portão 1T5RCNS6BPX", "BIL1" + "A2B3C4" * 30]
)
def test_a_code_scanned_into_the_gates_name_is_refused(app: Flask, typed: str) -> None:
    screening = make_door_screening()
    staff = Staff(app)
    staff.stand_at(screening, gate="Portão 7")
    answer = staff.post("/staff/place", {"place": f"cinema-{screening.cinema.id}", "gate": typed})
    assert (answer.status_code, list(field_errors(answer))) == (422, ["gate"])
    assert "ticket's code" in html.unescape(field_errors(answer)["gate"])
    assert typed not in answer.text, "the next name is not typed behind it"
    assert place(staff).startswith("Portão 7 · Room 2"), "nothing changed"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", "Gate 1"),
        ("   ", "Gate 1"),
        ("<b>{{7*7}}</b>", "<b>{{7*7}}</b>"),
        ("\u202ePortão\r\nX: y\x00", "Portão X: y"),
        ("Porta 🎟 ao lado", "Porta 🎟 ao lado"),
        ("x" * 40, "x" * 40),
    ],
)
def test_a_gate_has_the_name_that_staff_type(app: Flask, typed: str, shown: str) -> None:
    screening = make_door_screening()
    staff = Staff(app)
    staff.stand_at(screening, gate=typed)
    assert place(staff).startswith(f"{shown} · Room 2")
    ticket = issue_tickets(screening)[0]
    staff.scan(ticket.code)
    assert html.escape(shown, quote=False) in staff.scan(ticket.code).text


def test_a_gates_name_has_a_maximum_length(app: Flask) -> None:
    screening = make_door_screening()
    staff = Staff(app)
    answer = staff.post("/staff/place", {"place": f"screening-{screening.id}", "gate": "Portão " * 200})
    assert (answer.status_code, field_errors(answer)) == (422, {"gate": "At most 40 letters."})
    staff.client.set_cookie("door_gate", "x" * 3000, path="/staff")
    assert staff.get("/staff/scan").status_code == 200
    assert verdict_kind(staff.scan(issue_tickets(screening)[0].code)) == "in"
