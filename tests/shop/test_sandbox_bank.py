"""The sandbox bank's own pages: there for the sandbox alone, and redirects to our own pages only."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import config, db
from app.core.config import Settings
from app.events.service import Screening
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooooo")


@pytest.fixture
def charge(screening: Screening) -> str:
    basket = purchases.choose(purchases.start(screening, seat_ids(seat_plan_of(screening), "A1 A2")))
    return purchases.charge_id(purchases.check_out(basket))


def test_the_pages_do_not_exist_with_another_provider(app: Flask, settings: Settings, charge: str) -> None:
    ana = Visitor(app)
    assert ana.get(f"/sandbox-bank/{charge}").status_code == 200
    config.use(settings.changed(payments={"provider": "another"}))
    assert ana.get(f"/sandbox-bank/{charge}").status_code == 404
    for act in ("pay", "refunds-ok", "decline", "nonsense"):
        assert ana.post(f"/sandbox-bank/{charge}", {"act": act}).status_code == 404
    assert ana.post("/webhooks/sandbox").status_code == 404
    config.use(settings)
    assert purchases.bank().view(charge).status == "pending"


def test_a_payment_that_is_reported_later(app: Flask, charge: str) -> None:
    assert Visitor(app).post(f"/sandbox-bank/{charge}", {"act": "report-late"}).status_code == 303
    assert purchases.bank().view(charge).payments == (), "the bank does not show the payment yet"
    with db.transaction() as session:
        seconds = session.execute(
            text("select extract(epoch from visible_at - paid_at) from sandbox_bank.payments")
        ).scalar_one()
    assert seconds > 120, "the report comes after the claims have ended"


@pytest.mark.parametrize("act", ["", "refunds-", "refunds-all", "PAY", "pay\x00x", "9" * 400, "<img src=x>"])
def test_unknown_acts_change_nothing(app: Flask, charge: str, act: str) -> None:
    answer = Visitor(app).post(f"/sandbox-bank/{charge}", {"act": act, "amount": "1", "return_url": "//evil"})
    assert answer.status_code == 422
    assert purchases.bank().view(charge).payments == ()
