"""Export and erasure of personal data (LGPD); the tests search every table for the person."""

from __future__ import annotations

import json
import uuid

import pytest
from flask import Flask
from sqlalchemy import text

from app.adapters.mail import FolderMailbox, Mail
from app.core import config, db, idempotency, outbox, worker
from app.core.config import Settings
from app.core.errors import NotFound
from app.core.idempotency import Answer, Lease
from app.core.messages import NoticeRequested
from app.dispatch import routes
from app.events.service import Screening
from app.orders import service as orders
from app.reservations import service as reservations
from app.users import address_problems
from app.users import service as users
from app.web import links
from tests.actors import door_actor, visitor_actor
from tests.api.buyer import Buyer
from tests.cli.person import CPF, EMAIL, NAME, basket, make_account, output_of, stored
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.orders.test_partner_events import of_partner
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.reservations.holds import hold
from tests.shop.visitor import Visitor
from tests.table_search import tables_containing
from tests.users import webhook_receiver
from tests.users.webhook_receiver import receiving

pytestmark = pytest.mark.usefixtures("after_commands")


def join(screening: Screening, email: str = EMAIL) -> reservations.Request:
    with db.transaction():
        return reservations.join_waiting_list(screening, 1, email, visitor_actor(email))


def test_the_export_has_all_data_of_the_person_and_no_other(app: Flask, screening: Screening) -> None:
    popcorn = add_product(screening)
    make_account()
    paid = purchases.pay(basket(screening, "A1 A2"))
    purchases.buy(screening, seat_ids(seat_plan_of(screening), "A7"), "eva", items={popcorn: 2})
    full = make_screening("o")
    hold(full, "A1")
    join(full)
    join(full, "eva@example.org")
    found = json.loads(output_of(app, "export", EMAIL.upper()))
    assert found["email"] == EMAIL
    assert (found["account"]["name"], len(found["account"]["sessions"])) == (NAME, 1)
    (order,) = found["orders"]
    assert (order["code"], order["name"], order["cpf"], order["total"]) == (paid.code, NAME, CPF, 7600)
    assert [ticket["seat"] for ticket in order["tickets"]] == ["A1", "A2"]
    assert order["payments"]["receipts"][0]["amount"] == 7600
    assert (order["pickup"]["queue"], order["pickup"]["handouts"]) == (None, [])
    assert [one["state"] for one in found["waiting_list"]] == ["waiting"]
    assert "OrderPaid" in found["mails_waiting"]
    assert "qr_text" not in json.dumps(found)
    assert "password" not in json.dumps(found)


def test_the_export_has_what_the_counter_recorded(app: Flask, screening: Screening) -> None:
    popcorn = add_product(screening)
    paid = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1"), items={popcorn: 2})
    with db.transaction():
        orders.queue_pickup(paid.id, cinema_id=screening.cinema.id)
        orders.hand_out(
            paid.id,
            {(popcorn, popcorn): 1},
            door_actor(),
            cinema_id=screening.cinema.id,
            counter="Balcão 1",
            act_id=uuid.uuid4(),
        )
    (order,) = json.loads(output_of(app, "export", paid.email or ""))["orders"]
    (act,) = order["pickup"]["handouts"]
    assert (act["counter"], act["items"]) == ("Balcão 1", [{"name": "Pipoca", "quantity": 1}])
    assert order["pickup"]["queue"]["number"] == 1
    assert order["pickup"]["queue"]["asked_at"]


def test_the_export_of_an_unknown_person_is_empty(app: Flask) -> None:
    found = json.loads(output_of(app, "export", EMAIL))
    assert found == {
        "email": EMAIL,
        "account": None,
        "orders": [],
        "waiting_list": [],
        "mails_returned": False,
        "reported_as_spam": False,
        "mails_waiting": [],
    }
    assert "that is not an e-mail address" in output_of(app, "export", "olimpia")


def test_erased_data_is_in_no_table_and_the_sale_is_kept(
    app: Flask, screening: Screening, settings: Settings
) -> None:
    user_id = make_account()
    paid = purchases.pay(basket(screening, "A1 A2"))
    under_another_address = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A9"), "friend")
    with db.transaction() as session:
        session.execute(
            text("update orders.orders set user_id = :user where id = :id"),
            {"user": user_id, "id": under_another_address.id},
        )
    worker.drain(routes(("tickets",)))
    assert stored(paid)
    waiting_for_money = basket(screening, "A4")
    full = make_screening("oo")
    held = hold(full, "A1 A2")
    offered, waits = join(full), join(full)
    with db.transaction():
        reservations.release(held.id)
    with db.transaction():
        reservations.offer_next(full.id)
    FolderMailbox(settings.mail_folder, settings.mail.sender).send(
        Mail(EMAIL, "Seus ingressos", "…", "<p>…</p>", "<1@example.org>", ())
    )
    with db.transaction():
        outbox.publish(NoticeRequested("order_refunded", "other@example.org", "en", {}))
        address_problems.record(EMAIL, "returned")

    answer = output_of(app, "erase", EMAIL, "--yes")
    assert "1 account(s), 3 order(s), 2 place(s) in the waiting list" in answer
    for word in (EMAIL, NAME, CPF):
        assert word not in answer
    worker.drain(routes(("tickets",)))
    purchases.run_due_work()
    assert tables_containing(EMAIL, NAME) == set()
    assert tables_containing(CPF) == {"orders.orders"}
    assert not stored(paid)
    assert not list(settings.mail_folder.glob("*.eml"))

    kept = purchases.order(paid.token)
    assert (kept.state, kept.total, kept.code, kept.cpf) == ("paid", 7600, paid.code, CPF)
    assert kept.paid_at == paid.paid_at
    assert purchases.valid_tickets(paid) == ["A1", "A2"]
    assert purchases.order(under_another_address.token).email is None
    given_up = purchases.order(waiting_for_money.token)
    assert (given_up.state, given_up.cpf) == ("cancelled", None)
    for request in (offered, waits):
        with db.reading(), pytest.raises(NotFound):
            reservations.request(request.token)
    with db.reading():
        assert reservations.seat_states(full.id) == {}
        assert outbox.waiting_mails("other@example.org") == ["NoticeRequested"]
        assert users.account_of(EMAIL) is None
        assert not users.address_state(EMAIL).returned


def test_erasing_again_changes_nothing(app: Flask, screening: Screening) -> None:
    paid = purchases.pay(basket(screening, "A1"))
    assert "1 order(s)" in output_of(app, "erase", EMAIL, "--yes")
    first = purchases.order(paid.token)
    answer = output_of(app, "erase", EMAIL, "--yes")
    assert "0 account(s), 0 order(s), 0 place(s) in the waiting list, 0 mail(s)" in answer
    assert purchases.order(paid.token).erased_at == first.erased_at


def test_the_command_asks_before_it_erases(app: Flask, screening: Screening) -> None:
    paid = purchases.pay(basket(screening, "A1"))
    assert "Aborted" in output_of(app, "erase", EMAIL)
    assert purchases.order(paid.token).email == EMAIL


def test_a_pending_refund_is_made_after_the_erasure(app: Flask, screening: Screening) -> None:
    paid = purchases.pay(basket(screening, "A1"))
    with db.transaction():
        orders.cancel(paid.token)
    output_of(app, "erase", EMAIL, "--yes")
    purchases.run_due_work()
    assert purchases.refunds(paid) == [(3800, "refunded")]
    assert tables_containing(EMAIL, NAME) == set()


def test_a_payment_after_the_erasure_is_refunded(app: Flask, screening: Screening) -> None:
    order = basket(screening, "A1")
    bank_id = purchases.charge_id(order)
    output_of(app, "erase", EMAIL, "--yes")
    purchases.bank().pay(bank_id)
    purchases.run_due_work()
    purchases.run_due_work()
    assert purchases.refunds(order) == [(3800, "refunded")]
    assert tables_containing(EMAIL, NAME, CPF) == set()


def test_the_page_of_an_erased_order_shows_its_tickets_without_a_pdf(
    app: Flask, screening: Screening
) -> None:
    paid = purchases.pay(basket(screening, "A1"))
    output_of(app, "erase", EMAIL, "--yes")
    visitor = Visitor(app)
    visitor.client.set_cookie("language", "en")
    page = visitor.get(links.order(paid.token))
    assert page.status_code == 200
    assert "A1" in page.text
    assert "The PDF of this order was deleted." in page.text
    assert "Send the e-mail again" not in page.text
    pdf = visitor.get(f"{links.order(paid.token)}/tickets.pdf")
    assert pdf.status_code == 410
    assert "The PDF was deleted" in pdf.text


def test_what_the_api_and_the_webhooks_keep_has_no_buyer(
    app: Flask, screening: Screening, settings: Settings
) -> None:
    """Answers for repeated requests, and deliveries to a partner whose server repeats an e-mail, live for some days."""
    config.use(settings.changed(webhooks={"loopback": True}))
    buyer = Buyer(app.test_client())
    seats = seat_ids(seat_plan_of(screening), "A1 A2 A5")
    order = buyer.with_types(
        buyer.post("/orders", {"screening": screening.id, "seats": seats[:2]}).get_json()
    )
    assert buyer.pay(order, name=NAME, email=EMAIL, cpf=CPF).status_code == 202
    full = make_screening("o")
    hold(full, "A1")
    waits = buyer.post("/requests", {"screening": full.id, "quantity": 1, "email": EMAIL})
    assert waits.status_code == 201
    with receiving() as receiver:
        receiver.server.answers = [(200, {}, f"Thanks, {EMAIL}".encode())] * 3
        with db.transaction():
            begun = orders.start_with_seats(screening.id, seats[2:], of_partner(receiver), once="the form")
        basket = purchases.choose(purchases.order(begun.token))
        with db.transaction():
            orders.check_out(
                basket.token, of_partner(receiver), name=NAME, email=EMAIL, cpf=CPF, method="pix"
            )
        purchases.run_due_work()
        for token in (basket.token, order["token"]):
            purchases.pay(purchases.order(token))
        webhook_receiver.work()
        assert len(receiver.deliveries()) == 2
    kept = {"core.idempotency_keys", "users.webhook_deliveries", "users.webhook_attempts"}
    assert "orders.orders" in tables_containing(EMAIL)
    assert tables_containing(EMAIL, NAME, CPF).isdisjoint(kept)
    output_of(app, "erase", EMAIL, "--yes")
    assert tables_containing(EMAIL, NAME) == set()
    assert tables_containing(CPF) == {"orders.orders"}


def test_control_the_search_finds_a_person_in_bytes_and_in_json(database: str) -> None:
    lease = idempotency.begin("a-key-of-a-partner", "body")
    assert isinstance(lease, Lease)
    with db.transaction():
        answer = json.dumps({"name": NAME}).encode()
        idempotency.finish(lease, Answer(200, "application/json", None, answer))
    assert tables_containing(NAME) == {"core.idempotency_keys"}
