"""Concessions that an order collects at the counter, and what goes back when such an order ends."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import db
from app.events import service as events
from app.events.service import Screening
from app.orders import pickups
from app.orders import service as orders
from app.orders.service import OrderView, OtherSite, WrongState
from app.payments import service as payments
from app.products import service as products
from app.products.service import NotUndoable
from tests.actors import door_actor
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.orders.test_lifecycle import cancel, mails, states
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

pytestmark = pytest.mark.usefixtures("app")
SEAT = 3800


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo", starts_in=timedelta(minutes=20))


def buy(screening: Screening, items: dict[int, int]) -> OrderView:
    return purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1"), items=items)


def hand_out(paid: OrderView, wanted: dict[tuple[int, int], int] | None = None, site: int = 0) -> uuid.UUID:
    act = uuid.uuid4()
    with db.transaction():
        orders.hand_out(
            paid.id,
            wanted,
            door_actor(),
            cinema_id=site or paid.screening.cinema.id,
            counter="Balcão 1",
            act_id=act,
        )
    return act


def left(paid: OrderView) -> list[int]:
    with db.reading():
        return [one.left for one in products.pickup_items(paid.id)]


def stock_left(screening: Screening) -> list[int]:
    with db.reading():
        return [item.available for item in products.menu(screening.cinema.id, "en")]


def test_some_now_and_the_rest_later(screening: Screening) -> None:
    popcorn = add_product(screening)
    paid = buy(screening, {popcorn: 3})
    hand_out(paid, {(popcorn, popcorn): 1})
    assert left(paid) == [2]
    hand_out(paid)
    assert left(paid) == [0]


def test_only_at_the_order_s_site_and_only_once_paid(screening: Screening) -> None:
    popcorn = add_product(screening)
    paid = buy(screening, {popcorn: 1})
    with pytest.raises(OtherSite) as refused:
        hand_out(paid, site=paid.screening.cinema.id + 1)
    assert refused.value.cinema == screening.cinema.name
    waiting = purchases.start_payment(screening, "A2", "eva", items={popcorn: 1})
    with pytest.raises(WrongState):
        hand_out(waiting)
    cancel(paid)
    with pytest.raises(WrongState):
        hand_out(paid)


def test_an_order_of_an_older_version_is_handed_out_too(screening: Screening) -> None:
    """It has no recorded items: the image before this one completed it."""
    popcorn = add_product(screening)
    paid = buy(screening, {popcorn: 2})
    with db.transaction() as session:
        session.execute(text("delete from products.pickup_items"))
    hand_out(paid)
    assert left(paid) == [0]


def test_a_cancelled_order_gets_back_what_was_not_handed_out(screening: Screening) -> None:
    popcorn = add_product(screening, on_hand=10)
    paid = buy(screening, {popcorn: 3})
    hand_out(paid, {(popcorn, popcorn): 1})
    ended = cancel(paid)
    assert (ended.state, purchases.refunds(paid)) == ("refunded", [(SEAT + 2 * 2100, "refunded")])
    assert states(paid) == ["revoked"]
    assert stock_left(screening) == [9]
    (told,) = mails("order_cancelled")
    facts: dict[str, object] = told["facts"]  # type: ignore[assignment]
    assert (facts["amount"], facts["kept"]) == (SEAT + 4200, 2100)


def test_an_undone_hand_out_goes_back_too(screening: Screening) -> None:
    popcorn = add_product(screening, on_hand=10)
    paid = buy(screening, {popcorn: 1})
    act = hand_out(paid)
    with db.transaction():
        orders.undo_handout(paid.id, act, door_actor(), cinema_id=screening.cinema.id)
    cancel(paid)
    assert purchases.refunds(paid) == [(SEAT + 2100, "refunded")]
    assert stock_left(screening) == [10]


def test_a_hand_out_is_not_undone_after_the_end_nor_through_another_order(screening: Screening) -> None:
    popcorn = add_product(screening)
    paid = buy(screening, {popcorn: 1})
    other = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A5"), "eva", items={popcorn: 1})
    act = hand_out(paid)
    with pytest.raises(NotUndoable), db.transaction():
        orders.undo_handout(other.id, act, door_actor(), cinema_id=screening.cinema.id)
    cancel(paid)
    with pytest.raises(NotUndoable), db.transaction():
        orders.undo_handout(paid.id, act, door_actor(), cinema_id=screening.cinema.id)
    assert left(paid) == [0]


def test_a_called_off_order_keeps_what_was_eaten(screening: Screening) -> None:
    popcorn = add_product(screening, on_hand=10)
    paid = buy(screening, {popcorn: 2})
    hand_out(paid, {(popcorn, popcorn): 1})
    with db.transaction():
        events.cancel_screening(screening.id, "O projetor quebrou.")
    purchases.run_due_work()
    assert purchases.refunds(paid) == [(SEAT + 2100, "refunded")]
    assert purchases.order(paid.token).state == "refunded"
    assert stock_left(screening) == [9]
    (told,) = mails("screening_cancelled")
    assert told["facts"]["amount"] == SEAT + 2100  # type: ignore[index]


def test_a_refund_that_failed_before_keeps_what_was_eaten(screening: Screening) -> None:
    """A refused part is asked for again, within what is left after the price of the eaten popcorn."""
    popcorn = add_product(screening, on_hand=10)
    paid = buy(screening, {popcorn: 1})
    purchases.bank().set_refund_mode(purchases.charge_id(paid), "fail")
    hand_out(paid)
    cancel(paid)
    assert purchases.refunds(paid) == [(SEAT, "refund_failed")]
    purchases.bank().set_refund_mode(purchases.charge_id(paid), "ok")
    with db.transaction():
        payments.retry_refund(payments.refunds_of(paid.id)[0].id)
    purchases.run_due_work()
    assert purchases.refunds(paid) == [(SEAT, "refunded")]


def test_orders_of_the_next_screenings_join_the_queue(screening: Screening) -> None:
    popcorn = add_product(screening)
    paid = buy(screening, {popcorn: 1})
    without = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A5"), "eva")
    with db.transaction() as session:  # one that the image before completed
        session.execute(text("delete from products.pickup_items"))
    pickups.queue_coming_orders()
    pickups.queue_coming_orders()
    with db.reading():
        assert [one.order_id for one in products.pickup_queue(screening.cinema.id)] == [paid.id]
        assert products.pickup_call(without.id) is None
