"""Race: two requests change one order at once (two tabs, a double click), and its total fits its content.

A request that waited for the order's lock must not use the seats and items that it read before the wait.
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
from tests.actors import owner_of
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.orders.purchases import FULL, STUDENT
from tests.races.concurrency import commit_while_the_other_waits
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of


@pytest.fixture
def screening(app: object, database: str, settings: Settings) -> Iterator[Screening]:
    db.connect(database, pool_size=10)
    yield make_screening("o" * 20)
    db.connect(database, pool_size=settings.database.pool_size)


def basket(screening: Screening, *choices: orders.TypeChoice) -> OrderView:
    seats = seat_ids(seat_plan_of(screening), "A4 A5")
    return purchases.choose(purchases.start(screening, seats), choices or None)


def popcorn_while_types_are_chosen(screening: Screening) -> OrderView:
    popcorn = add_product(screening, on_hand=50)
    order = basket(screening)
    full = {seat.seat_id: FULL for seat in order.seats}
    commit_while_the_other_waits(
        lambda: orders.choose_concessions(order.token, {popcorn: 10}, owner_of(order)),
        lambda: orders.choose_types(order.token, full, owner_of(order)),
    )
    return purchases.order(order.token)


def full_price_while_concessions_are_chosen(screening: Screening) -> OrderView:
    order = basket(screening, STUDENT, STUDENT)
    full = {seat.seat_id: FULL for seat in order.seats}
    commit_while_the_other_waits(
        lambda: orders.choose_types(order.token, full, owner_of(order)),
        lambda: orders.choose_concessions(order.token, {}, owner_of(order)),
    )
    return purchases.order(order.token)


def more_seats_while_concessions_are_chosen(screening: Screening) -> OrderView:
    order = basket(screening)
    more = seat_ids(seat_plan_of(screening), "A4 A5 A6 A7")
    commit_while_the_other_waits(
        lambda: orders.change_seats(order.token, more, owner_of(order)),
        lambda: orders.choose_concessions(order.token, {}, owner_of(order)),
    )
    return purchases.order(order.token)


CROSSINGS = [
    (popcorn_while_types_are_chosen, 2 * 3800 + 10 * 2100),
    (full_price_while_concessions_are_chosen, 2 * 3800),
    (more_seats_while_concessions_are_chosen, 4 * 3800),
]


@pytest.mark.parametrize(("cross", "worth"), CROSSINGS)
def test_the_total_fits_the_seats_and_concessions(
    screening: Screening, cross: Callable[[Screening], OrderView], worth: int
) -> None:
    order = cross(screening)
    assert order.total == order.seats_total + order.items_total == worth


@pytest.mark.parametrize(("cross", "worth"), CROSSINGS)
def test_control_with_values_read_before_the_wait_the_total_is_wrong(
    screening: Screening, monkeypatch: pytest.MonkeyPatch, cross: Callable[[Screening], OrderView], worth: int
) -> None:
    in_one_statement = text(f"{queries._ORDER} where o.token = :key for update of o")
    monkeypatch.setattr(queries, "_LOCKED_BY_TOKEN", in_one_statement)
    order = cross(screening)
    assert order.seats_total + order.items_total == worth
    assert order.total < worth
    with pytest.raises(TotalDisagrees):  # the checkout refuses the wrong total
        purchases.check_out(order)


def test_concessions_added_during_the_checkout_live_until_the_payment_ends(screening: Screening) -> None:
    """Concessions that were added while the checkout waited for the order get the new deadline too."""
    popcorn = add_product(screening, on_hand=50)
    order = basket(screening)
    purchases.age_order(order, 9)

    def pay() -> None:
        orders.check_out(
            order.token, owner_of(order), name="Ana", email="ana@example.org", cpf="", method="pix"
        )

    commit_while_the_other_waits(
        lambda: orders.choose_concessions(order.token, {popcorn: 1}, owner_of(order)), pay
    )
    with db.reading() as session:
        lives_until = session.execute(text("select min(expires_at) from products.stock_claims")).scalar_one()
    after = purchases.order(order.token)
    assert lives_until > after.deadline
    purchases.run_due_work()
    paid = purchases.pay(after)
    assert (paid.state, paid.total) == ("paid", 2 * 3800 + 2100)
    with db.reading():
        assert len(tickets.of_order(paid.id)) == 2
