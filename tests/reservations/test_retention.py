"""The deletion of old requests, and of the keys of network addresses."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core import db
from app.core.errors import NotFound
from app.events.service import Screening
from app.reservations import handlers, retention, service
from app.reservations.service import Request
from tests.actors import visitor_actor
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import expire_hold, hold, hold_best
from tests.table_search import tables_containing

pytestmark = pytest.mark.usefixtures("database")

ADDRESS = "3fe1b0ac2d4e5f60718293a4"


def join(screening: Screening, quantity: int = 2, who: str = "ana") -> Request:
    with db.transaction():
        return service.join_waiting_list(screening, quantity, f"{who}@example.com", visitor_actor(who))


def days_pass(request: Request, days: int) -> None:
    with db.transaction() as session:
        session.execute(
            text(
                "update reservations.requests set created_at = created_at - make_interval(days => :days),"
                " ended_at = ended_at - make_interval(days => :days) where id = :id"
            ),
            {"id": request.id, "days": days},
        )


def is_there(request: Request) -> bool:
    try:
        with db.reading():
            service.request(request.token)
    except NotFound:
        return False
    return True


def test_a_request_is_deleted_a_month_after_its_end() -> None:
    screening = make_screening("oooo")
    hold(screening, "A1 A2 A3 A4")
    left, waits = join(screening, who="ana"), join(screening, who="bia")
    days_pass(left, 20)
    with db.transaction():
        service.cancel_request(left.token)
    days_pass(left, 29)
    days_pass(waits, 60)
    retention.delete_old_data()
    assert is_there(left)
    days_pass(left, 2)
    retention.delete_old_data()
    assert not is_there(left)
    assert is_there(waits)


def test_an_offer_that_was_not_accepted_is_deleted_with_its_reservation() -> None:
    screening = make_screening("oo")
    first = hold_best(screening, 2)
    request = join(screening)
    with db.transaction():
        service.release(first.id)
    with db.transaction():
        assert service.offer_next(screening.id)
    with db.reading():
        offer = service.request(request.token).offer
    assert offer is not None
    expire_hold(offer.id)
    handlers.expire_holds()
    days_pass(request, 31)
    retention.delete_old_data()
    assert not is_there(request)
    assert "reservations.reservations" not in tables_containing(str(offer.id))


def test_the_reservation_of_an_accepted_offer_is_kept() -> None:
    screening = make_screening("oo")
    first = hold_best(screening, 2)
    request = join(screening)
    with db.transaction():
        service.release(first.id)
    with db.transaction():
        service.offer_next(screening.id)
    with db.transaction():
        taken = service.accept_offer(request.token)
    days_pass(request, 31)
    retention.delete_old_data()
    assert not is_there(request)
    with db.reading():
        assert service.reservation(taken.id).state == "held"


def test_an_open_request_is_deleted_too() -> None:
    screening = make_screening("oo")
    with db.transaction():
        wish = service.open_request(screening, 2, visitor_actor("ana", locale="en"))
    days_pass(wish, 31)
    retention.delete_old_data()
    assert not is_there(wish)


@pytest.mark.parametrize("ending", ["sold", "released", "expired"])
def test_the_address_key_is_cleared_when_the_hold_ends(ending: str) -> None:
    screening = make_screening("oo")
    held = hold(screening, "A1", address_key=ADDRESS)
    assert tables_containing(ADDRESS) == {"reservations.reservations"}
    with db.transaction():
        service.extend(held.id, held.deadline)
    assert tables_containing(ADDRESS) == {"reservations.reservations"}
    if ending == "expired":
        expire_hold(held.id)
        handlers.expire_holds()
    else:
        with db.transaction():
            assert service.confirm(held.id) if ending == "sold" else service.release(held.id)
    assert tables_containing(ADDRESS) == set()


def test_the_tick_clears_address_keys_of_older_versions() -> None:
    screening = make_screening("oo")
    sold, held = hold(screening, "A1"), hold(screening, "A2", address_key=ADDRESS)
    with db.transaction() as session:
        assert service.confirm(sold.id)
        session.execute(text("update reservations.reservations set address_key = :key"), {"key": ADDRESS})
    retention.delete_old_data()
    with db.reading() as session:
        left = session.execute(text("select id from reservations.reservations where address_key <> ''"))
        assert left.scalars().all() == [held.id]
