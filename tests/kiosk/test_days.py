"""The days that a kiosk offers."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import text

from app.core import cache, db
from tests.kiosk.kiosk_visitor import paired_kiosk
from tests.reservations.auditoriums import make_screening

# A screening of the same cinema that began an hour ago, so its sales are over.
_BEGUN = text(
    "insert into events.screenings (film_id, auditorium_id, starts_at, ends_at, version, format)"
    " select film_id, auditorium_id, now() - interval '1 hour', now() + interval '2 hours', version, format"
    " from events.screenings where id = :id"
)


def test_a_day_whose_sales_are_over_is_not_offered(app: Flask) -> None:
    screening = make_screening("oooooooooo", starts_in=timedelta(days=2))
    with db.transaction() as session:
        session.execute(_BEGUN, {"id": screening.id})
        session.execute(text("update events.programme_version set version = version + 1"))
    cache.clear_all()
    kiosk = paired_kiosk(app, screening.cinema.id)
    kiosk.begin_visit()
    page = kiosk.get("/kiosk/programme").text
    assert f"/screenings/{screening.id}" in page
    assert page.count("/kiosk/programme?day=") == 1
