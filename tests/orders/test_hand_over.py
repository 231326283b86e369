"""Hand-over of a visitor's orders to a new visitor id."""

from __future__ import annotations

import pytest

from app.core import config, db
from app.core.config import Settings
from app.core.errors import Conflict, NotFound
from app.orders import service as orders
from app.orders.service import AlreadyStarted
from app.reservations import service as reservations
from app.reservations.service import Request, TooManyHolds
from tests.actors import visitor_actor
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import seat_ids_of

pytestmark = pytest.mark.usefixtures("app")


def test_orders_belong_to_the_new_visitor() -> None:
    screening = make_screening("oooooooo")
    one = purchases.start(screening, seat_ids_of(screening, "A1"), "guest", once="form-one")
    other = purchases.start(screening, seat_ids_of(screening, "A3"), "somebody")
    with db.transaction():
        orders.hand_over("guest", "account")
        orders.hand_over(None, "account")
    assert [purchases.order(basket.token).visitor for basket in (one, other)] == ["account", "somebody"]
    with db.transaction(), pytest.raises(NotFound):
        orders.abandon(one.token, visitor_actor("guest"))
    with pytest.raises(AlreadyStarted):  # a form sent again still leads to its order
        purchases.start(screening, seat_ids_of(screening, "A1"), "account", once="form-one")


def test_a_new_visitor_has_no_new_limits(settings: Settings) -> None:
    """Holds and waiting requests move with the orders; those of other visitors stay."""
    config.use(settings.changed(holds={"max_per_visitor": 1}))
    screening = make_screening("oooooooo")
    purchases.start(screening, seat_ids_of(screening, "A1"), "guest")
    waiting = _in_line("guest", "ana")
    theirs = _in_line("somebody", "eva")
    with db.transaction():
        orders.hand_over("guest", "account")
    with pytest.raises(TooManyHolds):
        purchases.start(screening, seat_ids_of(screening, "A4"), "account")
    with pytest.raises(Conflict, match=r"request\.too_many"):
        _in_line("account", "another-mailbox")
    purchases.start(screening, seat_ids_of(screening, "A4"), "guest")
    with db.reading():
        assert reservations.request(waiting.token).visitor == "account"
        assert reservations.request(theirs.token).visitor == "somebody"


def _in_line(visitor: str, name: str) -> Request:
    full = make_screening("oo")
    with db.transaction():
        return reservations.join_waiting_list(full, 2, f"{name}@example.org", visitor_actor(visitor))
