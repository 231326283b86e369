"""The devices page: who may see it, pairing with good and bad input, the list, renaming and revoking."""

from __future__ import annotations

import re
import uuid

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import db
from app.events.service import Screening
from app.users import service as users
from app.users.service import Device
from tests.door.door_fixtures import Staff
from tests.door.offline_fixtures import OfflineDoor
from tests.kiosk.kiosk_visitor import Kiosk, pair
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_plan_of
from tests.shop.visitor import Visitor

ERROR = re.compile(r'<p class="error" id="([\w-]+)-error">([^<]+)</p>')


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooo")


@pytest.fixture
def manager(app: Flask, screening: Screening) -> Staff:
    return Staff(app, role="manager")


@pytest.fixture
def kiosk(app: Flask) -> Kiosk:
    return Kiosk(app)


def devices() -> list[Device]:
    with db.reading():
        return users.list_devices()


def form(code: str, screening: Screening, name: str = "Foyer left") -> dict[str, object]:
    return {"code": code, "site": screening.cinema.id, "name": name}


def test_only_managers_see_devices(app: Flask, screening: Screening) -> None:
    assert Visitor(app).get("/staff/devices").location == "/account/sign-in?next=/staff/devices"
    for role in ("customer", "door"):
        staff = Staff(app, role=role)
        assert staff.get("/staff/devices").status_code == 403
        assert staff.post("/staff/devices", form("AAAAAA", screening)).status_code == 403
        for part in ("name", "terminal", "revocation"):
            assert staff.post(f"/staff/devices/{uuid.uuid4()}/{part}").status_code == 403


def test_a_manager_pairs_renames_and_revokes_a_kiosk(
    manager: Staff, kiosk: Kiosk, screening: Screening
) -> None:
    assert "No device is paired yet." in manager.get("/staff/devices").text
    kiosk.go_on()
    sent = manager.post("/staff/devices", form(kiosk.shown_code() or "", screening))
    assert (sent.status_code, sent.location) == (303, "/staff/devices")
    kiosk.go_on()
    page = manager.get("/staff/devices").text
    assert "Paired. The screen goes on by itself" in page
    assert all(part in page for part in ("Foyer left", screening.cinema.name, "not yet", "0 orders"))
    kiosk.client.post("/kiosk/heartbeat", data={"printer": "cover_open", "paper": "low", "version": "1.2"})
    page = manager.get("/staff/devices").text
    assert all(part in page for part in ("just now", "cover open", "low", "1.2"))
    address = f"/staff/devices/{devices()[0].id}"
    assert manager.post(f"{address}/name", {"name": "Foyer right"}).status_code == 303
    assert devices()[0].name == "Foyer right"
    assert "It has no card terminal" in manager.get("/staff/devices").text
    assert manager.post(f"{address}/terminal", {"terminal": "no"}).status_code == 303
    assert not devices()[0].has_terminal
    assert "It has a card terminal" in manager.get("/staff/devices").text
    assert manager.post(f"{address}/terminal", {"terminal": "yes"}).status_code == 303
    assert devices()[0].has_terminal
    assert manager.post(f"{address}/revocation").status_code == 303
    assert devices() == []
    assert manager.post(f"{address}/revocation").status_code == 404
    assert manager.post(f"{address}/name", {"name": ""}).status_code == 404


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"code": "NOSUCH"}, "code", "No machine shows this code."),
        ({"code": ""}, "code", "No machine shows this code."),
        ({"site": "0"}, "site", "Choose the cinema"),
        ({"site": "x"}, "site", "Choose the cinema"),
        ({"name": " "}, "name", "Give the device a name"),
        ({"name": "n" * 41}, "name", "At most 40 letters."),
    ],
)
def test_a_mistake_is_named_at_its_field_and_keeps_what_was_typed(
    manager: Staff, kiosk: Kiosk, screening: Screening, change: dict[str, object], field: str, sentence: str
) -> None:
    kiosk.go_on()
    fields = form(kiosk.shown_code() or "", screening, "Foyer <b>") | change
    refused = manager.post("/staff/devices", fields)
    found = ERROR.findall(refused.text)
    assert (refused.status_code, [name for name, _ in found]) == (422, [field])
    assert found[0][1].startswith(sentence)
    assert f'value="{str(fields["name"]).replace("<", "&lt;").replace(">", "&gt;")}"' in refused.text
    assert f'value="{fields["code"]}"' in refused.text
    assert devices() == []


def test_guessed_codes_are_throttled_in_words(manager: Staff, screening: Screening) -> None:
    answers = [manager.post("/staff/devices", form("NOSUCH", screening)) for _ in range(12)]
    assert answers[-1].status_code == 429
    assert "Too many tries" in answers[-1].text


def test_a_bad_new_name_is_named_at_its_device(manager: Staff, kiosk: Kiosk, screening: Screening) -> None:
    device = pair(kiosk, screening.cinema.id)
    refused = manager.post(f"/staff/devices/{device.id}/name", {"name": ""})
    assert (refused.status_code, ERROR.findall(refused.text)[0][0]) == (422, f"name-{device.id}")


def test_sales_of_today_are_those_of_the_device(manager: Staff, kiosk: Kiosk, screening: Screening) -> None:
    device = pair(kiosk, screening.cinema.id)
    sold, before = (purchases.buy(screening, [seat.id]) for seat in seat_plan_of(screening).seats[:2])
    with db.transaction() as session:
        for order, days in ((sold, 0), (before, 2)):
            session.execute(
                text(
                    "update orders.orders set device = :device, paid_at = paid_at - make_interval(days => :days)"
                    " where id = :id"
                ),
                {"device": device.id, "days": days, "id": order.id},
            )
    page = manager.get("/staff/devices").text
    assert "1 order, R$" in " ".join(page.split())


def test_a_manager_sees_and_revokes_a_door(app: Flask, manager: Staff, screening: Screening) -> None:
    door = OfflineDoor(app, screening, "Portão 7")
    shown = manager.get("/staff/devices").text
    for part in ("Portão 7", "Door that works without a network", "Célia da Porta", "just now"):
        assert part in shown
    assert "Paper" not in shown
    (device,) = devices()
    answer = manager.post(f"/staff/devices/{device.id}/revocation")
    assert "The door is signed out." in manager.get(answer.location).text
    assert door.get("/staff/offline/snapshot").get_json() == {"forget": True}
