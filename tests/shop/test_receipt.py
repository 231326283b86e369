"""The receipt lists payments and refunds with their times; the page of a cancelled order shows its refund."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.core import db
from app.events import service as events
from app.events.service import Screening
from app.orders import service as orders
from tests.actors import owner_of
from tests.orders import purchases
from tests.shop.test_payment_elsewhere import start_payment_of
from tests.shop.visitor import Visitor, order_at


def paid_with(ana: Visitor, screening: Screening, method: str) -> str:
    path = start_payment_of(ana, screening)
    if method == "card":
        order = order_at(path)
        with db.transaction():
            orders.change_method(order.token, "card", owner_of(order))
        purchases.run_due_work()
    purchases.pay(order_at(path))
    return path


def movements(ana: Visitor, path: str) -> list[tuple[str, str]]:
    page = ana.get(f"{path}/receipt")
    assert page.status_code == 200
    rows = re.findall(r"<tr><td><b>([^<]+)</b><br>[^<]+</td><td>([^<]+)</td></tr>", page.text)
    return [(words, amount.replace("\xa0", " ")) for words, amount in rows]


@pytest.mark.parametrize(("method", "words"), [("pix", "Paid by Pix"), ("card", "Paid by card")])
def test_the_receipt_of_a_paid_order(
    app: Flask, ana: Visitor, screening: Screening, method: str, words: str
) -> None:
    path = paid_with(ana, screening, method)
    assert f'href="{path}/receipt"' in ana.get(path).text
    assert movements(ana, path) == [(words, "R$ 76.00")]
    page = ana.get(f"{path}/receipt")
    order = order_at(path)
    for shown in (order.code, "Ana Souza", "Metrópolis", "A4 · full price", "no tax document"):
        assert shown in page.text
    for private in ("ana@example.org", "pix-code", "qr"):
        assert private not in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert Visitor(app).get(f"{path}/receipt").status_code == 200, "the address is enough, as for the tickets"


@pytest.mark.parametrize(
    ("method", "when"), [("pix", "comes back within minutes"), ("card", "bank decides when it shows")]
)
def test_the_receipt_of_a_cancelled_order_has_the_time_of_the_refund(
    ana: Visitor, screening: Screening, method: str, when: str
) -> None:
    path = paid_with(ana, screening, method)
    ana.post(f"{path}/cancellation")
    page = ana.get(path).text
    assert "on their way back" in page
    assert when in page
    assert f'href="{path}/receipt"' in page
    assert movements(ana, path)[1:] == [("On its way back", "−R$ 76.00")]
    purchases.run_due_work()
    assert movements(ana, path)[1:] == [("Went back", "−R$ 76.00")]


def test_the_receipt_of_an_order_with_a_failed_refund(ana: Visitor, screening: Screening) -> None:
    path = paid_with(ana, screening, "pix")
    purchases.bank().set_refund_mode(purchases.charge_id(order_at(path)), "fail")
    ana.post(f"{path}/cancellation")
    purchases.run_due_work()
    assert movements(ana, path)[1][0] == "Refund refused by the bank: we settle it by hand"


def test_the_receipt_of_a_payment_without_tickets(ana: Visitor, screening: Screening) -> None:
    path = start_payment_of(ana, screening)
    with db.transaction():
        events.cancel_screening(screening.id, "No light.")
    purchases.pay(order_at(path), stubborn=True)
    assert sorted(movements(ana, path)) == [("Paid by Pix", "R$ 76.00"), ("Went back", "−R$ 76.00")]


def test_an_unpaid_order_has_no_receipt(app: Flask, ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    assert ana.get(f"{path}/receipt").location == path
    assert Visitor(app).get(f"{path}/receipt").status_code == 404, "a basket is visible to its owner only"
    ana.post(f"{path}/end")
    assert ana.get(f"{path}/receipt").location == path
    assert "/receipt" not in ana.get(path).text
