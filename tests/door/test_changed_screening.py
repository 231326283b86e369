"""Screenings that have changed since their tickets were sold: the note in the verdict, and the end of admission."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from app.core import db, worker
from app.dispatch import routes
from app.events.service import Screening
from tests.door.door_fixtures import Staff, issue_tickets
from tests.shop.test_changed_screening import change
from tests.tickets.conftest import admit


def test_the_verdict_has_a_note_if_the_printed_version_has_changed(
    staff: Staff, screening: Screening
) -> None:
    first, second = issue_tickets(screening)
    assert "has changed" not in staff.scan(first.qr_text).text
    change(screening, version="dubbed", format="3D")
    worker.drain(routes(("tickets",)))
    page = staff.scan(second.qr_text).text
    assert 'data-verdict="in"' in page
    assert "This screening has changed: it is now dubbed · 3D." in page


def test_the_door_admits_until_the_new_end(screening: Screening) -> None:
    earlier = timedelta(hours=4)
    with db.transaction() as session:
        statement = (
            "update events.screenings set starts_at = starts_at - :earlier, ends_at = ends_at - :earlier"
        )
        session.execute(text(statement), {"earlier": earlier})
    ended = {"starts_at": screening.starts_at - earlier, "ends_at": screening.ends_at - earlier}
    first, second = issue_tickets(screening, **ended)
    assert admit(first.qr_text).verdict == "over"
    change(screening, ends_at=screening.ends_at + timedelta(minutes=30))
    worker.drain(routes(("tickets",)))
    assert admit(second.qr_text).verdict == "admitted"
