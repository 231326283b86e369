"""The page of the keys: who may see it, a new key, a stolen one with confirmation, and how much is left to re-sign."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core import db
from app.events.service import Screening
from app.tickets import service as tickets
from tests.door.door_fixtures import Staff, issue_tickets, make_door_screening
from tests.shop.visitor import Visitor
from tests.tickets.conftest import of_order


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_door_screening()


@pytest.fixture
def manager(app: Flask, screening: Screening) -> Staff:
    return Staff(app, role="manager")


def states() -> list[str]:
    with db.reading():
        return [key.state for key in tickets.key_states()]


def test_only_managers_see_and_change_keys(app: Flask, screening: Screening) -> None:
    assert Visitor(app).get("/staff/keys").location == "/account/sign-in?next=/staff/keys"
    for role in ("customer", "door", "supervisor"):
        staff = Staff(app, role=role)
        assert staff.get("/staff/keys").status_code == 403
        assert staff.post("/staff/keys").status_code == 403
        assert staff.post("/staff/keys/blocked", {"sure": "yes"}).status_code == 403


def test_a_new_key_waits_and_only_one_at_a_time(manager: Staff, screening: Screening) -> None:
    assert "There is no key yet" in manager.get("/staff/keys").text
    issue_tickets(screening)
    made = manager.post("/staff/keys")
    assert made.status_code == 303
    page = manager.get(made.location).text
    assert "The new key is made. All doors get it now." in page
    assert page.index("signs soon") < page.index("signs tickets")
    again = manager.post("/staff/keys")
    assert again.status_code == 409
    assert "A new key waits already." in again.text
    assert states() == ["next", "signing"]


def test_a_stolen_key_is_blocked_only_when_confirmed(manager: Staff, screening: Screening) -> None:
    (ticket, _) = issue_tickets(screening)
    refused = manager.post("/staff/keys/blocked")
    assert refused.status_code == 422
    assert "Tick the box if a key was stolen." in refused.text
    assert states() == ["signing"]
    sent = manager.post("/staff/keys/blocked", {"sure": "yes", "last": "1"})
    page = manager.get(sent.location).text
    assert "The keys are blocked." in page
    assert "2 tickets still get their new QR codes." in page
    assert states() == ["signing", "blocked"]
    for last in ("1", "", "x"):
        twice = manager.post("/staff/keys/blocked", {"sure": "yes", "last": last})
        assert twice.status_code == 409
        assert "The keys have just changed." in twice.text
    assert states() == ["signing", "blocked"], "a form that is sent twice blocks once"
    tickets.re_sign_tickets()
    assert "still get" not in manager.get("/staff/keys").text
    assert of_order(ticket.order_id)[0].revision == 2


def test_the_page_is_translated(app: Flask, screening: Screening) -> None:
    issue_tickets(screening)
    page = Staff(app, language="pt-BR", role="manager").get("/staff/keys").text
    for part in ("Chaves dos ingressos", "Chave 1", "assina ingressos", "Fazer uma chave nova"):
        assert part in page
