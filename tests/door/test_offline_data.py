"""What a door keeps to work without a network: who gets it, what is in it, what has changed, when it is forgotten."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import cache, db
from app.events.service import Screening
from app.tickets import qr
from app.tickets import service as tickets
from app.users import service as users
from tests.door.door_fixtures import Staff, another_screening, call_off, issue_tickets, revoke
from tests.door.offline_fixtures import OfflineDoor, row_of, state_of
from tests.payments.test_statements import counted
from tests.shop.visitor import Visitor
from tests.tickets.conftest import retire_keys
from tests.users.account_data import begin_session, make_account

SNAPSHOT, CHANGES = "/staff/offline/snapshot", "/staff/offline/changes"


@pytest.fixture
def door(app: Flask, screening: Screening) -> OfflineDoor:
    return OfflineDoor(app, screening)


def only_device() -> users.Device:
    with db.reading():
        (device,) = users.list_devices()
    return device


def revoke_device() -> None:
    with db.transaction():
        users.revoke_device(only_device().id)


def test_only_a_registered_device_of_signed_in_staff_gets_data(app: Flask, screening: Screening) -> None:
    for path in (SNAPSHOT, CHANGES):
        for visitor in (Visitor(app), Staff(app, role="customer"), Staff(app), Staff(app, role="manager")):
            answer = visitor.get(path)
            assert (answer.status_code, answer.get_json()) == (410, {"forget": True})
    customer = Staff(app, role="customer")
    assert customer.post("/staff/offline/device").status_code == 403
    assert Visitor(app).post("/staff/offline/device").location.startswith("/account/sign-in")


def test_the_device_is_of_the_site_the_gate_and_the_account(door: OfflineDoor) -> None:
    device = only_device()
    assert (device.kind, device.site_id, device.name) == ("door", door.screening.cinema.id, "Portão 1")
    assert device.account_id == door.account.id
    assert device.last_seen_at is not None
    door.stand_at(door.screening, "Portão 3")
    assert door.post("/staff/offline/device").status_code == 303
    assert only_device().id == device.id
    assert only_device().name == "Portão 3"
    assert door.snapshot()["gate"] == "Portão 3"


def test_the_cookie_is_kept_from_scripts_and_other_sites(door: OfflineDoor) -> None:
    answer = door.post("/staff/offline/device")
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("door=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_a_snapshot_has_the_day_with_its_tickets_and_keys(door: OfflineDoor, screening: Screening) -> None:
    full, half = issue_tickets(screening)
    revoke(issue_tickets(screening, order_code="LTZ-9999", screening_id=screening.id + 50)[0])
    answer = door.get(SNAPSHOT)
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.get_json()
    assert found["account"] == {"id": door.account.id, "name": "Célia da Porta"}
    (shown,) = found["screenings"]
    assert (shown["id"], shown["called_off"], shown["age"]) == (
        screening.id,
        False,
        screening.film.age_rating,
    )
    assert shown["opens"] < shown["starts"] < shown["ends"]
    (key,) = found["keys"]
    payload, signature = qr.decode(full.qr_text)
    assert key["kid"] == payload.kid
    assert not key["blocked"]
    assert len(base64.b64decode(key["public"])) == 32
    assert len(signature) == 64
    row = row_of(found, full)
    assert row is not None
    assert row[1:4] == [screening.id, "F7", "Row F, seat 7"]
    assert found["types"][row[4]] == {"name": "Full price", "proof": "", "proof_number": 0}
    assert found["orders"][row[5]] == {"code": "LTZ-4720", "name": ""}
    assert row[6:] == [full.code, key["kid"], 1, "v", 0, ""]
    row = row_of(found, half)
    assert row is not None
    assert found["types"][row[4]]["proof_number"] == payload.proof + 1
    assert found["types"][row[4]]["proof"].startswith("Ask for: Student card (CIE)")
    assert len(found["tickets"]) == 2


def test_the_answer_is_compressed(door: OfflineDoor, screening: Screening) -> None:
    issue_tickets(screening)
    answer = door.client.get(SNAPSHOT, headers=door.headers | {"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.data))["tickets"]


def test_names_and_tickets_of_a_screening_that_is_over_are_left_out(
    door: OfflineDoor, screening: Screening
) -> None:
    issue_tickets(screening)
    with db.transaction() as session:
        ended = text("update events.screenings set starts_at = now() - interval '3 hours', ends_at = now()")
        session.execute(ended)
    cache.clear_all()
    found = door.snapshot()
    assert found["tickets"] == found["orders"] == []


def test_changes_have_what_was_sold_let_in_and_cancelled(door: OfflineDoor, screening: Screening) -> None:
    first, second = issue_tickets(screening)
    cursor = door.snapshot()["cursor"]
    empty = door.changes(cursor)
    assert empty["tickets"] == empty["orders"] == empty["conflicts"] == []
    door.scan(first.qr_text)
    found = door.changes(cursor)
    assert [state_of(found, one) for one in (first, second)] == ["a", ""]
    later = another_screening(screening, starts_in=timedelta(hours=1), room="Sala 4")
    assert door.ask(found["cursor"]).get_json() == {"resnapshot": True}, "a screening was added"
    cursor = door.snapshot()["cursor"]
    sold = issue_tickets(later)
    found = door.changes(cursor)
    assert [row[6] for row in found["tickets"]] == [one.code for one in sold]
    revoke(sold[0])
    found = door.changes(found["cursor"])
    assert [state_of(found, one) for one in sold] == ["r", "r"]
    call_off(later)
    assert [one["called_off"] for one in door.changes(found["cursor"])["screenings"]] == [False, True]


def test_changes_have_a_blocked_key_and_the_tickets_that_were_signed_again(
    door: OfflineDoor, screening: Screening
) -> None:
    (ticket, _) = issue_tickets(screening)
    cursor = door.snapshot()["cursor"]
    retire_keys()
    found = door.changes(cursor)
    assert [key["blocked"] for key in found["keys"]] == [True, False]
    row = row_of(found, ticket)
    assert row is not None
    assert row[7:9] == [found["keys"][1]["kid"], 2]


@pytest.mark.parametrize("change", ["{}", "{}x", "", "a.b", "W10.x"])
def test_a_foreign_or_old_cursor_needs_a_snapshot(door: OfflineDoor, change: str) -> None:
    cursor = change.format(door.snapshot()["cursor"])
    if change == "{}":
        with db.transaction() as session:  # the cursor is of another site now
            session.execute(text("update users.devices set site_id = site_id + 1"))
        assert door.ask(cursor).get_json() == {"forget": True}
        return
    answer = door.ask(cursor)
    assert (answer.status_code, answer.get_json()) == (410, {"resnapshot": True})


def test_a_cursor_of_another_database_needs_a_snapshot(door: OfflineDoor) -> None:
    assert tickets.is_of_the_future("10:30:", "10:29:")
    assert not tickets.is_of_the_future("10:30:12,14", "20:30:")


def test_revoked_and_signed_out_devices_forget(door: OfflineDoor, screening: Screening) -> None:
    cursor = door.snapshot()["cursor"]
    door.post("/account/sign-out")
    for answer in (door.get(SNAPSHOT), door.ask(cursor)):
        assert (answer.status_code, answer.get_json()) == (401, {"forget": True})
    with door.client.session_transaction() as session:
        session["_user_id"] = begin_session(make_account("rosa@example.org", role="door", name="Rosa"))
    assert door.ask(cursor).status_code == 200
    revoke_device()
    for answer in (door.get(SNAPSHOT), door.ask(cursor), door.send_scans({"scans": [{}]})):
        assert (answer.status_code, answer.get_json()) == (410, {"forget": True})


def test_staff_end_the_registration_themselves(door: OfflineDoor) -> None:
    assert door.post("/staff/offline/device/removal").status_code == 303
    assert door.get(SNAPSHOT).status_code == 410
    with db.reading():
        assert users.list_devices() == []
    assert door.post("/staff/offline/device/removal").status_code == 303


def test_the_answers_take_few_statements(door: OfflineDoor, screening: Screening) -> None:
    for room in ("Sala 3", "Sala 4", "Sala 5"):
        issue_tickets(another_screening(screening, starts_in=timedelta(hours=2), room=room))
    cursor = door.snapshot()["cursor"]
    with counted() as sent:
        door.snapshot()
    assert len(sent) <= 7, sent  # device, session, programme's version, keys, conflicts, tickets, names
    with counted() as sent:
        door.client.get(CHANGES, query_string={"cursor": cursor}, headers=door.headers)
    assert len(sent) <= 6, sent
