"""An order is handed over from one visitor to the next, whole and alone."""

from __future__ import annotations

import pytest

from app.core import db
from app.core.errors import NotFound
from app.orders import service as orders
from app.orders.service import Owner, StartedBefore
from tests.orders import buying
from tests.reservations.holds import seats
from tests.reservations.rooms import make_screening

pytestmark = pytest.mark.usefixtures("app")


def test_what_one_was_buying_is_anothers_then() -> None:
    screening = make_screening("oooooooo")
    one = buying.start(screening, seats(screening, "A1"), "guest", once="form-one")
    other = buying.start(screening, seats(screening, "A3"), "somebody")
    with db.transaction():
        orders.hand_over("guest", "account")
        orders.hand_over(None, "account")
    assert [buying.order(basket.token).visitor for basket in (one, other)] == ["account", "somebody"]
    with db.transaction(), pytest.raises(NotFound):
        orders.abandon(one.token, by=Owner("guest", None))
    with pytest.raises(StartedBefore):  # a form sent again still leads to its order
        buying.start(screening, seats(screening, "A1"), "account", once="form-one")
