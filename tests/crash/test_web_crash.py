"""kill -9 of web processes or the database while customers buy: no confirmed step is lost, no seat is sold twice.

A customer without an answer sends the same form again, with its once-token, and gets the order that it created.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core import db
from app.core.config import Settings
from tests.crash.buyers import Buyers
from tests.crash.installation import Installation
from tests.live_server import LiveServer
from tests.orders import concessions
from tests.processes import children
from tests.reservations.auditoriums import make_screening

CUSTOMERS = 8
POPCORN = 30
SECONDS = 60.0


@pytest.fixture
def server(make_live_server: Callable[..., LiveServer], settings: Settings) -> Iterator[LiveServer]:
    server = make_live_server(
        demo=False, BILHETERIA_HOLDS_PER_ADDRESS="100000", BILHETERIA_SANDBOX_PIX="auto:0.2"
    )
    db.connect(server.database_url, pool_size=2)
    yield server
    db.connect(settings.database.url or "", pool_size=settings.database.pool_size)


def kill_a_web_process(server: LiveServer) -> None:
    """Kill a process that serves requests; the master of gunicorn starts another."""
    assert server.web is not None
    master = server.web.pid
    before = children(master)
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: bool(children(master) - before), "no other process starts")


def test_web_processes_are_killed_while_customers_buy(server: LiveServer) -> None:
    def kill() -> None:
        for _ in range(2):
            kill_a_web_process(server)
            time.sleep(0.7)
        server.kill_web()
        server.start_web()

    buy_during(server, kill)


def test_the_database_is_killed_while_customers_buy(tmp_path: Path, settings: Settings) -> None:
    server = Installation(tmp_path, BILHETERIA_HOLDS_PER_ADDRESS="100000")
    db.connect(server.postgres.url, pool_size=2)
    try:
        buy_during(server.server, server.kill_postgres)
    finally:
        db.connect(settings.database.url or "", pool_size=settings.database.pool_size)
        server.close()


def buy_during(server: LiveServer, kill: Callable[[], None]) -> None:
    """Customers buy, `kill` is called twice, and in the end the orders, seats, stock and payments agree."""
    screening = make_screening(*["o" * 20] * 26)
    popcorn = concessions.add_product(screening, on_hand=POPCORN)
    buyers = Buyers(server.port, screening.id, popcorn)
    threads = buyers.run(CUSTOMERS)
    for turn in range(2):
        time.sleep(0.7)
        wait_until(lambda turn=turn: len(buyers.purchases) > turn * CUSTOMERS)  # type: ignore[misc]
        kill()
    time.sleep(0.7)
    wait_until(lambda: len(buyers.purchases) > CUSTOMERS)
    buyers.stop.set()
    for thread in threads:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in threads)
    assert buyers.unexpected == []
    assert buyers.repeated > 0, "no answer was lost, so the test tried nothing"

    wait_until_all_is_paid(server)
    assert_no_confirmed_step_is_lost(server, buyers)
    assert_nothing_is_doubled(server, buyers)


def wait_until(condition: Callable[[], bool], otherwise: str = "nobody buys") -> None:
    """Wait for the condition, however slow the machine is."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


def wait_until_all_is_paid(server: LiveServer) -> None:
    deadline = time.monotonic() + SECONDS
    waiting = "select count(*) from orders.orders where state = 'awaiting_payment'"
    while server.query(waiting) != [(0,)]:
        assert time.monotonic() < deadline, server.query(
            "select state, count(*) from orders.orders group by 1"
        )
        # The lease of a handler that lost its connection ends after half a minute; the test ends it at once.
        server.query("update core.outbox set leased_until = null, available_at = clock_timestamp()")
        time.sleep(0.5)


def assert_no_confirmed_step_is_lost(server: LiveServer, buyers: Buyers) -> None:
    rows = server.query(
        "select o.token, o.state, o.types_chosen, coalesce((select sum(quantity) from orders.order_items i"
        " where i.order_id = o.id), 0), (select count(*) from tickets.tickets t where t.order_id = o.id)"
        " from orders.orders o",
    )
    orders = {f"/orders/{token}": facts for token, *facts in rows}
    for one in buyers.purchases:
        state, types, popcorn, tickets = orders[one.path]
        assert types or not one.types
        assert popcorn == one.popcorn or not one.checked_out
        assert (state, tickets) == ("paid", 2) or not one.checked_out


def assert_nothing_is_doubled(server: LiveServer, buyers: Buyers) -> None:
    # A repeated form created no second order: there are as many orders as confirmed purchases.
    assert len({one.path for one in buyers.purchases}) == len(buyers.purchases)
    assert server.query("select count(*) from orders.orders") == [(len(buyers.purchases),)]
    # Each seat is in one order and on one ticket.
    on_orders = "select seat_id from orders.order_seats group by seat_id having count(*) > 1"
    assert server.query(on_orders) == []
    on_tickets = "select seat_id from tickets.tickets group by seat_id having count(*) > 1"
    assert server.query(on_tickets) == []
    sold = "select count(*) from reservations.seat_claims where screening_id = %s and expires_at is null"
    assert server.query(sold, buyers.screening_id) == server.query("select count(*) from tickets.tickets")
    # No more stock is sold than there was, and each sold portion belongs to an order.
    ((claimed,),) = server.query(
        "select coalesce(sum(quantity), 0) from products.stock_claims where product_id = %s",
        buyers.popcorn_id,
    )
    assert claimed <= POPCORN
    assert server.query("select coalesce(sum(quantity), 0) from orders.order_items") == [(claimed,)]
    # Each order has one payment.
    paid = "select order_id from payments.receipts group by order_id having count(*) > 1"
    assert server.query(paid) == []
    assert server.query("select count(*) from payments.refunds") == [(0,)]
