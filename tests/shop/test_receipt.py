"""The receipt: what came and what went back, and when; and what a cancelled order says of its money."""

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
from tests.shop.test_payment_elsewhere import being_paid
from tests.shop.visitor import Visitor, order_at


def paid_with(ana: Visitor, screening: Screening, method: str) -> str:
    path = being_paid(ana, screening)
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
def test_of_a_paid_order(app: Flask, ana: Visitor, screening: Screening, method: str, words: str) -> None:
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
    assert Visitor(app).get(f"{path}/receipt").status_code == 200, "as the tickets: its address is enough"


@pytest.mark.parametrize(
    ("method", "when"), [("pix", "comes back within minutes"), ("card", "bank decides when it shows")]
)
def test_of_a_cancelled_order_that_says_when(
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


def test_of_a_refund_that_the_bank_refused(ana: Visitor, screening: Screening) -> None:
    path = paid_with(ana, screening, "pix")
    purchases.bank().set_refund_mode(purchases.charge_id(order_at(path)), "fail")
    ana.post(f"{path}/cancellation")
    purchases.run_due_work()
    assert movements(ana, path)[1][0] == "Refund refused by the bank: we settle it by hand"


def test_of_money_that_bought_nothing(ana: Visitor, screening: Screening) -> None:
    path = being_paid(ana, screening)
    with db.transaction():
        events.cancel_screening(screening.id, "No light.")
    purchases.pay(order_at(path), stubborn=True)
    assert sorted(movements(ana, path)) == [("Paid by Pix", "R$ 76.00"), ("Went back", "−R$ 76.00")]


def test_without_money_there_is_none(app: Flask, ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    assert ana.get(f"{path}/receipt").location == path
    assert Visitor(app).get(f"{path}/receipt").status_code == 404, "a basket is its owner's alone"
    ana.post(f"{path}/end")
    assert ana.get(f"{path}/receipt").location == path
    assert "/receipt" not in ana.get(path).text
