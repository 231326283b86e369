"""The waiting list of a screening that was cancelled while this process still has the old one in its cache."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core import cache, db, worker
from app.core.messages import ScreeningCancelled
from app.core.outbox import publish
from app.dispatch import routes
from app.events import service as events
from app.reservations import handlers, service
from tests.actors import visitor_actor
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import hold, messages, taken_seats

pytestmark = pytest.mark.usefixtures("database")


def test_its_seats_are_not_offered() -> None:
    """The cancellation frees seats at once; the waiting list must get its notice and no offer."""
    screening = make_screening("oo")
    held = hold(screening, "A1 A2")
    with db.transaction():
        waits = service.join_waiting_list(screening, 2, "ana@example.com", visitor_actor("ana"))
    worker.drain(routes(("reservations",)))
    with db.transaction() as session:
        assert events.screening(screening.id).status == "scheduled"
        session.execute(
            text("update events.screenings set status = 'cancelled', cancel_reason = 'No light.'")
        )
        publish(ScreeningCancelled(screening.id, "No light."), urgent=True)
        service.release(held.id)
    worker.drain(routes(("reservations",)))
    assert [notice["template"] for notice in messages("NoticeRequested")] == ["waiting_joined"]
    assert taken_seats(screening) == ""
    cache.clear_all()  # as after two seconds
    handlers.serve_waiting_lists()
    assert [notice["template"] for notice in messages("NoticeRequested")] == [
        "waiting_joined",
        "waiting_called_off",
    ]
    with db.reading():
        assert service.request(waits.token).state == "expired"
