"""Two requests of one order at once (two tabs, a double click): what is asked for is what the basket is worth.

Who waits for the order's lock must not reckon with the seats and items that stood there before the wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from app.core import db
from app.core.config import Settings
from app.events.service import Screening
from app.orders import queries
from app.orders import service as orders
from app.orders.checkout import TotalDisagrees
from app.orders.service import OrderView
from app.tickets import service as tickets
from tests.actors import owner
from tests.orders import buying
from tests.orders.buying import FULL, STUDENT
from tests.orders.counter import stock
from tests.races.crowd import one_waits_for_the_other
from tests.reservations.rooms import ids, make_screening, plan_of


@pytest.fixture
def screening(app: object, database: str, settings: Settings) -> Iterator[Screening]:
    db.connect(database, pool_size=10)
    yield make_screening("o" * 20)
    db.connect(database, pool_size=settings.database.pool_size)


def basket(screening: Screening, *choices: orders.TypeChoice) -> OrderView:
    seats = ids(plan_of(screening), "A4 A5")
    return buying.choose(buying.start(screening, seats), choices or None)


def popcorn_while_types_are_chosen(screening: Screening) -> OrderView:
    popcorn = stock(screening, on_hand=50)
    order = basket(screening)
    full = {seat.seat_id: FULL for seat in order.seats}
    one_waits_for_the_other(
        lambda: orders.choose_concessions(order.token, {popcorn: 10}, owner(order)),
        lambda: orders.choose_types(order.token, full, owner(order)),
    )
    return buying.order(order.token)


def full_price_while_concessions_are_chosen(screening: Screening) -> OrderView:
    order = basket(screening, STUDENT, STUDENT)
    full = {seat.seat_id: FULL for seat in order.seats}
    one_waits_for_the_other(
        lambda: orders.choose_types(order.token, full, owner(order)),
        lambda: orders.choose_concessions(order.token, {}, owner(order)),
    )
    return buying.order(order.token)


def more_seats_while_concessions_are_chosen(screening: Screening) -> OrderView:
    order = basket(screening)
    more = ids(plan_of(screening), "A4 A5 A6 A7")
    one_waits_for_the_other(
        lambda: orders.change_seats(order.token, more, owner(order)),
        lambda: orders.choose_concessions(order.token, {}, owner(order)),
    )
    return buying.order(order.token)


CROSSINGS = [
    (popcorn_while_types_are_chosen, 2 * 3800 + 10 * 2100),
    (full_price_while_concessions_are_chosen, 2 * 3800),
    (more_seats_while_concessions_are_chosen, 4 * 3800),
]


@pytest.mark.parametrize(("cross", "worth"), CROSSINGS)
def test_the_total_is_what_the_basket_is_worth(
    screening: Screening, cross: Callable[[Screening], OrderView], worth: int
) -> None:
    order = cross(screening)
    assert order.total == order.seats_total + order.items_total == worth


@pytest.mark.parametrize(("cross", "worth"), CROSSINGS)
def test_control_reckoning_with_what_stood_before_the_wait(
    screening: Screening, monkeypatch: pytest.MonkeyPatch, cross: Callable[[Screening], OrderView], worth: int
) -> None:
    in_one_statement = text(f"{queries._ORDER} where o.token = :key for update of o")
    monkeypatch.setattr(queries, "_LOCKED_BY_TOKEN", in_one_statement)
    order = cross(screening)
    assert order.seats_total + order.items_total == worth
    assert order.total < worth
    with pytest.raises(TotalDisagrees):  # and then at least nobody pays it
        buying.check_out(order)


def test_what_is_begun_to_be_paid_is_held_long_enough(screening: Screening) -> None:
    """The snacks that came while the checkout waited for the order live as long as the payment may take."""
    popcorn = stock(screening, on_hand=50)
    order = basket(screening)
    buying.time_passes(order, 9)

    def pay() -> None:
        orders.check_out(order.token, owner(order), name="Ana", email="ana@example.org", cpf="", method="pix")

    one_waits_for_the_other(lambda: orders.choose_concessions(order.token, {popcorn: 1}, owner(order)), pay)
    with db.reading() as session:
        lives_until = session.execute(text("select min(expires_at) from products.stock_claims")).scalar_one()
    after = buying.order(order.token)
    assert lives_until > after.deadline
    buying.work()
    paid = buying.pay(after)
    assert (paid.state, paid.total) == ("paid", 2 * 3800 + 2100)
    with db.reading():
        assert len(tickets.of_order(paid.id)) == 2
