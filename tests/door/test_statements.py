"""The door's statements on the database: many sites need as many as one site."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import text

from app.core import cache, db
from app.events import service as events
from tests.door.door_fixtures import (
    Staff,
    another_screening,
    counters,
    issue_tickets,
    make_door_screening,
    verdict_kind,
)
from tests.payments.test_statements import counted
from tests.tickets.conftest import noon_timezone


def of_the_programme(sent: list[str]) -> list[str]:
    """The statements that read the programme; a new connection prepares others, which name it too."""
    return [one for one in sent if re.search(r"\bevents\.", one) and not one.startswith("prepare ")]


def make_sites(count: int) -> None:
    """Make sites where it is noon, each with a screening soon."""
    for _ in range(count):
        make_door_screening()
    with db.transaction() as session:
        session.execute(text("update events.cinemas set timezone = :zone"), {"zone": noon_timezone()})
    cache.clear_all()


def test_the_page_reads_all_sites_at_once(app: Flask) -> None:
    make_sites(6)
    staff = Staff(app)
    staff.get("/staff/scan")
    cache.clear_all()
    with counted() as sent:
        page = staff.get("/staff/scan").text
    assert page.count("<optgroup") == 6
    asked = of_the_programme(sent)
    assert len([one for one in asked if "from events.screenings" in one.lower()]) == 1, asked
    assert len(asked) <= 2, asked  # the sites; all of today's screenings
    with counted() as sent:
        staff.get("/staff/scan")
    assert of_the_programme(sent) == [], "kept while the programme's version stands"


def test_a_scan_for_a_site_reads_nothing_of_the_programme(app: Flask) -> None:
    screening = make_door_screening()
    (ticket,) = issue_tickets(screening)[:1]
    staff = Staff(app)
    staff.post("/staff/place", {"place": f"cinema-{screening.cinema.id}", "gate": "1"})
    staff.get("/staff/scan")
    with counted() as sent:
        assert staff.scan(ticket.code).status_code == 200
    assert of_the_programme(sent) == [], "the statement that admits it asks"


def test_a_scan_takes_one_statement(app: Flask) -> None:
    screening = make_door_screening()
    first, second = issue_tickets(screening, concessions=())
    staff = Staff(app)
    staff.stand_at(screening)
    staff.send(first.qr_text)
    token = staff.token()
    with counted() as sent:
        answer = staff.client.post(
            "/staff/admissions",
            data={"csrf_token": token, "code": second.qr_text, "once": "another"},
            headers=staff.headers | {"HX-Request": "true"},
        )
    assert verdict_kind(answer) == "in"
    assert counters(answer)[:2] == [2, 0], "this admission is counted"
    assert len(sent) == 1, sent


def test_who_signs_out_scans_no_more(app: Flask) -> None:
    screening = make_door_screening()
    first, second = issue_tickets(screening)
    staff, copy = Staff(app), app.test_client()
    staff.stand_at(screening)
    assert staff.send(first.code).status_code == 303
    cookie = staff.client.get_cookie("session")
    assert cookie is not None
    copy.set_cookie("session", cookie.value)
    token = staff.token()
    staff.post("/account/sign-out")
    form = {"csrf_token": token, "code": second.code}
    answer = copy.post("/staff/admissions", data=form, headers=staff.headers)
    assert answer.location.startswith("/account/sign-in"), "a copy of the cookie too"


def test_an_unchanged_programme_is_read_once(app: Flask) -> None:
    screening = make_door_screening()
    another_screening(screening, starts_in=timedelta(minutes=90), room="Sala 1")
    day = screening.showtime.cinema_day
    with db.reading():
        (
            events.programme(day),
            events.days_with_screenings(),
            events.days_with_screenings(screening.cinema.slug),
        )
        with counted() as sent:
            assert len(events.programme(day)) == 2
            assert (
                events.days_with_screenings() == events.days_with_screenings(screening.cinema.slug) == [day]
            )
    assert of_the_programme(sent) == []


def test_the_process_that_calls_a_screening_off_removes_it_at_once(app: Flask) -> None:
    screening = make_door_screening()
    day = screening.showtime.cinema_day
    with db.reading():
        assert events.days_with_screenings() == [day]
    with db.transaction():
        events.cancel_screening(screening.id, "projector")
        assert events.days_with_screenings() == [], "what this transaction changed"
    with db.reading():
        assert [one.status for one in events.programme(day)] == ["cancelled"]
        assert events.days_with_screenings() == []
