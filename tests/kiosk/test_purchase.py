"""A purchase at the kiosk: nobody is asked for a name or an e-mail, and the order is a whole one."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from app.core import db, worker
from app.core.config import Settings
from app.dispatch import routes
from app.events.service import Screening
from app.orders import service as orders
from app.tickets import service as tickets
from app.users import service as users
from tests.kiosk.kiosk_visitor import Kiosk
from tests.orders import purchases
from tests.shop.visitor import Visitor, order_at
from tests.users.account_data import mail_text, read_mails


def pay(kiosk: Kiosk, screening: Screening, **buyer: str) -> str:
    """Buy A1 and A2 and let all workers run; returns the order's path."""
    path = kiosk.start(screening, "A1 A2")
    kiosk.choose_full(path)
    assert kiosk.check_out(path, **{"name": "", "email": "", **buyer}).status_code == 303
    purchases.run_due_work()
    purchases.pay(order_at(path))
    worker.drain(routes(("orders", "tickets", "users")))
    return path


def count_dead_letters(order_id: uuid.UUID) -> int:
    """The dead letters of one order: the database and the mail folder have what other tests left there, too."""
    counted = text(
        "select count(*) from core.outbox where dead_at is not null and payload ->> 'order_id' = :id"
    )
    with db.reading() as session:
        return int(session.execute(counted, {"id": str(order_id)}).scalar_one())


def test_an_order_without_a_contact_is_a_whole_order(
    kiosk: Kiosk, screening: Screening, settings: Settings
) -> None:
    with db.reading():
        device = users.authenticate_device(kiosk.cookie("device") or "")
    path = pay(kiosk, screening)
    order = order_at(path)
    assert (order.is_paid, order.channel, order.device) == (True, "kiosk", device.id)
    assert (order.name, order.email, order.cpf, order.user_id) == (None, None, None, None)
    with db.reading():
        assert len(tickets.of_order(order.id)) == 2
        found = orders.find_by_code(order.code)
        assert found is not None
        assert found.id == order.id
        assert orders.find(order.code, "") is None, "a code alone opens nothing to strangers"
    assert [mail for mail in read_mails(settings.mail_folder) if order.code in mail_text(mail)] == []
    assert count_dead_letters(order.id) == 0
    page = kiosk.get(path)
    assert order.code in page.text
    assert not [part for part in ("tickets.pdf", "calendar.ics", "/mails", "/account") if part in page.text]


def test_a_paid_order_is_shown_to_the_visit_that_bought_it_alone(kiosk: Kiosk, screening: Screening) -> None:
    path = pay(kiosk, screening)
    assert kiosk.get(path).status_code == 200
    kiosk.leave()
    assert kiosk.get(path).status_code == 404
    kiosk.begin_visit()
    assert kiosk.get(path).status_code == 404


def test_the_reservation_and_a_request_know_channel_and_device(kiosk: Kiosk, screening: Screening) -> None:
    path = kiosk.start(screening, "A1")
    with db.reading() as session:
        row = session.execute(
            text("select channel, device from reservations.reservations where id = :id"),
            {"id": order_at(path).reservation_id},
        ).one()
    assert (row.channel, row.device) == ("kiosk", order_at(path).device)
    assert isinstance(row.device, uuid.UUID)


def test_the_checkout_asks_for_no_contact(kiosk: Kiosk, screening: Screening) -> None:
    path = kiosk.start(screening, "A1")
    kiosk.choose_full(path)
    page = kiosk.get(f"{path}/checkout").text
    form = page[page.index('<form class="form"') : page.index("</form>", page.index('<form class="form"'))]
    assert [f'name="{name}"' in form for name in ("name", "email", "cpf", "method")] == [False] * 3 + [True]
    assert "/account/sign-in" not in page


@pytest.mark.parametrize(("field", "value"), [("email", "nonsense"), ("name", "!!!"), ("cpf", "123")])
def test_what_is_typed_in_is_still_checked(
    kiosk: Kiosk, screening: Screening, field: str, value: str
) -> None:
    path = kiosk.start(screening, "A1")
    kiosk.choose_full(path)
    assert kiosk.check_out(path, **{"name": "", "email": "", field: value}).status_code == 422


def test_a_browser_is_still_asked_for_name_and_email(kiosk: Kiosk, screening: Screening) -> None:
    browser = Visitor(kiosk.client.application)
    path = browser.start(screening, "A1")
    browser.choose_full(path)
    assert browser.check_out(path, name="", email="").status_code == 422
