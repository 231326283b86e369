"""The queue at the counter: by session, numbered for each day and site, called, and empty once all is handed out."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from app.core import db
from app.products import service
from app.products.service import NotQueued, QueueEntry
from tests.actors import door_actor
from tests.products.product_data import SITE, make_products
from tests.products.test_handouts import cancel, hand_out, sell

pytestmark = pytest.mark.usefixtures("database")
TODAY, TOMORROW = date(2026, 11, 29), date(2026, 11, 30)


def join(order: uuid.UUID, *, minutes: int = 20, day: date = TODAY, asked: bool = False) -> uuid.UUID:
    starts_at = datetime.now(UTC) + timedelta(minutes=minutes)
    with db.transaction():
        service.join_queue([QueueEntry(order, SITE, 1, starts_at, day)])
        if asked:
            service.ask_for_pickup(order)
    return order


def queue() -> list[str]:
    with db.reading():
        return [one.number for one in service.pickup_queue(SITE)]


def called() -> list[str]:
    with db.reading():
        return [one.number for one in service.called_pickups(SITE, most=8)]


def call(order: uuid.UUID, *, site: int = SITE) -> None:
    with db.transaction():
        service.call_pickup(order, cinema_id=site)


def test_by_the_start_of_the_session_then_who_is_there() -> None:
    popcorn = make_products().popcorn
    starts_at = datetime.now(UTC) + timedelta(minutes=10)
    late = join(sell({popcorn: 1}), minutes=60)
    early, early_and_here = sell({popcorn: 1}), sell({popcorn: 1})
    with db.transaction():
        service.join_queue([QueueEntry(one, SITE, 2, starts_at, TODAY) for one in (early, early_and_here)])
        service.ask_for_pickup(early_and_here)
    with db.reading():
        assert [one.order_id for one in service.pickup_queue(SITE)] == [early_and_here, early, late]
        assert service.pickup_queue(SITE + 1) == []


def test_numbers_begin_again_each_day() -> None:
    popcorn = make_products().popcorn
    first, second = join(sell({popcorn: 1})), join(sell({popcorn: 1}), minutes=30)
    other_day = join(sell({popcorn: 1}), minutes=40, day=TOMORROW)
    join(first)  # once more
    with db.reading():
        numbers = [service.pickup_call(one) for one in (first, second, other_day)]
    assert [one.number for one in numbers if one] == ["C1", "C2", "C1"]


def test_called_and_called_off_the_screen() -> None:
    popcorn = make_products().popcorn
    order = join(sell({popcorn: 1}))
    with pytest.raises(NotQueued):
        call(order, site=SITE + 1)
    call(order)
    assert called() == queue() == ["C1"]
    with db.transaction():
        service.stop_calling_pickup(order, cinema_id=SITE)
    assert (called(), queue()) == ([], ["C1"])


def test_it_leaves_the_queue_with_its_last_item_and_comes_back_when_that_is_undone() -> None:
    popcorn = make_products().popcorn
    order = join(sell({popcorn: 2}))
    call(order)
    hand_out(order, {(popcorn, popcorn): 1})
    assert called() == ["C1"]
    act = hand_out(order, {(popcorn, popcorn): 1})
    assert called() == queue() == []
    with pytest.raises(NotQueued):
        call(order)
    with db.transaction():
        service.undo_handout(act, door_actor(), cinema_id=SITE)
    assert called() == ["C1"]


def test_a_cancelled_order_is_not_called() -> None:
    popcorn = make_products().popcorn
    order = join(sell({popcorn: 1}))
    call(order)
    cancel(order)
    assert called() == queue() == []
    with pytest.raises(NotQueued):
        call(order)
    assert join(sell({popcorn: 1}))
    assert queue() == ["C2"]


def test_sessions_that_began_long_ago_leave_the_queue() -> None:
    popcorn = make_products().popcorn
    join(sell({popcorn: 1}), minutes=-240)
    assert queue() == []
