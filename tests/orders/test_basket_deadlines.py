"""The deadline of a basket: more time, paying, and what a deadline that has passed refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import config, db
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import NoMoreExtensions, OrderOver, OrderView
from tests.actors import owner_of
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.orders.purchases import FULL, STUDENT
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo", "vvvv")  # 14 seats: 6 half-price places


def seats(screening: Screening, names: str) -> tuple[int, ...]:
    return seat_ids(seat_plan_of(screening), names)


def expiries(basket: OrderView) -> set[object]:
    """The distances of the expiries of the order's claims from its deadline."""
    with db.reading() as session:
        rows = session.execute(
            text(
                "select expires_at from reservations.seat_claims where reservation_id = :reservation"
                " union all select expires_at from reservations.reservations where id = :reservation"
                " union all select expires_at from orders.half_price_claims where order_id = :id"
                " union all select expires_at from products.stock_claims where order_id = :id"
            ),
            {"reservation": basket.reservation_id, "id": basket.id},
        )
        return {row.expires_at - basket.deadline for row in rows}


def test_more_time_moves_everything_and_has_an_end(screening: Screening, settings: config.Settings) -> None:
    popcorn = add_product(screening)
    basket = purchases.choose(purchases.start(screening, seats(screening, "A1")), [STUDENT], {popcorn: 1})
    grace = timedelta(seconds=settings.holds.grace_seconds)
    assert expiries(basket) == {grace}
    for turn in range(1, settings.holds.max_extensions + 1):
        with db.transaction():
            orders.extend(basket.token, owner_of(basket))
        longer = purchases.order(basket.token)
        assert longer.deadline - basket.deadline == timedelta(minutes=turn * settings.holds.extension_minutes)
        assert expiries(longer) == {grace}
    assert not longer.can_extend
    with pytest.raises(NoMoreExtensions), db.transaction():
        orders.extend(basket.token, owner_of(basket))


def test_no_more_time_once_paying_has_begun(screening: Screening) -> None:
    basket = purchases.check_out(purchases.choose(purchases.start(screening, seats(screening, "A1"))))
    assert not basket.can_extend
    with pytest.raises(OrderOver), db.transaction():
        orders.extend(basket.token, owner_of(basket))


def test_paying_sets_the_deadline_once_to_some_minutes(
    screening: Screening, settings: config.Settings
) -> None:
    basket = purchases.choose(purchases.start(screening, seats(screening, "A1")), [STUDENT])
    purchases.age_order(basket, settings.holds.minutes - 1)
    paying = purchases.check_out(basket)
    left = paying.deadline - paying.read_at
    assert (
        timedelta(minutes=settings.payments.minutes - 1)
        < left
        <= timedelta(minutes=settings.payments.minutes)
    )
    assert expiries(paying) == {timedelta(seconds=settings.holds.grace_seconds)}
    with db.transaction():
        orders.change_method(basket.token, "card", owner_of(basket))
    assert purchases.order(basket.token).deadline == paying.deadline, "another method is no more time"


def test_paying_early_leaves_the_deadline(screening: Screening) -> None:
    basket = purchases.choose(purchases.start(screening, seats(screening, "A1")))
    assert purchases.check_out(basket).deadline == basket.deadline


def test_after_the_deadline_nothing_can_be_chosen(screening: Screening, settings: config.Settings) -> None:
    basket = purchases.start(screening, seats(screening, "A1"))
    purchases.age_order(basket, settings.holds.minutes)
    verbs: tuple[Callable[[], object], ...] = (
        lambda: orders.choose_types(basket.token, {basket.seats[0].seat_id: FULL}, owner_of(basket)),
        lambda: orders.choose_concessions(basket.token, {}, owner_of(basket)),
        lambda: orders.extend(basket.token, owner_of(basket)),
        lambda: orders.check_out(
            basket.token, owner_of(basket), name="Ana", email="ana@example.com", cpf="", method="pix"
        ),
    )
    for verb in verbs:
        with pytest.raises(OrderOver), db.transaction():
            verb()
    assert (purchases.order(basket.token).is_over, purchases.order(basket.token).next_step) == (True, "order")
