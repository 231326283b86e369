"""A snack at two counters, undone twice, and cancelled while it is handed out. The controls take the guards out."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import db
from app.core.config import Settings
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView, WrongState
from app.payments import service as payments
from app.products import pickup_statements
from app.products import service as products
from app.products.service import NotLeft, NotUndoable, SoldLine
from tests.actors import door_actor
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.products.product_data import SITE, hold, in_minutes, make_products
from tests.races.concurrency import run_at_once
from tests.reservations.auditoriums import make_screening, seat_plan_of

COUNTERS = 20
ROUNDS = 8


def sold_popcorn(quantity: int) -> tuple[uuid.UUID, int]:
    """(order, product) of a paid order of popcorn."""
    product = make_products().popcorn
    order = hold({product: quantity})
    with db.transaction():
        assert products.sell(order, in_minutes(120))
        products.record_pickup_items([SoldLine(order, SITE, product, quantity, 2500 * quantity)])
    return order, product


def hand_out_at_all_counters(order: uuid.UUID, product: int) -> Counter[str]:
    def hand_out(counter: int) -> str:
        try:
            with db.transaction() as session:
                session.connection()
                products.hand_out(
                    order,
                    {(product, product): 1},
                    door_actor(counter),
                    cinema_id=SITE,
                    counter=str(counter),
                    act_id=uuid.uuid4(),
                )
        except NotLeft:
            return "refused"
        return "handed out"

    return Counter(run_at_once([lambda n=n: hand_out(n) for n in range(COUNTERS)]))  # type: ignore[misc]


@pytest.mark.usefixtures("large_pool")
def test_many_counters_hand_out_what_was_sold() -> None:
    order, product = sold_popcorn(3)
    assert hand_out_at_all_counters(order, product) == {"handed out": 3, "refused": COUNTERS - 3}


@pytest.mark.usefixtures("large_pool")
def test_control_without_the_condition_one_popcorn_is_handed_out_many_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unguarded = str(pickup_statements.LOCKED_HAND_OUT).replace(
        "and i.handed_out + w.quantity <= i.quantity", ""
    )
    assert unguarded != str(pickup_statements.LOCKED_HAND_OUT)
    monkeypatch.setattr(pickup_statements, "LOCKED_HAND_OUT", text(unguarded))
    check = "products.pickup_items {} constraint ck_pickup_items_handed_out"
    with db.transaction() as session:
        session.execute(text(f"alter table {check.format('drop')}"))
    order, product = sold_popcorn(1)
    try:
        assert hand_out_at_all_counters(order, product) == {"handed out": COUNTERS}
    finally:
        with db.transaction() as session:
            session.execute(text("delete from products.pickup_items"))
            session.execute(
                text(f"alter table {check.format('add')} check (handed_out between 0 and quantity)")
            )


@pytest.mark.usefixtures("large_pool")
def test_an_act_is_undone_once() -> None:
    order, product = sold_popcorn(2)
    acts = [uuid.uuid4(), uuid.uuid4()]
    with db.transaction():
        for act in acts:
            products.hand_out(
                order, {(product, product): 1}, door_actor(), cinema_id=SITE, counter="1", act_id=act
            )

    def undo() -> str:
        try:
            with db.transaction():
                products.undo_handout(acts[0], door_actor(), cinema_id=SITE)
        except NotUndoable:
            return "refused"
        return "undone"

    assert Counter(run_at_once([undo] * 12)) == {"undone": 1, "refused": 11}
    with db.reading():
        assert [one.handed_out for one in products.pickup_items(order)] == [1]


@pytest.fixture
def screening(app: object, database: str, settings: Settings) -> Iterator[Screening]:
    db.connect(database, pool_size=20)
    yield make_screening("o" * ROUNDS, starts_in=timedelta(minutes=20))
    db.connect(database, pool_size=settings.database.pool_size)


def race(screening: Screening, place: int, product: int) -> tuple[str, int]:
    """A hand-out and a cancellation at once: what the counter said, and the centavos that go back."""
    seat = seat_plan_of(screening).seats[place].id
    paid = purchases.buy(screening, [seat], f"visitor-{place}", items={product: 1})
    said, cancelled = run_at_once([lambda: collect(paid), lambda: cancel(paid)])
    assert cancelled is None, cancelled
    with db.reading():
        return said, sum(one.amount for one in payments.refunds_of(paid.id))


def collect(paid: OrderView) -> str:
    try:
        with db.transaction() as session:
            orders.hand_out(
                paid.id,
                None,
                door_actor(),
                cinema_id=paid.screening.cinema.id,
                counter="1",
                act_id=uuid.uuid4(),
            )
            session.execute(text("select pg_sleep(0.005)"))
    except WrongState:
        return "refused"
    return "eaten"


def cancel(paid: OrderView) -> None:
    with db.transaction() as session:
        orders.cancel(paid.token)
        session.execute(text("select pg_sleep(0.005)"))


def test_either_the_snack_or_its_price(screening: Screening) -> None:
    product = add_product(screening, on_hand=ROUNDS)
    outcomes = Counter(race(screening, place, product) for place in range(ROUNDS))
    assert set(outcomes) <= {("eaten", 3800), ("refused", 3800 + 2100)}, outcomes


def test_control_when_the_counter_is_not_asked_one_has_both(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancellation that reads what was handed out before it has the order's lock, as none."""
    monkeypatch.setattr("app.orders.lifecycle.products.cancel_sale", lambda order_id: 0)
    product = add_product(screening, on_hand=ROUNDS)
    paid = purchases.buy(screening, [seat_plan_of(screening).seats[0].id], items={product: 1})
    assert collect(paid) == "eaten"
    cancel(paid)
    with db.reading():
        assert sum(one.amount for one in payments.refunds_of(paid.id)) == 3800 + 2100
