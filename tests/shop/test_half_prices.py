"""Half of an odd price is the same on all pages and in the charge."""

from __future__ import annotations

from sqlalchemy import text

from app.core import cache, db
from app.events.service import Screening
from tests.orders import purchases
from tests.reservations.auditoriums import seat_ids, seat_plan_of
from tests.shop.visitor import Visitor


def test_pages_show_the_half_price_that_is_charged(ana: Visitor, screening: Screening) -> None:
    """Half of R$ 25.01 is R$ 12.50 in the programme, on the map, in the ticket types and in the order."""
    with db.transaction() as session:
        session.execute(text("update events.screening_prices set price = 2501"))
    cache.clear_all()
    day = screening.showtime.cinema_day
    basket = purchases.start(screening, seat_ids(seat_plan_of(screening), "A4"))
    assert purchases.choose(basket, [purchases.STUDENT]).total == 1250
    order = ana.start(screening, "A6")
    for path in (f"/?day={day}", f"/screenings/{screening.id}", f"{order}/types"):
        page = ana.get(path).text.replace("\u00a0", " ")
        assert "R$ 12.50" in page, path
        assert "12.51" not in page, path
