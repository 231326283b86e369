"""Card payment at a kiosk: offered where there is a terminal, clear words for each end, and what leaving does."""

from __future__ import annotations

import re
import uuid

import pytest
from flask import Flask

from app.core import config, db
from app.core.config import Settings
from app.events.service import Screening
from app.users import service as users
from app.users.service import Device
from tests.kiosk.kiosk_visitor import Kiosk
from tests.orders import purchases
from tests.orders.kiosk_sales import ask_terminal, terminals
from tests.orders.purchases import refunds, valid_tickets
from tests.shop.visitor import Visitor, order_at


def device() -> Device:
    with db.reading():
        return users.list_devices()[-1]


def start_payment(kiosk: Kiosk, screening: Screening, names: str = "A1", method: str = "card_present") -> str:
    """The path of an order that is paid by this method; the terminal waits for the card."""
    path = kiosk.start(screening, names)
    kiosk.choose_full(path)
    kiosk.check_out(path, name="", email="", method=method)
    purchases.run_due_work()
    return path


def act(path: str, *acts: str) -> None:
    for one in acts:
        assert terminals().act(device().id, purchases.charge_id(order_at(path)), one)


def stage(page: str) -> str:
    found = re.search(r'data-stage="([a-z_]+)"', page)
    assert found is not None
    return found[1]


def test_the_card_is_offered_where_there_is_a_terminal(
    kiosk: Kiosk, screening: Screening, settings: Settings
) -> None:
    path = kiosk.start(screening, "A1")
    kiosk.choose_full(path)
    page = kiosk.get(f"{path}/checkout").text
    assert 'value="card_present"' in page
    assert "Card at the terminal" in page
    assert 'value="card"' not in page
    for changed in ({"terminal": "none"}, {"provider": "another"}):
        config.use(settings.changed(payments=changed))
        assert 'value="card_present"' not in kiosk.get(f"{path}/checkout").text
        refused = kiosk.check_out(path, name="", email="", method="card_present")
        assert refused.status_code == 422


def test_browsers_are_offered_no_terminal(app: Flask, screening: Screening) -> None:
    ana = Visitor(app)
    path = ana.start(screening, "A1")
    ana.choose_full(path)
    assert "card_present" not in ana.get(f"{path}/checkout").text
    assert ana.check_out(path, method="card_present").status_code == 422


def test_the_page_leads_to_the_terminal_and_becomes_the_tickets(kiosk: Kiosk, screening: Screening) -> None:
    path = start_payment(kiosk, screening, "A1 A2")
    page = kiosk.get(f"{path}/payment").text
    assert stage(page) == "terminal"
    assert "Insert or tap the card at the terminal" in page
    assert "I prefer Pix" in page
    act(path, "insert", "approve")
    ask_terminal()
    assert kiosk.get(f"{path}/payment").location == path
    page = kiosk.get(path).text
    assert order_at(path).code in page
    assert valid_tickets(order_at(path)) == ["A1", "A2"]


@pytest.mark.parametrize(
    ("acts", "words"),
    [
        (["insert", "decline"], "declined the card"),
        (["insert", "remove"], "taken out too early"),
        (["time-out"], "no card was read"),
        (["cancel"], "payment was cancelled"),
    ],
)
def test_each_end_without_an_approval_has_its_words(
    kiosk: Kiosk, screening: Screening, acts: list[str], words: str
) -> None:
    path = start_payment(kiosk, screening)
    act(path, *acts)
    ask_terminal()
    page = kiosk.get(f"{path}/payment").text
    assert (stage(page), words in page, "Nothing was charged" in page) == ("failed", True, True)
    assert "Try the card again" in page
    assert kiosk.post(f"{path}/payment", {"method": "pix"}).status_code == 303
    purchases.run_due_work()
    assert stage(kiosk.get(f"{path}/payment").text) == "code"
    assert kiosk.post(f"{path}/payment", {"method": "card_present"}).status_code == 303
    purchases.run_due_work()
    assert stage(kiosk.get(f"{path}/payment").text) == "terminal"


def test_the_card_is_cancelled_from_the_screen(kiosk: Kiosk, screening: Screening) -> None:
    path = start_payment(kiosk, screening)
    assert kiosk.post(f"{path}/payment/stop").location == f"{path}/payment"
    assert stage(kiosk.get(f"{path}/payment").text) == "stopping"
    purchases.run_due_work()
    page = kiosk.get(f"{path}/payment").text
    assert (stage(page), "payment was cancelled" in page) == ("failed", True)
    assert terminals().view(device().id).state == "cancelled"
    assert order_at(path).is_awaiting_payment


def test_a_card_that_was_approved_before_the_cancellation_gives_tickets(
    kiosk: Kiosk, screening: Screening
) -> None:
    path = start_payment(kiosk, screening)
    act(path, "insert", "approve")
    kiosk.post(f"{path}/payment/stop")
    purchases.run_due_work()
    assert kiosk.get(f"{path}/payment").location == path
    assert valid_tickets(order_at(path)) == ["A1"]
    assert kiosk.post(f"{path}/payment/stop").location == path, "too late: the order is paid"


def test_nobody_stops_the_payment_of_another(app: Flask, kiosk: Kiosk, screening: Screening) -> None:
    path = start_payment(kiosk, screening)
    Visitor(app).post(f"{path}/payment/stop")
    purchases.run_due_work()
    assert terminals().view(device().id).state == "waiting"


def test_a_terminal_that_does_not_answer_leaves_pix(kiosk: Kiosk, screening: Screening) -> None:
    terminals().be_silent(device().id, 60)
    path = start_payment(kiosk, screening)
    page = kiosk.get(f"{path}/payment").text
    assert (stage(page), "does not answer" in page) == ("slow", True)
    kiosk.post(f"{path}/payment", {"method": "pix"})
    purchases.run_due_work()
    assert stage(kiosk.get(f"{path}/payment").text) == "code"


def test_a_terminal_that_falls_silent_does_not_ask_for_the_card(kiosk: Kiosk, screening: Screening) -> None:
    path = start_payment(kiosk, screening)
    terminals().be_silent(device().id, 60)
    ask_terminal()
    page = kiosk.get(f"{path}/payment").text
    assert (stage(page), "Insert or tap" in page) == ("slow", False)
    assert "The terminal does not answer" in page
    assert "Pay by Pix" in page
    terminals().be_silent(device().id, 0)
    ask_terminal()
    assert stage(kiosk.get(f"{path}/payment").text) == "terminal"


def test_a_kiosk_without_a_terminal_offers_no_card(kiosk: Kiosk, screening: Screening) -> None:
    path = kiosk.start(screening, "A1")
    kiosk.choose_full(path)
    with db.transaction():
        users.set_terminal(device().id, present=False)
    page = kiosk.get(f"{path}/checkout").text
    assert ('value="pix"' in page, "card" in page) == (True, False)
    assert kiosk.check_out(path, name="", email="", method="card_present").status_code == 422
    kiosk.check_out(path, name="", email="", method="pix")
    purchases.run_due_work()
    assert "card" not in kiosk.get(f"{path}/payment").text
    assert kiosk.post(f"{path}/payment", {"method": "card_present"}).status_code == 422
    with db.transaction():
        users.set_terminal(device().id, present=True)
    assert kiosk.post(f"{path}/payment", {"method": "card_present"}).status_code == 303


@pytest.mark.parametrize("idle", [True, False])
def test_leaving_stops_the_terminal_and_an_approval_after_that_is_reversed(
    kiosk: Kiosk, screening: Screening, idle: bool
) -> None:
    """A Pix that was shown keeps its order; a card of the next person must not pay for this one."""
    path = start_payment(kiosk, screening)
    act(path, "insert", "approve")
    kiosk.leave(**({"idle": "1"} if idle else {}))
    ask_terminal()
    after = order_at(path)
    assert (after.is_cancelled, valid_tickets(after), refunds(after)) == (True, [], [(3800, "refunded")])
    assert terminals().view(device().id).reversed == 3800


def drive(kiosk: Visitor, act: str, device_id: uuid.UUID | None = None) -> int:
    """Press a button of the terminal's page."""
    target = device_id or device().id
    form = {"act": act, "transaction": terminals().view(target).id or ""}
    return kiosk.post(f"/sandbox-terminal/{target}", form).status_code


def test_the_terminals_page_plays_the_card(app: Flask, kiosk: Kiosk, screening: Screening) -> None:
    path = start_payment(kiosk, screening)
    tester = Visitor(app)
    address = f"/sandbox-terminal/{device().id}"
    assert tester.get("/sandbox-terminal").location == address
    page = tester.get(address).text
    assert "waiting for the card" in page
    assert drive(tester, "approve") == 409, "no card is in"
    assert drive(tester, "insert") == 303
    assert drive(tester, "lost") == 303
    assert "does not answer the box office" in tester.get(address).text
    assert drive(tester, "on") == 303
    ask_terminal()
    assert valid_tickets(order_at(path)) == ["A1"]


def test_the_terminals_page_asks_for_what_is_new(app: Flask, kiosk: Kiosk, screening: Screening) -> None:
    tester = Visitor(app)
    page = tester.get(f"/sandbox-terminal/{device().id}").text
    found = re.search(r'hx-get="([^"]+)"', page)
    assert found is not None
    status = found[1].replace("&amp;", "&")
    assert tester.get(status).status_code == 204
    start_payment(kiosk, screening)
    assert "Insert or tap the card" in tester.get(status).text


def test_at_the_kiosk_itself_the_terminals_page_leads_back_to_the_payment(
    kiosk: Kiosk, screening: Screening
) -> None:
    path = start_payment(kiosk, screening)
    address = f"/sandbox-terminal/{device().id}"
    assert f'href="{address}"' in kiosk.get(f"{path}/payment").text
    assert f'href="{path}/payment"' in kiosk.get(address).text
    drive(kiosk, "insert")
    answer = kiosk.post(address, {"act": "approve", "transaction": purchases.charge_id(order_at(path))})
    assert answer.location == f"{path}/payment"
    purchases.run_due_work()
    assert valid_tickets(order_at(path)) == ["A1"]


def test_the_terminals_page_exists_for_sandbox_terminals_alone(
    app: Flask, kiosk: Kiosk, settings: Settings
) -> None:
    tester, known = Visitor(app), device().id
    assert tester.get(f"/sandbox-terminal/{uuid.uuid4()}").status_code == 404
    assert drive(tester, "nonsense") == 422
    for changed in ({"terminal": "none"}, {"provider": "another"}):
        config.use(settings.changed(payments=changed))
        for page in ("", f"/{known}", f"/{known}/status"):
            assert tester.get(f"/sandbox-terminal{page}").status_code == 404
        assert tester.post(f"/sandbox-terminal/{known}", {"act": "off"}).status_code == 404
