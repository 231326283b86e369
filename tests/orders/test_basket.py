"""Changes of a basket: half-price places, concessions and seats."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from app.core import cache, db
from app.core.errors import Invalid
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import HalfPriceGone, TypeChoice
from app.products.service import OutOfStock
from app.reservations import service as reservations
from app.reservations.service import SeatsLost
from tests.actors import owner_of
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.orders.purchases import FULL, SENIOR, STUDENT
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo", "vvvv")  # 14 seats: 6 half-price places


def seats(screening: Screening, names: str) -> tuple[int, ...]:
    return seat_ids(seat_plan_of(screening), names)


def age(screening: Screening, rating: str) -> None:
    with db.transaction() as session:
        session.execute(
            text("update events.films set age_rating = :rating where id = :id"),
            {"rating": rating, "id": screening.film.id},
        )

    cache.clear_all()


def test_the_error_says_how_many_half_price_places_are_left(screening: Screening) -> None:
    purchases.choose(purchases.start(screening, seats(screening, "A1 A2 A3 A4")), [STUDENT] * 4)
    other = purchases.start(screening, seats(screening, "A6 A7 A8"), "eva")
    with pytest.raises(HalfPriceGone) as caught:
        purchases.choose(other, [STUDENT] * 3)
    assert (caught.value.left, caught.value.total) == (2, 6)
    assert purchases.order(other.token).types_chosen is False
    assert purchases.choose(other, [STUDENT, STUDENT, SENIOR]).total == 3 * 1900
    with db.reading():
        assert orders.half_price_left(screening.id) == (0, 6)


def test_choosing_again_gives_places_back(screening: Screening) -> None:
    basket = purchases.choose(purchases.start(screening, seats(screening, "A1 A2 A3")), [STUDENT] * 3)
    basket = purchases.choose(basket, [FULL, STUDENT, FULL])
    with db.reading():
        assert orders.half_price_left(screening.id) == (5, 6)
    assert purchases.choose(basket).total == 3 * 3800
    with db.reading():
        assert orders.half_price_left(screening.id) == (6, 6)


def test_places_of_an_order_that_ran_out_are_free(screening: Screening) -> None:
    basket = purchases.choose(purchases.start(screening, seats(screening, "A1 A2")), [STUDENT, STUDENT])
    purchases.age_order(basket, 30)
    with db.reading():
        assert orders.half_price_left(screening.id) == (6, 6)


@pytest.mark.parametrize(
    ("rating", "asked"), [("L", False), ("12", False), ("14", True), ("16", True), ("18", True)]
)
def test_the_age_rating_is_confirmed_from_fourteen_up(screening: Screening, rating: str, asked: bool) -> None:
    age(screening, rating)
    basket = purchases.start(screening, seats(screening, "A1"))
    if asked:
        with pytest.raises(Invalid) as refused:
            purchases.choose(basket, age=False)
        assert (refused.value.code, refused.value.field) == ("age.unconfirmed", "age")
        assert purchases.choose(basket, age=True).age_confirmed
    else:
        assert purchases.choose(basket, age=False).types_chosen


def test_concessions_get_our_prices_and_replace_all_before(screening: Screening) -> None:
    popcorn, cola = add_product(screening, name="Pipoca"), add_product(screening, name="Refri", price=1400)
    basket = purchases.choose(purchases.start(screening, seats(screening, "A1")), items={popcorn: 2, cola: 1})
    assert basket.total == 3800 + 2 * 2100 + 1400
    basket = purchases.choose(basket, items={cola: 3})
    assert [(item.name, item.quantity, item.total) for item in basket.items] == [("Refri", 3, 4200)]
    assert purchases.choose(basket).total == 3800


def test_concessions_beyond_the_stock_leave_the_basket_unchanged(screening: Screening) -> None:
    popcorn = add_product(screening, on_hand=2)
    basket = purchases.choose(purchases.start(screening, seats(screening, "A1")), items={popcorn: 1})
    with pytest.raises(OutOfStock) as caught:
        purchases.choose(basket, items={popcorn: 3})
    assert caught.value.available == {popcorn: 2}
    for wanted in ({popcorn: -1}, {popcorn: 1_000_000_000}, {987654: 1}):
        with pytest.raises(Invalid):
            purchases.choose(basket, items=wanted)
    assert purchases.order(basket.token).total == 3800 + 2100


def test_other_seats_keep_the_hold_and_the_types_of_those_that_stay(screening: Screening) -> None:
    basket = purchases.choose(purchases.start(screening, seats(screening, "A1 A2")), [STUDENT, STUDENT])
    with db.transaction():
        orders.change_seats(basket.token, seats(screening, "A2 B1"), owner_of(basket))
    changed = purchases.order(basket.token)
    assert [(seat.name, seat.ticket_type, seat.price) for seat in changed.seats] == [
        ("A2", "half", 1900),
        ("B1", "full", 4600),
    ]
    assert (changed.total, changed.deadline, changed.types_chosen) == (6500, basket.deadline, False)
    with db.reading():
        assert orders.half_price_left(screening.id) == (5, 6)
        assert set(reservations.seat_states(screening.id)) == set(seats(screening, "A2 B1"))


def test_a_change_to_lost_seats_keeps_the_old_seats(screening: Screening) -> None:
    basket = purchases.start(screening, seats(screening, "A1 A2"))
    purchases.start(screening, seats(screening, "A3"), "eva")
    with pytest.raises(SeatsLost), db.transaction():
        orders.change_seats(basket.token, seats(screening, "A2 A3"), owner_of(basket))
    assert [seat.name for seat in purchases.order(basket.token).seats] == ["A1", "A2"]


def test_giving_up_frees_everything_at_once(screening: Screening) -> None:
    popcorn = add_product(screening, on_hand=1)
    basket = purchases.choose(purchases.start(screening, seats(screening, "A1")), [STUDENT], {popcorn: 1})
    purchases.check_out(basket)
    for _twice in range(2):
        with db.transaction():
            orders.abandon(basket.token, owner_of(basket))
    with db.reading():
        assert reservations.seat_states(screening.id) == {}
        assert orders.half_price_left(screening.id) == (6, 6)
    purchases.choose(purchases.start(screening, seats(screening, "A1"), "eva"), items={popcorn: 1})


def test_the_basket_must_be_whole_before_it_is_paid(screening: Screening) -> None:
    basket = purchases.start(screening, seats(screening, "A1"))
    with pytest.raises(Invalid) as refused:
        purchases.check_out(basket)
    assert refused.value.code == "types.missing"
    basket = purchases.choose(basket)
    with pytest.raises(Invalid) as refused:
        purchases.check_out(basket, method="cash")
    assert refused.value.field == "method"
    assert purchases.order(basket.token).state == "draft"


def test_continue_your_order(screening: Screening) -> None:
    with db.reading():
        assert orders.open_orders_of("ana") == []
    basket = purchases.start(screening, seats(screening, "A1"))
    newer = purchases.start(screening, seats(screening, "A4"))
    with db.reading():
        found = orders.open_orders_of("ana")
        assert orders.open_orders_of("eva") == []
    assert [one.token for one in found] == [newer.token, basket.token]
    assert found[0].next_step == "types"
    purchases.age_order(basket, 30)
    with db.reading():
        assert [one.token for one in orders.open_orders_of("ana")] == [newer.token]


def test_an_order_is_found_by_code_and_email_together(screening: Screening) -> None:
    paid = purchases.buy(screening, seats(screening, "A1"))
    with db.reading():
        found = orders.find(paid.code, "ANA@example.org")
        assert found is not None
        assert found.token == paid.token
        assert orders.find(paid.code, "eva@example.org") is None
        assert orders.find("XXX-0000", "ana@example.org") is None


def test_choices_for_foreign_seats_are_refused(screening: Screening) -> None:
    basket = purchases.start(screening, seats(screening, "A1"))
    foreign = seats(screening, "A2")[0]
    with pytest.raises(Invalid) as refused, db.transaction():
        orders.choose_types(
            basket.token,
            {basket.seats[0].seat_id: FULL, foreign: TypeChoice("half", "student")},
            owner_of(basket),
        )
    assert refused.value.code == "types.foreign_seat"


def test_seats_that_stay_keep_the_price_that_was_agreed(screening: Screening) -> None:
    basket = purchases.choose(purchases.start(screening, seats(screening, "A4 A5")), [FULL, STUDENT])
    with db.transaction() as session:
        session.execute(text("update events.screening_prices set price = 9900"))
    cache.clear_all()
    with db.transaction():
        orders.change_seats(basket.token, seats(screening, "A4 A5 A6"), owner_of(basket))
    after = purchases.order(basket.token)
    assert [(seat.full_price, seat.price) for seat in after.seats] == [
        (3800, 3800),
        (3800, 1900),
        (9900, 9900),
    ]
    with db.transaction():
        orders.choose_types(after.token, {seat.seat_id: FULL for seat in after.seats}, owner_of(after))
    assert purchases.order(basket.token).total == 3800 + 3800 + 9900


def test_a_verb_returns_the_order_as_it_leaves_it(screening: Screening) -> None:
    """A page shows what the verb returns without reading the order again."""
    combo, cola = add_product(screening, name="Combo"), add_product(screening, name="Cola")
    basket = purchases.start(screening, seats(screening, "A1 A2"))
    choices = dict(zip((seat.seat_id for seat in basket.seats), (FULL, STUDENT), strict=True))
    with db.transaction():
        typed = orders.choose_types(basket.token, choices, owner_of(basket), age_confirmed=True)
    assert typed == replace(purchases.order(basket.token), read_at=typed.read_at)
    with db.transaction():
        fed = orders.choose_concessions(basket.token, {cola: 2, combo: 1}, owner_of(basket))
    assert fed == replace(purchases.order(basket.token), read_at=fed.read_at)
