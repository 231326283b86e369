"""Old hand-outs and old places in the queue are deleted; what an order has collected is kept."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from app.core import config, db
from app.core.config import Settings
from app.products import retention, service
from tests.products.product_data import make_products
from tests.products.test_handouts import hand_out, handed_out, sell
from tests.products.test_pickup_queue import join

pytestmark = pytest.mark.usefixtures("database")


def make_older(order: uuid.UUID, days: int) -> None:
    """Move the order's hand-outs and its place in the queue into the past."""
    values = {"order_id": order, "days": days}
    with db.transaction() as session:
        for table, column in (("handouts", "at"), ("pickup_calls", "starts_at")):
            statement = f"update products.{table} set {column} = {column} - make_interval(days => :days)"
            session.execute(text(f"{statement} where order_id = :order_id"), values)


def records(order: uuid.UUID) -> tuple[int, bool]:
    """How many hand-outs of the order are there, and whether it has a place in the queue."""
    with db.reading():
        return len(service.handouts(order)), service.pickup_call(order) is not None


@pytest.fixture
def collected() -> uuid.UUID:
    """An order of two popcorns, one of which was handed out."""
    popcorn = make_products().popcorn
    order = join(sell({popcorn: 2}))
    hand_out(order, {(popcorn, popcorn): 1})
    return order


def test_old_records_of_the_counter_are_deleted(collected: uuid.UUID, settings: Settings) -> None:
    make_older(collected, settings.retention.pickup_days - 1)
    retention.delete_old_pickups()
    assert records(collected) == (1, True)
    make_older(collected, 2)
    retention.delete_old_pickups()
    assert records(collected) == (0, False)
    assert handed_out(collected) == {"Popcorn": (1, 2)}


def test_more_than_one_batch_is_deleted(collected: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.reading():
        popcorn = service.pickup_items(collected)[0].part_id
    other = join(sell({popcorn: 1}))
    for order in (collected, other):
        make_older(order, 100)
    monkeypatch.setattr(retention, "BATCH", 1)
    retention.delete_old_pickups()
    assert records(collected) == (0, False)
    assert records(other) == (0, False)


def test_the_days_are_a_setting(collected: uuid.UUID, settings: Settings) -> None:
    config.use(settings.changed(retention={"pickup_days": 3}))
    make_older(collected, 4)
    retention.delete_old_pickups()
    assert records(collected) == (0, False)
