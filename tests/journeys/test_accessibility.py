"""axe on every page in its main states, in both languages and both colour schemes, on phone and desk: nothing found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.cli.demo import load_demo
from app.core import cache, config, db
from app.events import service as events
from app.events.service import Screening
from app.orders.service import OrderView
from app.reservations import service as reservations
from app.tickets import admission
from app.web import links
from tests.door import door_fixtures as door
from tests.journeys.in_process_browser import InProcessBrowser
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor
from tests.users.account_data import PASSWORD, mail_link, make_account, send_due_mails

PHONE = {"viewport": {"width": 390, "height": 844}}
DESK = {"viewport": {"width": 1280, "height": 900}}
DEVICES = [pytest.param("pt-BR", PHONE, id="pt-phone"), pytest.param("en", DESK, id="en-desk")]
axe = Axe()
NewPage = Callable[..., Page]


class Looking:
    """Goes from state to state and has axe look at each, dark and light; `found` is what it found."""

    def __init__(self, app: Flask, new_page: NewPage, language: str, device: Mapping[str, object]) -> None:
        self.app = app
        self.language = language
        self.ana = Visitor(app, language)
        self.ana.client.set_cookie("language", "en" if language == "en" else "pt_BR")
        self.browser = InProcessBrowser(new_page, self.ana, locale=language, color_scheme="dark", **device)
        self.found: list[str] = []

    def at(self, name: str, path: str, status: int = 200) -> None:
        assert self.browser.open(path) == status, name
        self.here(name)

    def after(self, name: str, answer: TestResponse, status: int) -> None:
        assert self.browser.show(answer) == status, name
        self.here(name)

    def here(self, name: str) -> None:
        page = self.browser.page
        page.evaluate(axe.axe_script)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        self._run(f"{name}, dark", {"resultTypes": ["violations"]})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        # What does not depend on colours is the same in both schemes.
        colours = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
        self._run(f"{name}, light", {"resultTypes": ["violations"], "runOnly": colours})

    def _run(self, name: str, options: dict[str, object]) -> None:
        run = "options => axe.run(options).then(results => results.violations)"
        for violation in self.browser.page.evaluate(run, options):
            nodes = [
                f"{' '.join(map(str, node['target']))} {node.get('failureSummary', '')}"
                for node in violation["nodes"][:3]
            ]
            self.found.append(f"{name}: {violation['id']}: " + " | ".join(nodes))


@pytest.fixture
def look(app: Flask, new_page: NewPage, language: str, device: Mapping[str, object]) -> Looking:
    return Looking(app, new_page, language, device)


def order_at(path: str) -> OrderView:
    return purchases.order(path.rsplit("/", 1)[-1])


def to_the_payment(look: Looking, screening: Screening, names: str, method: str = "pix") -> str:
    path = look.ana.start(screening, names)
    look.ana.choose_full(path)
    assert look.ana.check_out(path, method=method).status_code == 303
    return path


def paid(look: Looking, screening: Screening, names: str) -> OrderView:
    path = to_the_payment(look, screening, names)
    purchases.run_due_work()
    return purchases.pay(order_at(path))


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_programme_film_and_texts(look: Looking) -> None:
    with db.transaction():
        load_demo()
    look.at("programme", "/")
    look.browser.page.locator("details.menu, details.chooser").first.evaluate("one => one.open = true")
    look.here("programme with its menu open")
    with db.reading():
        days = events.days_with_screenings(None)
        film = events.films()[0].slug
    look.at("another day", f"/?day={days[-1]}")
    look.at("filters that fit nothing", f"/?day={days[-1]}&version=original&format=3d")
    look.at("an empty day", f"/?day={days[-1] + timedelta(days=20)}")
    look.at("film", f"/films/{film}")
    for name in ("terms", "privacy", "help"):
        look.at(name, f"/{name}")
    look.at("not found", "/nothing-here", 404)
    with db.reading():
        large = max(events.programme(days[-1]), key=lambda one: one.capacity)
    look.at("map of the largest room", f"/screenings/{large.id}")
    look.at("list of the largest room", f"/screenings/{large.id}?view=list")
    assert look.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_choosing_seats(look: Looking) -> None:
    screening = make_screening("ooowcoooo.bb", "oooooolloo.b", "vvvvvvvvvv")
    map_of = f"/screenings/{screening.id}"
    purchases.start(screening, seat_ids(seat_plan_of(screening), "A1 B2"), "eva")
    look.at("seat map", map_of)
    look.browser.page.locator("input[name=seat]:not([disabled])").nth(3).check(force=True)
    look.here("a seat chosen")
    look.at("seats as a list", f"{map_of}?view=list")
    seats = seat_ids(seat_plan_of(screening), "C2 C3")
    form = {"seat": [str(seat) for seat in seats], "once": "a" * 16}
    look.after("a single seat is left over", look.ana.post(f"{map_of}/orders", form), 422)
    look.after(
        "a seat was lost", look.ana.post_seats(screening, seat_ids(seat_plan_of(screening), "A1 A2")), 409
    )
    look.after("no seat was chosen", look.ana.post(f"{map_of}/orders", {"once": "b" * 16}), 422)
    path = look.ana.start(screening, "C1 C2")
    look.at("other seats for an order", f"{path}/seats")
    look.at("a map with an order begun elsewhere", map_of)
    look.at("a programme with an order begun", "/")
    with db.transaction() as session:
        session.execute(text("update events.screenings set status = 'cancelled'"))
    cache.clear_all()
    look.at("a screening that was called off", map_of, 409)
    assert look.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_the_waiting_list(look: Looking) -> None:
    screening = make_screening("oo")
    held = purchases.start(screening, seat_ids(seat_plan_of(screening), "A1 A2"), "eva")
    look.at("a map without a free seat", f"/screenings/{screening.id}")
    answer = look.ana.post(f"/screenings/{screening.id}/orders", {"quantity": "2", "once": "a" * 16})
    assert answer.status_code == 303
    look.at("waiting list", answer.location)
    wrong = look.ana.post(answer.location, {"quantity": "2", "email": "ana@"})
    look.after("waiting list, wrong e-mail", wrong, 422)
    look.ana.post(answer.location, {"quantity": "2", "email": "ana@example.org"})
    look.at("place in line", answer.location)
    with db.transaction():
        reservations.release(held.reservation_id)
    with db.transaction():
        reservations.offer_next(screening.id)
    look.at("seats offered", answer.location)
    look.ana.post(f"{answer.location}/cancellation")
    look.at("left the line", answer.location)
    assert look.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_the_steps_of_a_purchase(look: Looking) -> None:
    screening = make_screening("oooooooooo", "vvvv")
    add_product(screening, name="Pipoca grande")
    path = look.ana.start(screening, "A1 A2")
    look.at("ticket types", f"{path}/types")
    look.browser.page.locator("input[value=half]").first.check(force=True)
    look.here("half price opens its kinds")
    look.after("ticket types missing", look.ana.post(f"{path}/types"), 422)
    look.ana.choose_full(path)
    look.at("concessions", f"{path}/concessions")
    product = look.browser.page.locator("input[name^=quantity-]").first.get_attribute("name") or ""
    look.after("a wrong quantity", look.ana.post(f"{path}/concessions", {product: "-1"}), 422)
    look.at("checkout", f"{path}/checkout")
    look.after("checkout, wrong", look.ana.check_out(path, name="", email="ana@", cpf="1"), 422)
    look.ana.check_out(path)
    look.at("payment, asking the bank", f"{path}/payment")
    purchases.run_due_work()
    look.at("payment by Pix", f"{path}/payment")
    bank = look.browser.page.locator("a[href^='/sandbox-bank/']").first.get_attribute("href") or ""
    look.at("the test bank", bank)
    look.ana.post(f"{path}/payment", {"method": "card"})
    purchases.run_due_work()
    look.at("payment by card", f"{path}/payment")
    purchases.bank().decline(purchases.charge_id(order_at(path)))
    purchases.run_due_work()
    look.at("card declined", f"{path}/payment")
    assert look.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_an_order_and_its_endings(look: Looking) -> None:
    screening = make_screening("oooooooooo", "oooooooooo", "oooooooooo", starts_in=timedelta(minutes=40))
    bought = paid(look, screening, "A1 A2")
    look.at("tickets", links.order(bought.token))
    look.at("the PDF is not there yet", f"{links.order(bought.token)}/tickets.pdf", 503)
    look.at("receipt", f"{links.order(bought.token)}/receipt")
    look.at("cancel?", f"{links.order(bought.token)}/cancellation")
    look.ana.post(f"{links.order(bought.token)}/cancellation")
    look.at("cancelled", links.order(bought.token))
    purchases.run_due_work()
    look.at("refunded", links.order(bought.token))
    given_up = look.ana.start(screening, "A4 A5")
    look.at("the map after giving up", look.ana.post(f"{given_up}/end").location)
    look.at("given up", given_up)
    late = order_at(to_the_payment(look, screening, "B1 B2"))
    purchases.run_due_work()
    purchases.age_order(late, 30)
    purchases.run_ticks()
    look.at("expired", links.order(late.token))
    purchases.buy(screening, seat_ids(seat_plan_of(screening), "B1 B2"), "eva")
    purchases.pay(late, stubborn=True)
    look.at("other seats offered", links.order(late.token))
    look.ana.post(f"{links.order(late.token)}/reseat", {"answer": "money"})
    look.at("money instead of other seats", links.order(late.token))
    look.at("find an order", "/orders/find")
    look.after(
        "not found", look.ana.post("/orders/find", {"code": "LUZ-4720", "email": "x@example.org"}), 422
    )
    kept = paid(look, screening, "C1")
    with db.transaction():
        events.cancel_screening(screening.id, "O projetor quebrou.")
    purchases.run_due_work()
    look.at("called off", links.order(kept.token))
    assert look.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_accounts(look: Looking) -> None:
    look.at("sign in", "/account/sign-in")
    form = {"email": "ana@example.org", "password": "wrong one"}
    look.after("sign in, wrong", look.ana.post("/account/sign-in", form), 422)
    look.at("sign up", "/account/sign-up")
    look.after("sign up, wrong", look.ana.post("/account/sign-up", {"name": "", "email": "ana@"}), 422)
    form = {"name": "Ana Souza", "email": "ana@example.org", "password": PASSWORD}
    look.after("look in your mail", look.ana.post("/account/sign-up", form), 200)
    look.at("confirm the e-mail", mail_link(send_due_mails()[-1]))
    look.at("forgotten password", "/account/reset")
    look.ana.post("/account/reset", {"email": "ana@example.org"})
    look.at("new password", mail_link(send_due_mails()[-1]))
    look.at("a link that is over", "/account/reset/nonsense", 409)
    stale = look.ana.client.post(
        "/account/reset", data={"email": "ana@example.org"}, headers=look.ana.headers
    )
    look.after("send it again", stale, 400)
    look.ana.post("/account/sign-in", {"email": "ana@example.org", "password": PASSWORD})
    look.at("no orders yet", "/account/orders")
    look.at("account, e-mail not confirmed", "/account")
    look.after("name missing", look.ana.post("/account/name", {"name": ""}), 422)
    with db.transaction() as session:
        session.execute(text("update users.users set verified_at = clock_timestamp()"))
    screening = make_screening("oooo")
    paid(look, screening, "A1 A2")
    look.ana.start(screening, "A3")
    look.at("own orders", "/account/orders")
    look.ana.post("/account/name", {"name": "Ana Maria"})
    look.at("account, saved", "/account")
    assert look.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_staff(look: Looking) -> None:
    make_account("porta@example.org", role="door")
    look.ana.post("/account/sign-in", {"email": "porta@example.org", "password": PASSWORD})
    look.at("account of the door", "/account")
    assert look.found == []


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_the_door(look: Looking) -> None:
    screening = door.make_door_screening()
    make_account("gerente@example.org", role="manager")
    look.ana.post("/account/sign-in", {"email": "gerente@example.org", "password": PASSWORD})
    look.at("the door waits", "/staff/scan")
    look.browser.page.locator("details.standing").evaluate("one => one.open = true")
    look.here("where staff stand")
    look.after("a place that is none", look.ana.post("/staff/place", {"place": "x", "gate": "x" * 99}), 422)
    look.after("nothing was scanned", look.ana.post("/staff/admissions", {"code": ""}), 422)
    for name, (make, _kind, in_english, _in_portuguese) in door.SCAN_CASES.items():
        door.delete_tickets()
        sent = look.ana.post(
            "/staff/admissions", {"code": make(screening), "place": f"screening-{screening.id}"}
        )
        look.at(f"door, {name} ({in_english})", sent.location)
    door.delete_tickets()
    here = {"code": door.issue_tickets(screening)[0].code, "place": f"screening-{screening.id}"}
    config.use(config.settings().changed(cinema={"doors_open_minutes": 1}))
    look.at("door, too early, to a supervisor", look.ana.post("/staff/admissions", here).location)
    assert look.browser.page.locator("[name=admission]").is_visible()
    with db.transaction() as session:  # the minute of the misses above may end among those below
        session.execute(text("delete from core.throttle"))
    for _ in range(admission.MISSES_PER_MINUTE):
        look.ana.post("/staff/admissions", {"code": "AAAAAAAAAA"})
    look.after("too many wrong codes", look.ana.post("/staff/admissions", {"code": "AAAAAAAAAA"}), 429)
    look.browser.page.evaluate(
        """() => document.getElementById('_verdict').replaceWith(
        document.querySelector('template[data-no-answer]').content.cloneNode(true))"""
    )
    look.here("the house does not answer")
    assert look.found == []


def test_axe_finds_what_is_wrong(app: Flask, new_page: NewPage) -> None:
    """The control: a picture without words, a field without a label, letters that fade."""
    look = Looking(app, new_page, "en", PHONE)
    look.browser.open("/help")
    look.browser.page.evaluate(
        """() => document.querySelector('main').insertAdjacentHTML('beforeend',
        '<img src="/x.png"><input><p class="faded">hard to read</p>')"""
    )
    look.browser.page.locator(".faded").evaluate("one => one.style.setProperty('color', '#2a2021')")
    look.here("spoiled")
    assert {one.split(": ")[1] for one in look.found} >= {"image-alt", "label", "color-contrast"}
