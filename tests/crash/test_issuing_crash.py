"""kill -9 of the worker at every step from the payment to the mail of one order.

In the end there is one set of tickets, one PDF, one receipt, one claim of stock, and repeated mails have one
Message-ID.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from pypdf import PdfReader

from app.core import config, db
from app.core.config import Settings
from app.orders import service as orders
from app.orders.service import OrderView
from tests.actors import owner_of
from tests.adapters.mail_server import MailServer
from tests.adapters.test_mail import read
from tests.live_server import LiveServer
from tests.orders import concessions, purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

SECONDS = 60.0
# Each step with the service whose worker reaches it; that worker runs alone in a process.
STEPS = [
    ("payments", "ChargeRequested.leased"),
    ("payments", "payments.after_create"),
    ("payments", "ChargeRequested.before_commit"),
    ("payments", "ChargeRequested.committed"),
    # The customer pays after this step.
    ("payments", "ProviderHinted.leased"),
    ("payments", "payments.after_fetch"),
    ("payments", "ProviderHinted.before_commit"),
    ("payments", "ProviderHinted.committed"),
    ("orders", "PaymentReceived.leased"),
    ("orders", "PaymentReceived.before_commit"),
    ("orders", "PaymentReceived.committed"),
    ("tickets", "OrderPaid.leased"),
    ("tickets", "tickets.after_pdf"),
    ("tickets", "tickets.after_storage"),
    ("tickets", "OrderPaid.before_commit"),
    ("tickets", "OrderPaid.committed"),
    ("users", "TicketsReady.leased"),
    ("users", "TicketsReady.before_commit"),
    ("users", "TicketsReady.committed"),
]
PAYS_AFTER = "ChargeRequested.committed"


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture
def server(
    make_live_server: Callable[..., LiveServer], settings: Settings, mail_server: MailServer
) -> Iterator[LiveServer]:
    """No process runs; mails are sent by SMTP to a server that counts repeats."""
    mail = f"smtp://127.0.0.1:{mail_server.port}?tls=off"
    server = make_live_server(demo=False, running=False, BILHETERIA_MAIL=mail)
    config.use(settings.changed(database={"url": server.database_url}))
    db.connect(server.database_url, pool_size=2)
    yield server
    db.connect(settings.database.url or "", pool_size=settings.database.pool_size)


def crash_at(server: LiveServer, service: str, step: str) -> None:
    """Run the service's worker until it is killed at `step`; then end its leases."""
    server.env |= {"BILHETERIA_FAILPOINT": step, "SERVICES": service}
    server.start_worker()
    assert server.worker is not None
    assert server.worker.wait(timeout=SECONDS) == -9, f"{step} was never reached"
    server.worker = None
    del server.env["BILHETERIA_FAILPOINT"], server.env["SERVICES"]
    server.query("update core.outbox set leased_until = null")


def order_for_two() -> tuple[OrderView, int]:
    """Check out a full and a student ticket with three portions of popcorn; returns the order and the product's id."""
    screening = make_screening("oooo")
    popcorn = concessions.add_product(screening, on_hand=5)
    basket = purchases.start(screening, seat_ids(seat_plan_of(screening), "A1 A2"))
    basket = purchases.choose(basket, [purchases.FULL, purchases.STUDENT], {popcorn: 3})
    with db.transaction():
        orders.check_out(
            basket.token, owner_of(basket), name="Ana", email="ana@example.org", cpf="", method="pix"
        )
    return basket, popcorn


def test_a_worker_killed_at_every_step_issues_tickets_once(
    server: LiveServer, mail_server: MailServer
) -> None:
    basket, popcorn = order_for_two()
    order_id = str(basket.id)
    for service, step in STEPS:
        crash_at(server, service, step)
        if step == PAYS_AFTER:
            purchases.bank().pay(purchases.charge_id(basket))
    server.start_worker()
    deadline = time.monotonic() + SECONDS
    while server.query("select kind from core.outbox"):
        assert time.monotonic() < deadline, server.query("select kind, last_error from core.outbox")
        time.sleep(0.05)

    # There is one charge and one payment.
    assert purchases.order(basket.token).state == "paid"
    assert server.query("select id from sandbox_bank.charges") == [(purchases.charge_id(basket),)]
    assert server.query("select state from payments.charges") == [("confirmed",)]
    at_the_bank = server.query("select charge_id, amount from sandbox_bank.payments")
    assert [amount for _, amount in at_the_bank] == [basket.total]
    receipts = "select amount, settled_at is not null from payments.receipts where order_id = %s"
    assert server.query(receipts, order_id) == [(basket.total, True)]
    assert server.query("select count(*) from payments.refunds where order_id = %s", order_id) == [(0,)]

    # Seats and stock are sold once, without an expiry.
    claims = "select count(*), count(expires_at) from reservations.seat_claims where screening_id = %s"
    assert server.query(claims, basket.screening.id) == [(2, 0)]
    stock = "select sum(quantity), count(expires_at) from products.stock_claims where product_id = %s"
    assert server.query(stock, popcorn) == [(3, 0)]

    # There is one set of tickets and one PDF.
    tickets = "select id, state from tickets.tickets where order_id = %s"
    assert [state for _, state in server.query(tickets, order_id)] == ["valid", "valid"]
    ((key,),) = server.query("select storage_key from tickets.documents where order_id = %s", order_id)
    files = [path for path in (server.var / "tickets").rglob("*") if path.is_file()]
    assert files == [server.var / "tickets" / key]
    assert len(PdfReader(BytesIO(files[0].read_bytes())).pages) == 2

    # The mail was sent before its delivery was marked as done, so it is repeated with the same Message-ID.
    mails = [read(content) for content in mail_server.received]
    assert len(mails) == 2
    assert len({mail["Message-ID"] for mail in mails}) == 1
    for mail in mails:
        assert mail["To"] == "ana@example.org"
        attached, _calendar = mail.iter_attachments()
        assert attached.get_content() == files[0].read_bytes()
