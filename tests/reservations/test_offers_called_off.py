"""The queue of a screening that another process called off, of which this one has not heard yet."""

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


def test_nobody_is_offered_its_seats() -> None:
    """Its buyers' seats come back at once, and those who waited for them would hear of an offer first."""
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
    assert [told["template"] for told in messages("NoticeRequested")] == ["waiting_joined"]
    assert taken_seats(screening) == ""
    cache.clear_all()  # seconds later it has heard of it
    handlers.serve_waiting_lists()
    assert [told["template"] for told in messages("NoticeRequested")] == [
        "waiting_joined",
        "waiting_called_off",
    ]
    with db.reading():
        assert service.request(waits.token).state == "expired"
