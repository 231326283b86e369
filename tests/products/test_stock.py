"""The menu, and the holds, extensions, sales and releases of stock."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import text

from app.core import cache, db
from app.core.errors import Conflict, Invalid
from app.products import service
from app.products.catalogue import Product, stock_needs
from tests.products.product_data import (
    SITE,
    age_claims,
    available,
    hold,
    in_minutes,
    live_claims,
    make_products,
    sold_stock,
    sum_of_sold_claims,
)


def test_the_menu_begins_with_combos_and_says_what_they_save(database: str) -> None:
    make_products(popcorn=10, soda=5)
    with db.reading():
        menu = service.menu(SITE, "en")
        elsewhere = service.menu(SITE + 1, "pt_BR")
    assert [(item.name, item.price, item.separate_price, item.available) for item in menu] == [
        ("Double", 4400, 2500 + 2 * 1400, 2),
        ("Refri", 1400, 1400, 5),
        ("Popcorn", 2500, 2500, 10),
    ]
    assert [item.available for item in elsewhere] == [0, 0, 0]


def test_a_hold_claims_the_parts_of_combos(database: str) -> None:
    products = make_products()
    order = uuid.uuid4()
    with db.transaction():
        lines = service.hold(
            order, SITE, {products.combo: 2, products.popcorn: 1, products.soda: 0}, in_minutes()
        )
    assert [(line.product_id, line.name_en, line.quantity, line.unit_price) for line in lines] == [
        (products.combo, "Double", 2, 4400),
        (products.popcorn, "Popcorn", 1, 2500),
    ]
    assert available() == {"combo": 3, "popcorn": 7, "soda": 6}


def test_a_hold_replaces_the_former_one(database: str) -> None:
    products = make_products(popcorn=3)
    order = hold({products.popcorn: 3})
    hold({products.popcorn: 2, products.soda: 1}, order=order)
    assert available() == {"combo": 1, "popcorn": 1, "soda": 9}
    hold({}, order=order)
    assert available()["popcorn"] == 3


def test_a_hold_beyond_the_stock_is_refused_as_a_whole(database: str) -> None:
    products = make_products(popcorn=4, soda=3)
    order = hold({products.popcorn: 1})
    with pytest.raises(service.OutOfStock) as short:
        hold({products.combo: 2, products.popcorn: 1}, order=order)
    assert short.value.available == {products.combo: 1}
    assert available() == {"combo": 1, "popcorn": 3, "soda": 3}
    with pytest.raises(service.OutOfStock) as short:
        hold({products.popcorn: 4, products.soda: 1})
    assert short.value.available == {products.popcorn: 3}


@pytest.mark.parametrize("quantity", [-1, 21, 10**9, True, 1.5, "2", None])
def test_invalid_quantities_are_refused(database: str, quantity: object) -> None:
    products = make_products()
    with pytest.raises(Invalid) as invalid:
        hold({products.popcorn: quantity})  # type: ignore[dict-item]
    assert (invalid.value.code, invalid.value.field) == ("products.quantity", str(products.popcorn))


def test_unknown_and_withdrawn_products_are_refused(database: str) -> None:
    products = make_products()
    with db.transaction() as session:
        session.execute(text("update products.products set active = false where slug = 'soda'"))
    cache.clear_all()
    for product in (products.soda, 0, -1, 2**40):
        with pytest.raises(Invalid, match=r"products\.unknown"):
            hold({product: 1})


def test_stock_of_an_expired_hold_is_available(database: str) -> None:
    products = make_products(popcorn=1)
    hold({products.popcorn: 1}, minutes=-0.01)
    assert available()["popcorn"] == 1
    hold({products.popcorn: 1})
    assert available()["popcorn"] == 0


def test_a_sale_has_no_expiry_and_is_counted_once(database: str) -> None:
    products = make_products(popcorn=2)
    order = hold({products.popcorn: 1})
    for _ in range(2):
        with db.transaction():
            assert service.sell(order, in_minutes())
    age_claims(hours=48)
    assert available()["popcorn"] == 1
    with pytest.raises(Conflict, match=r"products\.sold"):
        hold({products.popcorn: 2}, order=order)
    with pytest.raises(Conflict, match=r"products\.sold"):
        hold({}, order=order)
    with db.transaction():
        assert service.release(order)
        assert not service.release(order)
    assert available()["popcorn"] == 2


def test_a_late_payment_claims_expired_stock_again(database: str) -> None:
    products = make_products(popcorn=1, soda=5)
    late = hold({products.popcorn: 1, products.soda: 1}, minutes=-0.01)
    with db.transaction():
        assert service.sell(late, in_minutes())
    assert available() == {"combo": 0, "popcorn": 0, "soda": 4}


def test_a_late_payment_claims_all_products_or_none(database: str) -> None:
    products = make_products(popcorn=1, soda=5)
    late = hold({products.popcorn: 1, products.soda: 1}, minutes=-0.01)
    hold({products.popcorn: 1})
    with db.transaction():
        assert not service.sell(late, in_minutes())
        assert not service.extend(late, in_minutes())
    assert available() == {"combo": 0, "popcorn": 0, "soda": 5}


def test_an_extension_moves_every_claim(database: str) -> None:
    products = make_products()
    order = hold({products.combo: 1}, minutes=1)
    until = in_minutes(60)
    with db.transaction() as session:
        assert service.extend(order, until)
        expiries = session.execute(text("select expires_at from products.stock_claims")).scalars().all()
    assert expiries == [until, until]


def test_an_order_without_concessions_can_be_extended_and_sold(database: str) -> None:
    make_products()
    with db.transaction():
        assert service.extend(uuid.uuid4(), in_minutes())
        assert service.sell(uuid.uuid4(), in_minutes())
        assert not service.release(uuid.uuid4())


PARTS = st.dictionaries(st.integers(1, 5), st.integers(1, 4), min_size=1, max_size=4)


@given(st.lists(st.tuples(PARTS, st.integers(1, 20)), max_size=6))
def test_the_parts_of_combos_are_counted(chosen: list[tuple[dict[int, int], int]]) -> None:
    menu = [
        (Product(n, str(n), "", "", "", "", "combo", 0, "", 0, parts), quantity)
        for n, (parts, quantity) in enumerate(chosen)
    ]
    needs = stock_needs(menu)
    assert list(needs) == sorted(needs)
    for part in range(1, 6):
        expected = sum(parts.get(part, 0) * quantity for parts, quantity in chosen)
        assert needs.get(part, 0) == expected


class StockMachine(RuleBasedStateMachine):
    """Compares any sequence of holds, extensions, sales, releases and expiries with a simple model of two products."""

    def __init__(self) -> None:
        super().__init__()
        with db.transaction() as session:
            for table in ("stock_claims", "stock", "combo_items", "products"):
                session.execute(text(f"delete from products.{table}"))
        self.counter = make_products(popcorn=6, soda=8)
        self.capacity = {self.counter.popcorn: 6, self.counter.soda: 8}
        self.orders = [uuid.uuid4() for _ in range(4)]
        self.model: dict[uuid.UUID, tuple[dict[int, int], str]] = {}

    def parts(self, wanted: dict[int, int]) -> dict[int, int]:
        products = self.counter
        popcorn = wanted.get(products.popcorn, 0) + wanted.get(products.combo, 0)
        soda = wanted.get(products.soda, 0) + 2 * wanted.get(products.combo, 0)
        return {part: count for part, count in ((products.popcorn, popcorn), (products.soda, soda)) if count}

    def free(self, product: int, but: uuid.UUID | None = None) -> int:
        used = sum(
            parts.get(product, 0)
            for order, (parts, state) in self.model.items()
            if order != but and state in ("held", "sold")
        )
        return self.capacity[product] - used

    @rule(
        number=st.integers(0, 3),
        popcorn=st.integers(0, 5),
        soda=st.integers(0, 5),
        combo=st.integers(0, 2),
        expired=st.booleans(),
    )
    def hold(self, number: int, popcorn: int, soda: int, combo: int, expired: bool) -> None:
        order = self.orders[number]
        wanted = {self.counter.popcorn: popcorn, self.counter.soda: soda, self.counter.combo: combo}
        parts = self.parts(wanted)
        fits = all(count <= self.free(part, order) for part, count in parts.items())
        sold = self.model.get(order, ({}, ""))[1] == "sold"
        until = datetime.now(UTC) + timedelta(minutes=-1 if expired else 10)
        try:
            with db.transaction():
                service.hold(order, SITE, wanted, until)
        except service.OutOfStock:
            assert not fits
        except Conflict:
            assert sold
        else:
            assert fits
            assert not sold
            self.model[order] = (parts, "expired" if expired else "held")

    @rule(number=st.integers(0, 3), paid=st.booleans())
    @precondition(lambda self: self.model)
    def keep(self, number: int, paid: bool) -> None:
        order = self.orders[number]
        parts, state = self.model.get(order, ({}, "held"))
        expected = state != "expired" or all(count <= self.free(part, order) for part, count in parts.items())
        with db.transaction():
            kept = service.sell(order, in_minutes()) if paid else service.extend(order, in_minutes())
        assert kept == expected
        if kept and parts and state != "sold":
            self.model[order] = (parts, "sold" if paid else "held")

    @rule(number=st.integers(0, 3))
    def release(self, number: int) -> None:
        order = self.orders[number]
        parts, _ = self.model.pop(order, ({}, ""))
        with db.transaction():
            assert service.release(order) == bool(parts)

    @invariant()
    def nothing_is_oversold(self) -> None:
        assert sold_stock() == sum_of_sold_claims()
        for product, capacity in self.capacity.items():
            claimed = live_claims(product)
            assert claimed == capacity - self.free(product)
            assert claimed <= capacity


def test_any_sequence_of_orders_keeps_the_stock_correct(database: str) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        StockMachine,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
