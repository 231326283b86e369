"""`make services`: purchases, the kiosk and the door through nginx, also while any of the processes dies."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from app.core import db
from app.core.actor import Actor
from app.core.config import PAGES, SERVICES, Settings
from app.users import service as users
from tests.databases import Databases
from tests.journeys.door_steps import expect_verdict, open_at_noon, scan, sign_in, stand_at
from tests.journeys.journey_data import connected_journey
from tests.journeys.purchase_steps import (
    TIMEOUT_MS,
    confirm_age,
    go_on_to_pay,
    qr_codes_of_pdf,
    step_button,
)
from tests.services_server import WAIT_SECONDS, ApiBuyer, ServicesServer, missing, wait_until

# A machine that is busy takes minutes to start so many processes.
pytestmark = [pytest.mark.skipif(bool(missing()), reason=missing()), pytest.mark.timeout(600)]
NewPage = Callable[..., Page]
PAUSE_SECONDS = 0.5  # between two purchases of a customer: the machine also has to start processes
# An address of each service, and one of the pages; while they run, they answer it with 200 or a refusal.
ADDRESSES = {
    PAGES: "/orders/find",
    "events": "/api/v1/films",
    "products": "/api/v1/products?cinema=none",
    "tickets": "/api/v1/orders/none/tickets",
    "reservations": "/api/v1/screenings/0/seats",
    "orders": "/api/v1/orders/none",
    "payments": "/api/v1/orders/none/payments",
    "users": "/api/v1/me",
}


@pytest.fixture(scope="module")
def services(
    all_databases: Databases, worker_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServicesServer]:
    """All processes, with the demo; each Pix is paid after a moment."""
    name = f"services_{worker_name}"
    database = all_databases.create(name, all_databases.with_demo())
    server = ServicesServer(
        database, tmp_path_factory.mktemp("services"), WEB_WORKERS="1", BILHETERIA_SANDBOX_PIX="auto:1"
    )
    try:
        open_at_noon(server)
        yield server
    finally:
        server.stop()
        all_databases.drop(name)


def go_to_types(page: Page, server: ServicesServer) -> str:
    """Take the best two seats of the screening that is still to come today; returns its place at the door."""
    ((screening,),) = server.query("select id from events.screenings where external_ref = 'door'")
    page.goto(f"{server.url}/screenings/{screening}")
    page.locator("[data-best-button]").click()
    page.wait_for_url("**/types")
    return f"screening-{screening}"


def pay(page: Page) -> str:
    """Go on from the types to the payment; returns the order's address when it is paid."""
    go_on_to_pay(page)
    page.wait_for_url(re.compile(r"/orders/[\w-]+$"), timeout=TIMEOUT_MS * 2)
    return page.url


def test_a_purchase_by_pages_is_admitted_once_at_the_door(
    new_page: NewPage, services: ServicesServer
) -> None:
    page = new_page()
    place = go_to_types(page, services)
    order = pay(page)
    expect(page.locator("article.ticket")).to_have_count(2)
    first, _second = qr_codes_of_pdf(page, f"{order}/tickets.pdf")

    door = new_page()
    sign_in(door, services)
    stand_at(door, place)
    scan(door, first)
    expect_verdict(door, "Pode entrar")
    scan(door, first)
    expect_verdict(door, "Já entrou")


def test_a_purchase_at_a_kiosk(new_page: NewPage, services: ServicesServer, settings: Settings) -> None:
    page = new_page(viewport={"width": 1080, "height": 1920}, has_touch=True)
    page.goto(f"{services.url}/kiosk")
    code = page.locator(".pairing-code").inner_text()
    with connected_journey(services, settings), db.transaction():
        cinema = services.query("select min(id) from events.cinemas")[0][0]
        users.confirm_pairing(code, cinema, "Totem 1", Actor(user_id=1))
    expect(page.get_by_role("button", name="Toque para comprar")).to_be_visible(timeout=TIMEOUT_MS)
    page.locator(".board button").last.tap()
    page.get_by_role("button", name="Os 2 melhores juntos").tap()
    expect(page.locator("#types-form")).to_be_visible()
    confirm_age(page)
    step_button(page).tap()
    page.wait_for_url("**/concessions")
    step_button(page).tap()
    expect(page.locator("#checkout-form")).to_be_visible()
    step_button(page).tap()
    expect(page.locator(".kiosk-order")).to_be_visible(timeout=TIMEOUT_MS * 2)
    rows = services.query(
        "select count(*) from tickets.tickets t join orders.orders o on o.id = t.order_id where o.channel = 'kiosk'"
    )
    assert rows == [(2,)]


def later_screenings(server: ServicesServer) -> list[int]:
    """Screenings that do not begin while the test runs, with enough free seats: some of the demo's are nearly full."""
    rows = server.query(
        "select s.id from events.screenings s join events.auditoriums a on a.id = s.auditorium_id"
        " where s.starts_at > now() + interval '20 hours' and a.capacity"
        " - (select count(*) from reservations.seat_claims c where c.screening_id = s.id) > 30 order by s.id"
    )
    return [screening for (screening,) in rows]


def test_purchases_go_on_while_any_process_dies(services: ServicesServer) -> None:
    buyer, enough = ApiBuyer(services), threading.Event()
    screenings = itertools.cycle(later_screenings(services))
    bought: list[str] = []
    broken: list[BaseException] = []

    def buy_until_enough() -> None:
        try:
            while not enough.is_set():
                bought.append(buyer.buy(next(screenings)))
                enough.wait(PAUSE_SECONDS)
        except BaseException as error:
            broken.append(error)

    customers = [threading.Thread(target=buy_until_enough) for _ in range(2)]
    for customer in customers:
        customer.start()
    try:
        for name in (PAGES, *SERVICES, "relay"):
            names = [name, f"{name}-worker"] if name in SERVICES else [name]
            with services.killed(*names):
                check_while_down(services, name)
            services.wait_until_ready(*names)
    finally:
        enough.set()
        for customer in customers:
            customer.join(WAIT_SECONDS * 2)
    assert not broken
    assert buyer.refused, "no purchase met a service that was down"
    assert bought
    wait_until(lambda: not outstanding(services), WAIT_SECONDS, lambda: f"not done: {outstanding(services)}")
    check_invariants(services)


def check_while_down(server: ServicesServer, name: str) -> None:
    """The addresses of `name` answer 503 with a way on, those of another service as usual."""
    if name in ADDRESSES:
        answer = server.get(ADDRESSES[name], **{"Accept-Language": "en"})
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"
        if name == PAGES:
            assert '<a class="button" href="">Try again</a>' in answer.text
            assert "Nothing was charged twice" in answer.text
        else:
            assert answer.json["type"] == "urn:bilheteria:problem:service_unavailable"
    assert server.get(ADDRESSES["products" if name == "events" else "events"]).status in (200, 404, 422)
    assert server.get("/healthz" if name != PAGES else ADDRESSES["orders"]).status in (200, 404)


def outstanding(server: ServicesServer) -> dict[str, object]:
    """What is not done yet: messages in the outbox and the queues, paid orders without a PDF."""
    in_outbox = server.query("select count(*) from core.outbox where available_at <= now()")[0][0]
    without_pdf = server.query(
        "select count(*) from orders.orders o where o.state = 'paid' and not exists"
        " (select from tickets.documents d where d.order_id = o.id)"
    )[0][0]
    found = {"outbox": in_outbox, "queues": server.messages_in_queues(), "without_pdf": without_pdf}
    return {name: count for name, count in found.items() if count}


NO_ROWS = {
    "a seat is sold twice": """
        select r.screening_id, s.seat_id from reservations.reservations r
        join reservations.reservation_seats s on s.reservation_id = r.id
        where r.state = 'confirmed' group by 1, 2 having count(*) > 1""",
    "a ticket's seat is not sold to its order": """
        select t.id from tickets.tickets t where t.state <> 'revoked' and not exists (
            select from reservations.seat_claims c join orders.orders o on o.reservation_id = c.reservation_id
            where o.id = t.order_id and c.screening_id = t.screening_id and c.seat_id = t.seat_id
            and c.expires_at is null)""",
    "a confirmed payment has neither tickets nor a refund, or both": """
        select p.id from payments.receipts p where
            (exists (select from tickets.tickets t where t.order_id = p.order_id and t.state <> 'revoked'))
            = (exists (select from payments.refunds f where f.receipt_id = p.id))""",
    "an order is charged more than once": """
        select p.order_id from payments.receipts p left join payments.refunds f on f.receipt_id = p.id
        where f.id is null group by 1 having count(*) > 1""",
    "a charge is confirmed without its receipt": """
        select c.id from payments.charges c where c.state = 'confirmed'
        and not exists (select from payments.receipts p where p.charge_id = c.id)""",
    "a message is a dead letter": "select message_id from core.outbox where dead_at is not null",
    "a ticket was let in twice": """
        select ticket_id from tickets.admissions where verdict = 'admitted'
        group by 1 having count(*) > 1""",
}


def check_invariants(server: ServicesServer) -> None:
    found = {what: server.query(statement) for what, statement in NO_ROWS.items()}
    assert {what: rows for what, rows in found.items() if rows} == {}
    storage = server.storage()
    documents = server.query("select storage_key, size from tickets.documents")
    assert [key for key, size in documents if len(storage.get(key)) != size] == []
    mails = len(list((server.var / "mail").glob("**/*.eml")))
    with_email = server.query("select count(*) from orders.orders where state = 'paid' and email is not null")
    # A mail may come twice, and never not at all.
    assert mails >= with_email[0][0]
