"""The pages of a free screening ask for no payment method and mention no refund."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import cache, db
from app.events.service import Screening
from tests.reservations.auditoriums import make_screening
from tests.shop.visitor import Visitor


@pytest.fixture
def screening(app: Flask) -> Screening:
    made = make_screening("oooooooooo")
    with db.transaction() as session:
        session.execute(text("update events.screening_prices set price = 0"))
    cache.clear_all()
    return made


def test_a_free_order_is_made_and_cancelled_without_a_payment(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    page = ana.get(f"{path}/checkout").text
    assert "Get the tickets" in page
    assert 'name="method"' not in page
    form = {"name": "Ana Souza", "email": "ana@example.org", "cpf": ""}
    answer = ana.post(f"{path}/checkout", form)
    while answer.status_code == 303:
        answer = ana.get(answer.location)
    assert "Enjoy the film!" in answer.text
    question = ana.get(f"{path}/cancellation").text
    assert "Cancel the order" in question
    assert "goes back" not in question
    ana.post(f"{path}/cancellation")
    page = ana.get(path).text
    assert "Order cancelled" in page
    assert "way back" not in page
