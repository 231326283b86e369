"""The bench with a year of sales: the numbers of its rows are right, and each measured verb has its effect."""

from __future__ import annotations

from sqlalchemy import text

from app.core import db
from tools.bench import year_data, year_verbs

ORDERS, CLAIMS, REQUESTS = 1500, 300, 200


def number(statement: str) -> int:
    with db.reading() as session:
        return int(session.execute(text(statement)).scalar_one())


def test_a_year_of_sales_is_complete(demo: str) -> None:
    before = year_data.counts(demo)
    year_data.fill(demo, orders=ORDERS, stock_claims=CLAIMS, requests=REQUESTS)
    after = year_data.counts(demo)
    made = {table: after[table] - before[table] for table in after}
    assert {made[table] for table in ("orders.orders", "tickets.issues", "reservations.reservations")} == {
        ORDERS
    }
    assert {
        made[table]
        for table in (
            "orders.order_seats",
            "tickets.tickets",
            "reservations.seat_claims",
            "reservations.reservation_seats",
        )
    } == {2 * ORDERS}
    assert (made["products.stock_claims"], made["reservations.requests"]) == (CLAIMS, REQUESTS)
    # Rows written without foreign key checks agree: seats are of the auditorium, and the sums of sales are right.
    assert (
        number(
            "select count(*) from reservations.seat_claims c join events.screenings s on s.id = c.screening_id"
            " join events.seats p on p.id = c.seat_id where p.auditorium_id <> s.auditorium_id"
        )
        == 0
    )
    assert (
        number(
            "select count(*) from orders.orders o left join reservations.reservations r on r.id = o.reservation_id"
            " where r.screening_id is distinct from o.screening_id"
        )
        == 0
    )
    assert number("select sum(sold) from products.stock") == CLAIMS
    assert number("select count(*) from pg_index where not (indisvalid and indisready)") == 0
    assert number("select count(*) from pg_namespace where nspname = 'bench'") == 0


def test_each_verb_has_its_effect_and_can_be_repeated(demo: str) -> None:
    verbs = year_verbs.Verbs()
    left = free_and_in_stock()
    for name in year_verbs.NAMES * 2:
        assert sum(1 for _ in verbs.by_name[name]()) == 2, name
        assert free_and_in_stock() == left, name


def free_and_in_stock() -> tuple[int, int]:
    return (
        number("select count(*) from reservations.seat_claims"),
        number("select count(*) from products.stock_claims where expires_at > clock_timestamp()"),
    )
