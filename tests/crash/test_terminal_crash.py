"""kill -9 of the worker between any two steps of a card payment at a kiosk.

Another worker (the test itself) goes on with what the killed one left: the card was charged once and the order has its
tickets, or the whole amount was reversed once.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from app.adapters.terminal.sandbox import SandboxTerminals
from app.core import cache, config, db
from app.orders import service as orders
from app.payments import providers
from app.payments import service as payments
from app.payments import terminals as terminals_module
from tests.crash.test_payments_crash import SECONDS, crash_at
from tests.live_server import LiveServer
from tests.orders import kiosk_sales, purchases
from tests.orders.kiosk_sales import KIOSK, ask_terminal, at_kiosk
from tests.reservations.auditoriums import make_screening

OUTCOME = """
    select o.state,
      (select count(*) from tickets.tickets t where t.order_id = o.id and t.state = 'valid'),
      (select count(*) from payments.receipts r where r.order_id = o.id),
      (select coalesce(sum(amount), 0) from sandbox_terminal.reversals),
      (select count(*) from sandbox_terminal.transactions where state = 'approved')
    from orders.orders o
"""
TICKETS: list[tuple[object, ...]] = [("paid", 2, 1, 0, 1)]
REVERSED: list[tuple[object, ...]] = [("cancelled", 0, 1, 7600, 1)]


@pytest.fixture
def server(make_live_server: Callable[..., LiveServer], settings: config.Settings) -> Iterator[LiveServer]:
    server = make_live_server(demo=False, running=False)
    db.connect(server.database_url, pool_size=2)
    yield server
    db.engine().dispose()
    for sandbox in (payments.sandbox_terminals(), payments.sandbox()):
        sandbox.dispose()
    for cached in (terminals_module._sandbox, providers._sandbox):
        cached.cache_clear()  # the next test has a new database of the same name
    cache.clear_all()


@pytest.fixture
def terminals(server: LiveServer) -> SandboxTerminals:
    return payments.sandbox_terminals()


def start_payment() -> tuple[str, uuid.UUID]:
    """An order of two seats that is to be paid by card: its token, and the id of its charge."""
    actor = at_kiosk()
    token = kiosk_sales.start(make_screening("oooo"), "A1 A2", actor).token
    with db.transaction():
        order = orders.check_out(token, actor, name="", email="", cpf="", method=payments.CARD_PRESENT)
        return token, payments.charges_of(order.id)[-1].id


def start_at_terminal() -> tuple[str, uuid.UUID]:
    """An order whose transaction waits at the terminal."""
    started = start_payment()
    purchases.run_due_work()
    return started


def go_on(server: LiveServer, expected: list[tuple[object, ...]], statement: str = OUTCOME) -> None:
    """Do what a worker does until the statement gives the expected rows."""
    deadline = time.monotonic() + SECONDS
    ask_terminal()
    while (found := server.query(statement)) != expected:
        assert time.monotonic() < deadline, (found, expected)
        ask_terminal()


def approve(terminals: SandboxTerminals, charge_id: uuid.UUID) -> None:
    for act in ("insert", "approve"):
        assert terminals.act(KIOSK, charge_id.hex, act)
    with db.transaction():
        payments.report_change(charge_id.hex)


@pytest.mark.parametrize(
    "step", ["ChargeRequested.leased", "payments.after_create", "ChargeRequested.before_commit"]
)
def test_a_worker_killed_while_it_starts_the_terminal(
    server: LiveServer, terminals: SandboxTerminals, step: str
) -> None:
    _, charge_id = start_payment()
    crash_at(server, step)
    go_on(server, [("pending",)], "select state from payments.charges")
    approve(terminals, charge_id)
    go_on(server, TICKETS)


@pytest.mark.parametrize(
    "step",
    [
        "ProviderHinted.leased",
        "payments.after_fetch",
        "ProviderHinted.before_commit",
        "PaymentReceived.leased",
        "PaymentReceived.before_commit",
    ],
)
def test_a_worker_killed_while_it_learns_of_the_approval(
    server: LiveServer, terminals: SandboxTerminals, step: str
) -> None:
    _, charge_id = start_at_terminal()
    approve(terminals, charge_id)
    crash_at(server, step)
    go_on(server, TICKETS)


@pytest.mark.parametrize(
    "step",
    [
        "ChargeCancelRequested.leased",
        "payments.after_cancel",
        "PaymentReceived.before_commit",
        "RefundRequested.leased",
        "payments.after_refund",
        "RefundRequested.before_commit",
    ],
)
def test_a_worker_killed_while_it_reverses_what_was_given_up(
    server: LiveServer, terminals: SandboxTerminals, step: str
) -> None:
    """The card was approved in the moment in which the visitor gave the order up."""
    token, charge_id = start_at_terminal()
    for act in ("insert", "approve"):
        assert terminals.act(KIOSK, charge_id.hex, act)
    with db.transaction():
        orders.abandon(token, at_kiosk())
    crash_at(server, step)
    go_on(server, [("refunded",)], "select state from payments.refunds")
    go_on(server, REVERSED)
