"""A bank's page that comes back by POST: it leads to the order, and changes nothing."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.events.service import Screening
from tests.orders import purchases
from tests.shop.test_payment_elsewhere import being_paid
from tests.shop.visitor import Visitor, order_at

BANK = {"Origin": "https://bank.example", "Sec-Fetch-Site": "cross-site"}


def from_the_bank(app: Flask, path: str, **form: str) -> TestResponse:
    """As a browser sends it: without our cookie."""
    return app.test_client().post(path, data={"method": "card", **form}, headers=BANK)


@pytest.mark.parametrize("step", ["", "/payment"])
@pytest.mark.parametrize("headers", [BANK, {"Origin": "null"}, {}])
def test_it_leads_to_the_orders_page(
    app: Flask, ana: Visitor, screening: Screening, step: str, headers: dict[str, str]
) -> None:
    path = being_paid(ana, screening)
    before = order_at(path)
    answer = app.test_client().post(f"{path}{step}", data={"method": "card"}, headers=headers)
    assert (answer.status_code, answer.location) == (303, path)
    assert "Set-Cookie" not in answer.headers, "it would take the place of the visitor's own"
    assert order_at(path).method == before.method == "pix"
    assert purchases.bank().view(purchases.charge_id(before)).status == "pending"


def test_a_cookie_without_the_token_of_a_form_changes_nothing_either(
    app: Flask, ana: Visitor, screening: Screening
) -> None:
    path = being_paid(ana, screening)
    answer = ana.client.post(f"{path}/payment", data={"method": "card"}, headers=BANK)
    assert (answer.status_code, answer.location, order_at(path).method) == (303, path, "pix")


def test_from_there_everybody_finds_the_right_page(app: Flask, ana: Visitor, screening: Screening) -> None:
    path = being_paid(ana, screening)
    assert ana.get(path).location == f"{path}/payment", "with the cookie again"
    stranger = Visitor(app)
    assert stranger.get(path).location == f"{path}/payment", "a browser that lost it"
    assert stranger.get(f"{path}/payment").status_code == 200
    purchases.pay(order_at(path))
    assert ana.get(path).status_code == stranger.get(path).status_code == 200


def test_a_form_of_ours_that_lost_its_token_is_shown_again(
    app: Flask, ana: Visitor, screening: Screening
) -> None:
    path = being_paid(ana, screening)
    answer = ana.client.post(f"{path}/payment", data={"method": "card"}, headers=ana.headers)
    assert answer.status_code == 400
    assert 'name="method" value="card"' in answer.text


def test_a_basket_stays_its_owners_alone(app: Flask, ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    assert from_the_bank(app, path).location == path
    assert Visitor(app).get(path).status_code == 404
