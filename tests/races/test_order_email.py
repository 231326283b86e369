"""An e-mail that is added to a kiosk's order by two requests at once. The control takes the guard out."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from app.core import db
from app.orders import contact
from app.orders import service as orders
from app.orders.service import OrderView, WrongState
from tests.actors import owner_of
from tests.orders import purchases
from tests.races.concurrency import run_at_once
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of

REQUESTS = 8
UNGUARDED = text("update orders.orders set email = :email where id = :id returning id")


@pytest.fixture
def paid(database: str) -> OrderView:
    """A paid order without an e-mail, as a kiosk sells it."""
    screening = make_screening("oooooooooo")
    order = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1"))
    with db.transaction() as session:
        session.execute(text("update orders.orders set email = null where id = :id"), {"id": order.id})
    return order


def add_at_once(order: OrderView) -> list[str]:
    """The addresses that were accepted."""

    def add(number: int) -> str:
        address = f"ana{number}@example.org"
        try:
            with db.transaction():
                orders.add_email(order.token, owner_of(order), address)
        except WrongState:
            return ""
        return address

    answers = run_at_once([lambda n=n: add(n) for n in range(REQUESTS)])  # type: ignore[misc]
    return [address for address in answers if address]


def count_mails(order_id: uuid.UUID) -> int:
    counted = text(
        "select count(*) from core.outbox where payload ->> 'order_id' = :id and kind = 'OrderPaid'"
        " and payload ->> 'email' like 'ana_@example.org'"
    )
    with db.reading() as session:
        return int(session.execute(counted, {"id": str(order_id)}).scalar_one())


def test_one_address_is_accepted_and_gets_the_mail(paid: OrderView) -> None:
    accepted = add_at_once(paid)
    assert len(accepted) == 1
    assert purchases.order(paid.token).email == accepted[0]
    assert count_mails(paid.id) == 1


def test_without_the_guard_several_addresses_get_the_mail(
    paid: OrderView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact, "_ADD", UNGUARDED)
    assert len(add_at_once(paid)) > 1
    assert count_mails(paid.id) > 1
