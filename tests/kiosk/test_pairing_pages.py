"""A new machine at `/kiosk`: it shows a code, becomes a kiosk once a manager has typed it in, and stays one."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.core import db
from app.core.actor import Actor
from app.events.service import Screening
from app.users import pairings
from app.users import service as users
from tests.kiosk.kiosk_visitor import Kiosk, pair


@pytest.fixture
def machine(app: Flask, screening: Screening) -> Kiosk:
    """A machine that is not paired; it reads English."""
    machine = Kiosk(app)
    machine.client.set_cookie("language", "en")
    return machine


def count_pairings() -> int:
    with db.reading() as session:
        return int(session.execute(text("select count(*) from users.pairings")).scalar_one())


def age_tokens() -> None:
    with db.transaction() as session:
        session.execute(
            text("update users.devices set token_issued_at = token_issued_at - interval '2 days'")
        )


def set_cookie_of(answer: TestResponse, name: str) -> str:
    return next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{name}="))


def test_a_new_machine_shows_one_code_until_it_expires(machine: Kiosk) -> None:
    first = machine.get("/kiosk")
    assert "data-submit-now" in first.text
    assert first.headers["Cache-Control"] == "no-store"
    assert count_pairings() == 0, "who only looks leaves nothing behind"
    page = machine.go_on()
    code = machine.shown_code()
    assert code is not None
    assert "http://localhost/staff/devices" in page.text
    assert ("data-submit-now" in page.text, "data-reload" in page.text) == (False, True)
    machine.go_on()
    assert (machine.shown_code(), count_pairings()) == (code, 1)
    with db.transaction() as session:
        session.execute(text("update users.pairings set expires_at = clock_timestamp()"))
    assert machine.shown_code() is None
    machine.go_on()
    assert machine.shown_code() not in (None, code)


def test_a_confirmed_machine_becomes_a_kiosk_and_no_other_does(app: Flask, machine: Kiosk) -> None:
    other = Kiosk(app)
    other.go_on()
    machine.go_on()
    with db.transaction():
        users.confirm_pairing(machine.shown_code() or "", 1, "Foyer left", Actor(user_id=1))
    assert "data-submit-now" in machine.get("/kiosk").text
    assert "Touch to buy" in machine.go_on().text
    assert other.shown_code() is not None
    assert other.cookie("device") is None
    forged = Kiosk(app)
    forged.client.set_cookie("device", "x" * 32)
    assert "data-submit-now" in forged.get("/kiosk").text


def test_the_cookies_are_hidden_from_scripts_and_other_sites(machine: Kiosk) -> None:
    started = machine.post("/kiosk/pairing")
    with db.transaction():
        users.confirm_pairing(machine.shown_code() or "", 1, "Kiosk 1", Actor(user_id=1))
    for answer, name in ((started, "pairing"), (machine.post("/kiosk/pairing"), "device")):
        set_cookie = set_cookie_of(answer, name)
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(set_cookie.split("; "))


def test_too_many_new_codes_are_refused_in_words(machine: Kiosk) -> None:
    for _ in range(pairings.STARTS_PER_ADDRESS):
        machine.go_on()
        machine.client.delete_cookie("pairing")
    refused = machine.post("/kiosk/pairing")
    assert refused.status_code == 429
    assert "Too many tries" in refused.text
    assert "data-submit-now" not in refused.text


def test_a_heartbeat_renews_the_token_when_it_is_due(machine: Kiosk) -> None:
    device = pair(machine, 1)
    first = machine.cookie("device")
    assert machine.client.post("/kiosk/heartbeat").status_code == 204
    assert machine.cookie("device") == first
    age_tokens()
    assert machine.client.post("/kiosk/heartbeat", data={"printer": "ready"}).status_code == 204
    assert machine.cookie("device") != first
    assert machine.client.post("/kiosk/heartbeat").status_code == 204
    with db.reading():
        assert users.authenticate_device(machine.cookie("device") or "").id == device.id


def test_a_revoked_kiosk_is_a_new_machine_again(machine: Kiosk) -> None:
    device = pair(machine, 1)
    with db.transaction():
        users.revoke_device(device.id)
    assert machine.client.post("/kiosk/heartbeat").status_code == 404
    for form in ("visits", "leave", "access"):  # of a page that was open
        sent = machine.post(f"/kiosk/{form}")
        assert (sent.status_code, sent.location) == (303, "/kiosk"), form
    machine.go_on()
    assert machine.shown_code() is not None


def test_a_browser_without_the_cookie_has_no_heartbeat(machine: Kiosk) -> None:
    assert machine.client.post("/kiosk/heartbeat").status_code == 404
