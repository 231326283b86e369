"""axe finds nothing on the pages of staff by the rules of WCAG 2.2 AA: in both languages, upright and turned, and in
both colour schemes where a page has both."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import config, db
from app.orders import pickups
from app.products import service as products
from app.tickets import scanned_text
from app.users import service as users
from tests.door import door_fixtures as door
from tests.door.offline_fixtures import OfflineDoor
from tests.journeys.axe_checks import DEVICES, RULES, AxeChecks, DarkPageChecks, NewPage
from tests.kiosk.kiosk_visitor import paired_kiosk
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import seat_ids, seat_plan_of
from tests.users.account_data import PASSWORD, make_account

OPEN_PLACE = "() => { document.querySelector('details.standing').open = true; }"
NO_ANSWER = """() => document.getElementById("_verdict").replaceWith(
  document.querySelector("template[data-no-answer]").content.cloneNode(true))"""
# What the scripts of a door without network put into the page. They are not loaded here: they would take it out again.
SHOW_OFFLINE = """() => {
  const copy = (name) => document.querySelector(`template[${name}]`).content.cloneNode(true);
  const strip = document.querySelector("[data-offline-strip]");
  strip.textContent = "sem rede, dados de 19h40";
  document.getElementById("_offline").dataset.stale = "";
  document.querySelector("[data-offline-conflicts]").append(copy("data-conflict"));
}"""
SHOW_OFFLINE_GUESTS = """() => {
  const copy = (name) => document.querySelector(`template[${name}]`).content.cloneNode(true);
  document.getElementById("_verdict").replaceWith(copy("data-guests"));
  const rows = document.querySelector(".guest-rows");
  rows.append(copy("data-guest"), copy("data-guest"));
  document.querySelector("#guest-screening").append(new Option("20h30 · Sala 2 · Metrópolis"));
}"""
STALE_SIGN = "() => { document.querySelector('[data-stale-sign]').hidden = false; }"


@pytest.mark.parametrize(("language", "device"), DEVICES)
def test_pages_with_a_light_and_a_dark_scheme(
    app: Flask, new_page: NewPage, language: str, device: Mapping[str, object]
) -> None:
    checks = AxeChecks(app, new_page, language, device, RULES)
    make_account("porta@example.org", role="door")
    checks.ana.post("/account/sign-in", {"email": "porta@example.org", "password": PASSWORD})
    checks.at("account of the door", "/account")
    make_account("gerente@example.org", role="manager")
    checks.ana.post("/account/sign-in", {"email": "gerente@example.org", "password": PASSWORD})
    screening = door.make_door_screening()
    _report_a_conflict(OfflineDoor(checks.app, screening))
    paired_kiosk(checks.app, screening.cinema.id)
    checks.at("the keys", "/staff/keys")
    checks.after("a block that is not confirmed", checks.ana.post("/staff/keys/blocked"), 422)
    checks.at("conflicts at the doors", "/staff/conflicts")
    checks.at("devices", "/staff/devices")
    for details in checks.browser.page.locator(".device-list details").all():
        details.evaluate("one => one.open = true")
    checks.here("devices that are changed")
    checks.after("devices, a wrong code", checks.ana.post("/staff/devices", {"code": "x", "name": ""}), 422)
    checks.at("second factors of staff", "/staff/second-factors")
    checks.ana.post("/account/second-factor", {"password": PASSWORD})
    checks.after(
        "a wrong first code", checks.ana.post("/account/second-factor/confirmation", {"code": "1"}), 422
    )
    assert checks.found == []


def _report_a_conflict(phone: OfflineDoor) -> None:
    (ticket, _) = door.issue_tickets(phone.screening)
    phone.sync(phone.scanned(ticket), phone.scanned(ticket))


def test_every_verdict(app: Flask, new_page: NewPage) -> None:
    screening = door.make_door_screening()
    staff = door.Staff(app)
    checks = DarkPageChecks(new_page, staff)
    place = f"screening-{screening.id}"
    for name, (make, _kind, in_english, _in_portuguese) in door.SCAN_CASES.items():
        door.delete_tickets()
        sent = staff.post("/staff/admissions", {"code": make(screening), "place": place})
        checks.at(f"door, {name} ({in_english})", sent.location)
    assert checks.found == []


def test_the_door(app: Flask, new_page: NewPage) -> None:
    screening = door.make_door_screening()
    staff = door.Staff(app, role="manager")
    checks = DarkPageChecks(new_page, staff)
    checks.at("the door waits", "/staff/scan", act=OPEN_PLACE)
    checks.at("the server does not answer", "/staff/scan", act=NO_ANSWER)
    wrong_place = {"place": "x", "gate": "x" * 99}
    checks.after("a place that is none", lambda: staff.post("/staff/place", wrong_place), 422)
    checks.after("nothing was scanned", lambda: staff.post("/staff/admissions", {"code": ""}), 422)
    here = {"code": door.issue_tickets(screening)[0].code, "place": f"screening-{screening.id}"}
    config.use(config.settings().changed(cinema={"doors_open_minutes": 1}))
    checks.at("too early, to a supervisor", staff.post("/staff/admissions", here).location)
    link = checks.page.get_by_role("link", name=re.compile("Supervis"))
    decision = str(link.get_attribute("href"))
    checks.at("a supervisor decides", decision)
    checks.after("a decision without its reason", lambda: staff.post(decision), 422)
    checks.at("a supervisor's PIN", "/staff/pin")
    checks.after("a wrong PIN", lambda: staff.post("/staff/pin", {"pin": "1"}), 422)
    checks.at("all auditoriums", "/staff/guests")
    staff.stand_at(screening)
    checks.at("the guest list", "/staff/guests")
    checks.at("a search that finds nothing", "/staff/guests?q=nobody")
    with db.transaction() as session:  # the minute of the misses above could end before those below
        session.execute(text("delete from core.throttle"))
    for _ in range(scanned_text.MISSES_PER_MINUTE):
        staff.post("/staff/admissions", {"code": "AAAAAAAAAA"})
    checks.after("too many wrong codes", lambda: staff.post("/staff/admissions", {"code": "AAAAAAAAAA"}), 429)
    assert checks.found == []


def test_a_door_without_network(app: Flask, new_page: NewPage) -> None:
    screening = door.make_door_screening()
    phone = OfflineDoor(app, screening)
    checks = DarkPageChecks(new_page, phone)
    checks.page.route(re.compile("entry_door"), lambda route: route.abort())
    checks.at("a device that works without network", "/staff/scan", act=OPEN_PLACE)
    checks.at("a conflict, and old data", "/staff/offline/shell", act=SHOW_OFFLINE)
    checks.at("the list on the device", "/staff/offline/shell", act=SHOW_OFFLINE_GUESTS)
    checks.at("signed out", "/staff/offline/left")
    assert checks.found == []


def test_a_supervisor_at_the_account_of_the_door(app: Flask, new_page: NewPage) -> None:
    screening = door.make_door_screening()
    supervisor = make_account("rosa@example.org", role="supervisor", name="Rosa Lima")
    with db.transaction():
        users.set_pin(supervisor.id, PASSWORD, "271828")
    staff = door.Staff(app)
    checks = DarkPageChecks(new_page, staff)
    code = door.issue_tickets(screening)[0].code
    here = {"code": code, "place": f"screening-{screening.id}"}
    staff.post("/staff/admissions", here)
    checks.at("already in", staff.post("/staff/admissions", here).location)
    link = checks.page.get_by_role("link", name=re.compile("Supervis"))
    decision = str(link.get_attribute("href"))
    checks.at("a supervisor decides by PIN", decision)
    checks.after("a decision without a PIN", lambda: staff.post(decision), 422)
    assert checks.found == []


def test_the_counter(app: Flask, new_page: NewPage) -> None:
    screening = door.make_door_screening()
    popcorn = add_product(screening, name="Popcorn")
    paid = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1"), items={popcorn: 3})
    staff = door.Staff(app)
    checks = DarkPageChecks(new_page, staff)
    checks.at("hand out", "/staff/counter")
    checks.after("no ticket of ours", lambda: staff.post("/staff/counter", {"code": "ZZZZZZZZZZ"}), 422)
    checks.at("an empty queue", "/staff/counter/queue")
    checks.at("no number is called", "/staff/counter/screen")
    order, some = f"/staff/counter/orders/{paid.id}", f"item-{popcorn}-{popcorn}"
    staff.post(f"{order}/handouts", {some: "1", "act": str(uuid.uuid4())})
    checks.at("part of an order", order)
    too_many = {some: "9", "act": str(uuid.uuid4())}
    checks.after("more than is left", lambda: staff.post(f"{order}/handouts", too_many), 409)
    pickups.queue_coming_orders()
    checks.at("queue", "/staff/counter/queue", act=STALE_SIGN)
    with db.transaction():
        products.call_pickup(paid.id, cinema_id=screening.cinema.id)
    checks.at("called", "/staff/counter/queue")
    checks.at("a number is called", "/staff/counter/screen", act=STALE_SIGN)
    assert checks.found == []
