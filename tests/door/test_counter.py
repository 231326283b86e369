"""The counter's pages: a scan leads to the order, items are handed out once, and every refusal is named."""

from __future__ import annotations

import html
import re
import uuid

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.core import db
from app.events.service import Screening
from app.orders import pickups
from app.orders import service as orders
from app.orders.service import OrderView
from app.products import service as products
from app.tickets import service as tickets
from tests.door.door_fixtures import Staff, forged_qr
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

ACT = re.compile(r'name="act" value="([^"]+)"')


@pytest.fixture
def popcorn(screening: Screening) -> int:
    return add_product(screening)


def buy(screening: Screening, popcorn: int, quantity: int = 2, seat: str = "A1") -> OrderView:
    items = {popcorn: quantity} if quantity else {}
    return purchases.buy(screening, seat_ids(seat_plan_of(screening), seat), f"v{seat}", items=items)


def code_of(order: OrderView) -> str:
    with db.reading():
        return tickets.of_order(order.id)[0].code


def find(staff: Staff, code: str) -> TestResponse:
    answer = staff.post("/staff/counter", {"code": code})
    return staff.get(answer.location) if answer.status_code == 303 else answer


def address(order: OrderView, part: str = "") -> str:
    return f"/staff/counter/orders/{order.id}{part}"


def hand_out(staff: Staff, order: OrderView, popcorn: int, quantity: object, act: str = "") -> TestResponse:
    fields = {f"item-{popcorn}-{popcorn}": quantity, "act": act or str(uuid.uuid4())}
    return staff.post(address(order, "/handouts"), fields)


def text_of(answer: TestResponse) -> str:
    return html.unescape(answer.text)


def left(order: OrderView) -> int:
    with db.reading():
        return sum(item.left for item in products.pickup_items(order.id))


def test_a_scan_leads_to_the_order_and_some_is_handed_out(
    staff: Staff, screening: Screening, popcorn: int
) -> None:
    paid = buy(screening, popcorn)
    page = find(staff, code_of(paid))
    assert "0 of 2 handed out" in page.text
    act = ACT.search(page.text)
    assert act
    assert hand_out(staff, paid, popcorn, 1, act[1]).status_code == 303
    hand_out(staff, paid, popcorn, 1, act[1])  # the same form again
    page = staff.get(address(paid))
    assert "1 of 2 handed out" in page.text
    assert "by Célia" in page.text
    hand_out(staff, paid, popcorn, 1)
    assert "All of it has been handed out." in staff.get(address(paid)).text


def test_an_admitted_ticket_still_collects(staff: Staff, screening: Screening, popcorn: int) -> None:
    paid = buy(screening, popcorn)
    staff.scan(code_of(paid))
    assert "0 of 2 handed out" in find(staff, code_of(paid)).text


def test_the_door_names_what_is_left_to_collect(staff: Staff, screening: Screening, popcorn: int) -> None:
    def verdict_after(quantity: int, seat: str) -> str:
        paid = buy(screening, popcorn, 3, seat)
        if quantity:
            hand_out(staff, paid, popcorn, quantity)
        return text_of(staff.scan(code_of(paid)))

    assert "To pick up at the counter: 3 × Pipoca" in verdict_after(0, "A1")
    assert "To pick up at the counter: Pipoca" in verdict_after(2, "A4")
    assert "To pick up at the counter" not in verdict_after(3, "A7")


def test_the_last_hand_out_is_undone(staff: Staff, screening: Screening, popcorn: int) -> None:
    paid = buy(screening, popcorn)
    hand_out(staff, paid, popcorn, 2)
    with db.reading():
        (act,) = products.handouts(paid.id)
    assert staff.post(address(paid, "/undo"), {"handout": str(act.id)}).status_code == 303
    assert left(paid) == 2
    again = staff.post(address(paid, "/undo"), {"handout": str(act.id)})
    assert again.status_code == 409
    assert "undone by Célia" in again.text


def test_more_than_is_left_is_refused(staff: Staff, screening: Screening, popcorn: int) -> None:
    paid = buy(screening, popcorn)
    answer = hand_out(staff, paid, popcorn, 3)
    assert answer.status_code == 409
    assert "So many are not left" in answer.text
    assert left(paid) == 2


@pytest.mark.parametrize("quantity", ["", "0", "x", "-1", "9" * 30, "²"])
def test_what_is_no_quantity_is_refused(
    staff: Staff, screening: Screening, popcorn: int, quantity: str
) -> None:
    paid = buy(screening, popcorn)
    assert hand_out(staff, paid, popcorn, quantity).status_code == 422
    assert left(paid) == 2


def test_a_cancelled_order_is_named(staff: Staff, screening: Screening, popcorn: int) -> None:
    paid = buy(screening, popcorn)
    code = code_of(paid)
    with db.transaction():
        orders.cancel(paid.token)
    assert "This order was cancelled: hand nothing out." in find(staff, code).text
    assert hand_out(staff, paid, popcorn, 1).status_code == 409
    assert left(paid) == 2


def test_another_site_is_named(staff: Staff, screening: Screening, popcorn: int) -> None:
    paid = buy(screening, popcorn)
    other = make_screening()
    chosen = staff.post("/staff/counter/place", {"site": other.cinema.id, "name": "Balcão 2"})
    assert chosen.status_code == 303
    page = find(staff, code_of(paid))
    assert f"This order is for {screening.cinema.name}." in text_of(page)
    assert hand_out(staff, paid, popcorn, 1).status_code == 409
    assert left(paid) == 2


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "Scan a QR code"),
        ("ZZZZZZZZZZ", "No ticket of ours has this code."),
        ("LTZ-4720", "No order of ours has this code."),
    ],
)
def test_a_code_that_is_no_ticket_s_is_named(staff: Staff, code: str, words: str) -> None:
    answer = find(staff, code)
    assert answer.status_code == 422
    assert words in answer.text


def test_an_order_is_found_by_its_code_too(staff: Staff, screening: Screening, popcorn: int) -> None:
    paid = buy(screening, popcorn)
    for typed in (paid.code, paid.code.replace("-", " ").lower(), f"{paid.code}-1"):
        page = find(staff, typed)
        assert "0 of 2 handed out" in page.text
        assert "Ask for the film and the seats: A1." in page.text
    assert "Ask for the film" not in find(staff, code_of(paid)).text
    with db.transaction():
        orders.cancel(paid.token)
    page = find(staff, paid.code)
    assert "This order was cancelled: hand nothing out." in page.text
    assert "Ask for the film" not in page.text


def test_an_order_that_is_not_paid_is_named(staff: Staff, screening: Screening, popcorn: int) -> None:
    draft = purchases.start(screening, seat_ids(seat_plan_of(screening), "A1"), "v1")
    assert "This order is not paid: hand nothing out." in find(staff, draft.code).text


def test_a_forged_qr_code_is_named(staff: Staff, screening: Screening, popcorn: int) -> None:
    paid = buy(screening, popcorn)
    with db.reading():
        (ticket,) = tickets.of_order(paid.id)
    assert "This QR code was not made by us." in find(staff, forged_qr(ticket)).text
    assert "0 of 2 handed out" in find(staff, ticket.qr_text).text


def test_an_order_without_snacks(staff: Staff, screening: Screening, popcorn: int) -> None:
    assert "This order bought no snacks." in find(staff, code_of(buy(screening, popcorn, 0))).text


def test_the_queue_calls_numbers_to_the_screen(staff: Staff, screening: Screening, popcorn: int) -> None:
    paid = buy(screening, popcorn)
    pickups.queue_coming_orders()
    page = staff.get("/staff/counter/queue")
    assert "C1" in page.text
    assert "2 × Pipoca" in page.text
    assert staff.post("/staff/counter/queue", {"call": str(paid.id)}).status_code == 303
    screen = staff.get("/staff/counter/screen")
    assert "<b>C1</b>" in screen.text
    assert "Ana" not in screen.text
    staff.post("/staff/counter/queue", {"wait": str(paid.id)})
    assert "<b>C1</b>" not in staff.get("/staff/counter/screen").text
    hand_out(staff, paid, popcorn, 2)
    assert "Nobody is waiting." in staff.get("/staff/counter/queue").text
    assert staff.get("/staff/counter/queue/orders").status_code == 303
    assert staff.post("/staff/counter/queue", {"call": str(paid.id)}).status_code == 409


def test_only_staff(app: Flask, screening: Screening, popcorn: int) -> None:
    paid = buy(screening, popcorn)
    for role in ("door", "supervisor", "manager"):
        assert Staff(app, role=role).get("/staff/counter").status_code == 200
    customer = Staff(app, role="customer")
    for path in ("/staff/counter", address(paid), "/staff/counter/queue", "/staff/counter/screen"):
        assert customer.get(path).status_code == 403
    assert hand_out(customer, paid, popcorn, 1).status_code == 403
    assert left(paid) == 2
