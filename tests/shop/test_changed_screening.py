"""Pages of a screening that has changed since it was chosen or bought, and the cancellation of such an order."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from app.core import cache, db
from app.core.messages import ScreeningChanged
from app.core.outbox import publish
from app.events import presentations
from app.events.cache import begin_programme_change
from app.events.service import Screening
from app.web import links
from tests.orders import purchases
from tests.reservations.auditoriums import seat_ids, seat_plan_of
from tests.shop.account_forms import sign_in
from tests.shop.visitor import Visitor, order_at
from tests.users.account_data import make_account
from tests.users.notice_mails import send_all_mails


def change(screening: Screening, **changes: str | datetime) -> None:
    """Change the screening as an import with `--change-sold` does."""
    with db.transaction():
        begin_programme_change()
        revision = presentations.change(screening.id, changes)
        publish(ScreeningChanged(screening.id, revision))
    cache.clear_all()


def test_the_order_page_shows_the_change_and_offers_a_refund(ana: Visitor, screening: Screening) -> None:
    paid = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A4 A5"))
    assert "has changed" not in ana.get(links.order(paid.token)).text
    change(screening, version="dubbed", format="3D")
    send_all_mails()
    page = ana.get(links.order(paid.token)).text
    assert "It was subtitled. It is now dubbed 3D." in page
    assert "Your tickets stay good." in page
    asked = ana.get(f"{links.order(paid.token)}/cancellation").text
    assert "Give this order back?" in asked
    assert "It was subtitled. It is now dubbed 3D." in asked
    assert "Give it back and get R$\xa076.00" in asked
    assert ana.post(f"{links.order(paid.token)}/cancellation").status_code == 303
    send_all_mails()
    ended = ana.get(links.order(paid.token)).text
    assert "Order cancelled" in ended
    assert "has changed" not in ended


def test_steps_before_the_payment_show_the_change_and_keep_typed_values(
    ana: Visitor, screening: Screening
) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    page = ana.get(f"{path}/checkout").text
    shown = revision(page)
    change(screening, version="dubbed")
    answer = ana.check_out(path, revision=shown, name="Ana Luísa")
    assert answer.status_code == 409
    assert "It was subtitled. It is now dubbed." in answer.text
    assert "Pay only if it suits you like that." in answer.text
    assert 'value="Ana Luísa"' in answer.text
    assert order_at(path).state == "draft"
    assert "It is now dubbed." in ana.get(f"{path}/types").text
    assert ana.check_out(path, revision=revision(answer.text)).location == f"{path}/payment"
    assert "has changed" not in ana.get(f"{path}/payment").text


def revision(page: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("given", ["", "-1", "x", "9" * 30, "٣", "\x00"])
def test_a_form_with_an_old_revision_is_shown_again(ana: Visitor, screening: Screening, given: str) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    change(screening, version="dubbed")
    assert ana.check_out(path, revision=given).status_code == 409


def test_the_payment_page_shows_the_change_before_another_try(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    ana.check_out(path)
    purchases.run_due_work()
    change(screening, version="dubbed")
    assert "It was subtitled. It is now dubbed." in ana.get(f"{path}/payment").text
    answer = ana.post(f"{path}/payment", {"method": "card", "revision": "0"})
    assert answer.status_code == 409
    again = {"method": "card", "revision": revision(answer.text)}
    assert ana.post(f"{path}/payment", again).status_code == 303


def test_my_tickets_name_the_change(ana: Visitor, screening: Screening) -> None:
    make_account("ana@example.org")
    sign_in(ana)
    purchases.buy(screening, seat_ids(seat_plan_of(screening), "A4"))
    assert "This screening has changed." not in ana.get("/account/orders").text
    change(screening, ends_at=screening.ends_at + timedelta(minutes=5))
    page = ana.get("/account/orders").text
    assert "This screening has changed." in page
    assert re.search(r"It is now subtitled, until \d", page)
