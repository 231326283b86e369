"""Every page of the kiosk in each mode of display, at both sizes: axe finds nothing by the rules of WCAG 2.1 AA, and
texts and targets are large enough and in reach. In English axe sees no mode, and all modes together."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.core import db
from app.events.service import Screening
from app.users import service as users
from tests.door.door_fixtures import call_off
from tests.journeys.axe_checks import NewPage
from tests.journeys.kiosk_measures import SIZES
from tests.journeys.kiosk_walk import ALONE, TOGETHER, Walk
from tests.kiosk.kiosk_visitor import pair
from tests.orders import purchases
from tests.orders.concessions import add_combo, add_product
from tests.orders.kiosk_sales import ask_terminal, terminals
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import order_at

# As many posters and screenings as the page has at most.
FILL_THE_FIRST_PAGE = """() => {
  for (const [one, most] of [[".wall button", 3], [".board button", 4]]) {
    const first = document.querySelector(one);
    while (first.parentElement.childElementCount < most) first.after(first.cloneNode(true));
  }
}"""
TOUCH_IS_IN_SIGHT = """() => document.querySelector(".touch").getBoundingClientRect().bottom
    <= document.querySelector(".access").getBoundingClientRect().top"""
# As kiosk_print.js shows a state of the printer, in a copy that the script does not know: it finds no printer here.
SHOW_PRINTER = """() => {
  const known = document.querySelector("[data-print-jobs]");
  const place = known.cloneNode(true);
  delete place.dataset.printJobs;
  known.replaceWith(place);
  place.hidden = false;
  for (const part of place.querySelectorAll("[data-when]")) part.hidden = !part.matches("[data-when~=STATE]");
}"""


def show_dialog(name: str) -> str:
    return f"() => document.getElementById('{name}').showModal()"


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooooo", "oooovvoooo")


@pytest.fixture
def walk(app: Flask, new_page: NewPage, screening: Screening) -> Walk:
    """A kiosk in the middle of a visit."""
    walk = Walk(app, new_page)
    pair(walk.kiosk, screening.cinema.id)
    walk.kiosk.post("/kiosk/visits")
    return walk


@pytest.fixture
def path(walk: Walk, screening: Screening) -> str:
    """The path of an order of two seats that waits for its payment by Pix."""
    path = walk.kiosk.start(screening, "A1 A2")
    walk.kiosk.choose_full(path)
    walk.kiosk.check_out(path, name="", email="")
    return path


@pytest.fixture
def paid(path: str) -> str:
    """The path of the order, paid."""
    purchases.run_due_work()
    purchases.pay(order_at(path))
    return path


def test_pairing_and_the_first_page(app: Flask, new_page: NewPage, screening: Screening) -> None:
    walk = Walk(app, new_page)
    walk.browser.open("/kiosk")
    expect(walk.page.locator(".pairing-code")).to_be_visible()
    walk.measures.look("pairing", with_axe=((),))  # it has no row of modes
    pair(walk.kiosk, screening.cinema.id)
    walk.at("first page", "/kiosk", act=FILL_THE_FIRST_PAGE)
    walk.kiosk.client.set_cookie("language", "pt_BR")
    walk.browser.open("/kiosk")
    walk.page.evaluate(FILL_THE_FIRST_PAGE)
    for size in SIZES:
        walk.page.set_viewport_size(size)
        for modes in (*ALONE, ("large", "listen"), ("large", "low"), TOGETHER):
            walk.measures.switch(modes)
            assert walk.page.evaluate(TOUCH_IS_IN_SIGHT), (modes, size)
    call_off(screening)
    walk.at("nothing on sale", "/kiosk")
    assert walk.measures.found == []


def test_programme_and_seats(walk: Walk, screening: Screening) -> None:
    seats = f"/screenings/{screening.id}"
    walk.at("programme", "/kiosk/programme")
    walk.at("seats", seats, act="() => document.querySelector('#A4').click()")
    walk.at("nobody there", seats, act=show_dialog("_idle"))
    walk.at("no answer", seats, act=show_dialog("_offline"))
    assert walk.measures.found == []


def test_ticket_types_to_check_out(walk: Walk, screening: Screening) -> None:
    add_combo(screening)
    add_product(screening, name="Pipoca")
    path = walk.kiosk.start(screening, "A1 A2")
    walk.at("types", f"{path}/types", act="() => document.querySelector('input[value=half]').click()")
    walk.after("types missing", lambda: walk.kiosk.post(f"{path}/types"), 422)
    walk.kiosk.choose_full(path)
    walk.at(
        "concessions", f"{path}/concessions", act="() => document.querySelector('button[name=add]').click()"
    )
    walk.at("check-out", f"{path}/checkout")
    assert walk.measures.found == []


def test_payment_by_pix(walk: Walk, path: str) -> None:
    walk.at("asking the bank", f"{path}/payment")
    purchases.run_due_work()
    hurry = "() => { document.querySelector('[data-countdown-warning]').hidden = false; }"
    walk.at("Pix", f"{path}/payment")
    walk.at("Pix, two minutes left", f"{path}/payment", act=hurry)
    assert walk.measures.found == []


def test_payment_by_card(walk: Walk, path: str) -> None:
    walk.kiosk.post(f"{path}/payment", {"method": "card_present"})
    purchases.run_due_work()
    walk.at("card at the terminal", f"{path}/payment")
    with db.reading():
        device = users.list_devices()[-1]
    terminals().be_silent(device.id, 600)
    ask_terminal()
    walk.at("the terminal does not answer", f"{path}/payment")
    terminals().be_silent(device.id, 0)
    for act in ("insert", "decline"):
        assert terminals().act(device.id, purchases.charge_id(order_at(path)), act)
    ask_terminal()
    walk.at("card declined", f"{path}/payment")
    assert walk.measures.found == []


def test_tickets(walk: Walk, paid: str) -> None:
    walk.at("tickets", paid, fits=True)
    walk.at("the paper is out", paid, act=SHOW_PRINTER.replace("STATE", "paper_out"))
    walk.at("print again?", paid, act=SHOW_PRINTER.replace("STATE", "unsure"))
    assert walk.measures.found == []


def test_tickets_by_e_mail(walk: Walk, paid: str) -> None:
    email = f"/kiosk{paid}/email"
    walk.at("e-mail", email, fits=True)
    walk.after("e-mail, wrong", lambda: walk.kiosk.post(email, {"email": "ana@"}), 422)
    walk.kiosk.post(email, {"email": "ana@example.org"})
    walk.at("tickets by e-mail", paid, fits=True)
    assert walk.measures.found == []


def test_lost_seats(walk: Walk, screening: Screening) -> None:
    orders = f"/screenings/{screening.id}/orders"
    form = {"quantity": "99", "once": uuid.uuid4().hex}
    walk.after("too many seats", lambda: walk.kiosk.post(orders, form), 422)
    purchases.start(screening, seat_ids(seat_plan_of(screening), "A1"), "eva")
    wanted = seat_ids(seat_plan_of(screening), "A1 A2")
    walk.after("a seat was lost", lambda: walk.kiosk.post_seats(screening, wanted), 409)
    left_alone = {
        "seat": [str(seat) for seat in seat_ids(seat_plan_of(screening), "A3 A4")],
        "once": uuid.uuid4().hex,
    }
    walk.after("a single seat is left over", lambda: walk.kiosk.post(orders, left_alone), 422)
    assert walk.measures.found == []


def test_orders_that_end(walk: Walk, path: str, screening: Screening) -> None:
    purchases.run_due_work()
    purchases.expire(order_at(path))
    walk.at("time is up", path)
    purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1 A2"), "eva")
    purchases.pay(order_at(path), stubborn=True)
    walk.at("other seats", path)
    call_off(screening)
    walk.at("called off", f"/screenings/{screening.id}", 409)
    walk.at("not there", "/account", 404)
    assert walk.measures.found == []
