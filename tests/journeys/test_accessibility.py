"""axe finds nothing on the pages of customers in their main states, in both languages and colour schemes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.cli.demo import load_demo
from app.core import cache, db
from app.events import service as events
from app.events.service import Screening
from app.orders.service import OrderView
from app.reservations import service as reservations
from app.web import links
from tests.journeys.axe_checks import DEVICES, PHONE, AxeChecks, NewPage
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.users.account_data import PASSWORD, mail_link, send_due_mails


@pytest.fixture
def checks(app: Flask, new_page: NewPage, language: str, device: Mapping[str, object]) -> AxeChecks:
    return AxeChecks(app, new_page, language, device)


def order_at(path: str) -> OrderView:
    return purchases.order(path.rsplit("/", 1)[-1])


def go_to_payment(checks: AxeChecks, screening: Screening, names: str, method: str = "pix") -> str:
    path = checks.ana.start(screening, names)
    checks.ana.choose_full(path)
    assert checks.ana.check_out(path, method=method).status_code == 303
    return path


def paid(checks: AxeChecks, screening: Screening, names: str) -> OrderView:
    path = go_to_payment(checks, screening, names)
    purchases.run_due_work()
    return purchases.pay(order_at(path))


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_programme_film_and_long_texts(checks: AxeChecks) -> None:
    with db.transaction():
        load_demo()
    checks.at("programme", "/")
    checks.browser.page.locator("details.menu, details.chooser").first.evaluate("one => one.open = true")
    checks.here("programme with its menu open")
    with db.reading():
        days = events.days_with_screenings(None)
        film = events.films()[0].slug
    checks.at("another day", f"/?day={days[-1]}")
    checks.at("filters that fit nothing", f"/?day={days[-1]}&version=original&format=3d")
    checks.at("an empty day", f"/?day={days[-1] + timedelta(days=20)}")
    checks.at("film", f"/films/{film}")
    for name in ("terms", "privacy", "help"):
        checks.at(name, f"/{name}")
    checks.at("not found", "/nothing-here", 404)
    with db.reading():
        large = max(events.programme(days[-1]), key=lambda one: one.capacity)
    checks.at("map of the largest room", f"/screenings/{large.id}")
    checks.at("list of the largest room", f"/screenings/{large.id}?view=list")
    assert checks.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_the_seat_map(checks: AxeChecks) -> None:
    screening = make_screening("ooowcoooo.bb", "oooooolloo.b", "vvvvvvvvvv")
    map_of = f"/screenings/{screening.id}"
    purchases.start(screening, seat_ids(seat_plan_of(screening), "A1 B2"), "eva")
    checks.at("seat map", map_of)
    checks.browser.page.locator("input[name=seat]:not([disabled])").nth(3).check(force=True)
    checks.here("a seat chosen")
    checks.at("seats as a list", f"{map_of}?view=list")
    seats = seat_ids(seat_plan_of(screening), "C2 C3")
    form = {"seat": [str(seat) for seat in seats], "once": "a" * 16}
    checks.after("a single seat is left over", checks.ana.post(f"{map_of}/orders", form), 422)
    checks.after(
        "a seat was lost", checks.ana.post_seats(screening, seat_ids(seat_plan_of(screening), "A1 A2")), 409
    )
    checks.after("no seat was chosen", checks.ana.post(f"{map_of}/orders", {"once": "b" * 16}), 422)
    path = checks.ana.start(screening, "C1 C2")
    checks.at("other seats for an order", f"{path}/seats")
    checks.at("a map with an order begun elsewhere", map_of)
    checks.at("a programme with an order begun", "/")
    with db.transaction() as session:
        session.execute(text("update events.screenings set status = 'cancelled'"))
    cache.clear_all()
    checks.at("a screening that was called off", map_of, 409)
    assert checks.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_the_waiting_list(checks: AxeChecks) -> None:
    screening = make_screening("oo")
    held = purchases.start(screening, seat_ids(seat_plan_of(screening), "A1 A2"), "eva")
    checks.at("a map without a free seat", f"/screenings/{screening.id}")
    answer = checks.ana.post(f"/screenings/{screening.id}/orders", {"quantity": "2", "once": "a" * 16})
    assert answer.status_code == 303
    checks.at("waiting list", answer.location)
    wrong = checks.ana.post(answer.location, {"quantity": "2", "email": "ana@"})
    checks.after("waiting list, wrong e-mail", wrong, 422)
    checks.ana.post(answer.location, {"quantity": "2", "email": "ana@example.org"})
    checks.at("place in line", answer.location)
    with db.transaction():
        reservations.release(held.reservation_id)
    with db.transaction():
        reservations.offer_next(screening.id)
    checks.at("seats offered", answer.location)
    checks.ana.post(f"{answer.location}/cancellation")
    checks.at("left the line", answer.location)
    assert checks.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_the_steps_of_a_purchase(checks: AxeChecks) -> None:
    screening = make_screening("oooooooooo", "vvvv")
    add_product(screening, name="Pipoca grande")
    path = checks.ana.start(screening, "A1 A2")
    checks.at("ticket types", f"{path}/types")
    checks.browser.page.locator("input[value=half]").first.check(force=True)
    checks.here("half price opens its kinds")
    checks.after("ticket types missing", checks.ana.post(f"{path}/types"), 422)
    checks.ana.choose_full(path)
    checks.at("concessions", f"{path}/concessions")
    product = checks.browser.page.locator("input[name^=quantity-]").first.get_attribute("name") or ""
    checks.after("a wrong quantity", checks.ana.post(f"{path}/concessions", {product: "-1"}), 422)
    checks.at("checkout", f"{path}/checkout")
    checks.after("checkout, wrong", checks.ana.check_out(path, name="", email="ana@", cpf="1"), 422)
    checks.ana.check_out(path)
    checks.at("payment, asking the bank", f"{path}/payment")
    purchases.run_due_work()
    checks.at("payment by Pix", f"{path}/payment")
    bank = checks.browser.page.locator("a[href^='/sandbox-bank/']").first.get_attribute("href") or ""
    checks.at("the test bank", bank)
    checks.ana.post(f"{path}/payment", {"method": "card"})
    purchases.run_due_work()
    checks.at("payment by card", f"{path}/payment")
    purchases.bank().decline(purchases.charge_id(order_at(path)))
    purchases.run_due_work()
    checks.at("card declined", f"{path}/payment")
    assert checks.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_an_order_in_its_states(checks: AxeChecks) -> None:
    screening = make_screening("oooooooooo", "oooooooooo", "oooooooooo", starts_in=timedelta(minutes=40))
    bought = paid(checks, screening, "A1 A2")
    checks.at("tickets", links.order(bought.token))
    checks.at("the PDF is not there yet", f"{links.order(bought.token)}/tickets.pdf", 503)
    checks.at("receipt", f"{links.order(bought.token)}/receipt")
    checks.at("cancel?", f"{links.order(bought.token)}/cancellation")
    checks.ana.post(f"{links.order(bought.token)}/cancellation")
    checks.at("cancelled", links.order(bought.token))
    purchases.run_due_work()
    checks.at("refunded", links.order(bought.token))
    given_up = checks.ana.start(screening, "A4 A5")
    checks.at("the map after giving up", checks.ana.post(f"{given_up}/end").location)
    checks.at("given up", given_up)
    late = order_at(go_to_payment(checks, screening, "B1 B2"))
    purchases.run_due_work()
    purchases.age_order(late, 30)
    purchases.run_ticks()
    checks.at("expired", links.order(late.token))
    purchases.buy(screening, seat_ids(seat_plan_of(screening), "B1 B2"), "eva")
    purchases.pay(late, stubborn=True)
    checks.at("other seats offered", links.order(late.token))
    checks.ana.post(f"{links.order(late.token)}/reseat", {"answer": "money"})
    checks.at("money instead of other seats", links.order(late.token))
    checks.at("find an order", "/orders/find")
    checks.after(
        "not found", checks.ana.post("/orders/find", {"code": "LUZ-4720", "email": "x@example.org"}), 422
    )
    kept = paid(checks, screening, "C1")
    with db.transaction():
        events.cancel_screening(screening.id, "O projetor quebrou.")
    purchases.run_due_work()
    checks.at("called off", links.order(kept.token))
    assert checks.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_account_pages(checks: AxeChecks) -> None:
    checks.at("sign in", "/account/sign-in")
    form = {"email": "ana@example.org", "password": "wrong one"}
    checks.after("sign in, wrong", checks.ana.post("/account/sign-in", form), 422)
    checks.at("sign up", "/account/sign-up")
    checks.after("sign up, wrong", checks.ana.post("/account/sign-up", {"name": "", "email": "ana@"}), 422)
    form = {"name": "Ana Souza", "email": "ana@example.org", "password": PASSWORD}
    checks.after("look in your mail", checks.ana.post("/account/sign-up", form), 200)
    checks.at("confirm the e-mail", mail_link(send_due_mails()[-1]))
    checks.at("forgotten password", "/account/reset")
    checks.ana.post("/account/reset", {"email": "ana@example.org"})
    checks.at("new password", mail_link(send_due_mails()[-1]))
    checks.at("a link that is over", "/account/reset/nonsense", 409)
    stale = checks.ana.client.post(
        "/account/reset", data={"email": "ana@example.org"}, headers=checks.ana.headers
    )
    checks.after("send it again", stale, 400)
    checks.ana.post("/account/sign-in", {"email": "ana@example.org", "password": PASSWORD})
    checks.at("no orders yet", "/account/orders")
    checks.at("account, e-mail not confirmed", "/account")
    checks.after("name missing", checks.ana.post("/account/name", {"name": ""}), 422)
    with db.transaction() as session:
        session.execute(text("update users.users set verified_at = clock_timestamp()"))
    screening = make_screening("oooo")
    paid(checks, screening, "A1 A2")
    checks.ana.start(screening, "A3")
    checks.at("own orders", "/account/orders")
    checks.ana.post("/account/name", {"name": "Ana Maria"})
    checks.at("account, saved", "/account")
    assert checks.found == []


def test_control_axe_finds_violations(app: Flask, new_page: NewPage) -> None:
    """The page has a picture without a text, a field without a label, and text without contrast."""
    checks = AxeChecks(app, new_page, "en", PHONE)
    checks.browser.open("/help")
    checks.browser.page.evaluate(
        """() => document.querySelector('main').insertAdjacentHTML('beforeend',
        '<img src="/x.png"><input><p class="faded">hard to read</p>')"""
    )
    checks.browser.page.locator(".faded").evaluate("one => one.style.setProperty('color', '#2a2021')")
    checks.here("spoiled")
    assert {one.split(": ")[1] for one in checks.found} >= {"image-alt", "label", "color-contrast"}
