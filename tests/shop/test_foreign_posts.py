"""A POST from a bank's page redirects to the order and changes nothing."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.events.service import Screening
from tests.orders import purchases
from tests.shop.test_payment_elsewhere import start_payment_of
from tests.shop.visitor import Visitor, order_at

BANK = {"Origin": "https://bank.example", "Sec-Fetch-Site": "cross-site"}


def from_the_bank(app: Flask, path: str, **form: str) -> TestResponse:
    """POST as a browser does from another site: without our cookie."""
    return app.test_client().post(path, data={"method": "card", **form}, headers=BANK)


@pytest.mark.parametrize("step", ["", "/payment"])
@pytest.mark.parametrize("headers", [BANK, {"Origin": "null"}, {}])
def test_a_post_of_the_bank_redirects_to_the_order(
    app: Flask, ana: Visitor, screening: Screening, step: str, headers: dict[str, str]
) -> None:
    path = start_payment_of(ana, screening)
    before = order_at(path)
    answer = app.test_client().post(f"{path}{step}", data={"method": "card"}, headers=headers)
    assert (answer.status_code, answer.location) == (303, path)
    assert "Set-Cookie" not in answer.headers, "a new cookie would replace that of the visitor"
    assert order_at(path).method == before.method == "pix"
    assert purchases.bank().view(purchases.charge_id(before)).status == "pending"


def test_a_post_with_a_cookie_and_no_csrf_token_changes_nothing(
    app: Flask, ana: Visitor, screening: Screening
) -> None:
    path = start_payment_of(ana, screening)
    answer = ana.client.post(f"{path}/payment", data={"method": "card"}, headers=BANK)
    assert (answer.status_code, answer.location, order_at(path).method) == (303, path, "pix")


def test_the_order_page_redirects_to_the_payment_page(app: Flask, ana: Visitor, screening: Screening) -> None:
    path = start_payment_of(ana, screening)
    assert ana.get(path).location == f"{path}/payment", "a browser with the cookie"
    stranger = Visitor(app)
    assert stranger.get(path).location == f"{path}/payment", "a browser without the cookie"
    assert stranger.get(f"{path}/payment").status_code == 200
    purchases.pay(order_at(path))
    assert ana.get(path).status_code == stranger.get(path).status_code == 200


def test_our_form_without_a_csrf_token_is_shown_again(app: Flask, ana: Visitor, screening: Screening) -> None:
    path = start_payment_of(ana, screening)
    answer = ana.client.post(f"{path}/payment", data={"method": "card"}, headers=ana.headers)
    assert answer.status_code == 400
    assert 'name="method" value="card"' in answer.text


def test_the_page_of_a_basket_stays_private(app: Flask, ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    assert from_the_bank(app, path).location == path
    assert Visitor(app).get(path).status_code == 404
