"""Scans over the API: the verdicts of the door's page, a repeat that counts once, and who may send them."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.cli import register
from app.core import db
from app.events.service import Screening
from app.users import service as users
from tests.adapters.identity_provider import Provider
from tests.api.buyer import BASE
from tests.api.token_holder import person
from tests.door.door_fixtures import (
    SCAN_CASES,
    age_admissions,
    count_tries,
    delete_tickets,
    issue_tickets,
    make_door_screening,
)
from tests.payments.test_statements import counted
from tests.reservations.auditoriums import make_screening
from tests.users.account_data import make_account

VERDICTS = {
    "in": "admitted",
    "in, half price": "admitted",
    "already": "already",
    "another room": "other_screening",
    "another hour": "other_screening",
    "another day": "other_day",
    "a day gone by": "other_day",
    "another site": "other_cinema",
    "revoked": "revoked",
    "called off": "called_off",
    "unknown": "unknown",
    "an order's code": "order_code",
    "forged": "forged",
    "unknown key": "unknown_key",
    "cut": "cut",
    "garbled": "garbled",
    "replaced": "replaced",
}


class Turnstile:
    """A door device that is no browser."""

    def __init__(self, app: Flask, screening: Screening, gate: str = "Catraca 1") -> None:
        self.app = app
        self.screening: int | None = screening.id
        account = make_account(f"{uuid.uuid4().hex}@example.org", role="door")
        with db.transaction():
            self.token = users.register_door(screening.cinema.id, gate, account.id)

    def send(self, body: object) -> TestResponse:
        header = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().post(f"{BASE}/admissions", json=body, headers=header)

    def scan(self, code: str, nonce: uuid.UUID | None = None) -> dict[str, Any]:
        answer = self.send({"code": code, "nonce": str(nonce or uuid.uuid4()), "screening": self.screening})
        assert answer.status_code == 200, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        found: dict[str, Any] = answer.get_json()
        return found


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_door_screening()


@pytest.fixture
def turnstile(app: Flask, screening: Screening) -> Turnstile:
    return Turnstile(app, screening)


def test_a_ticket_is_admitted_once_with_what_the_gate_shows(
    turnstile: Turnstile, screening: Screening
) -> None:
    ticket = issue_tickets(screening)[1]
    found = turnstile.scan(ticket.qr_text)
    assert (found["admitted"], found["verdict"]) == (True, "admitted")
    assert (found["ticket"]["seat_name"], found["ticket"]["half_kind"]) == ("F8", "student")
    assert (found["ticket"]["screening"], found["ticket"]["state"]) == (screening.id, "admitted")
    assert (found["order_size"], found["left_in_order"]) == (2, 1)
    again = turnstile.scan(ticket.code)
    assert (again["admitted"], again["verdict"], again["gate"]) == (False, "already", "Catraca 1")
    assert again["admitted_at"] == found["admitted_at"]


def test_every_scan_gets_the_verdict_of_the_page(turnstile: Turnstile, screening: Screening) -> None:
    assert set(VERDICTS) == set(SCAN_CASES)
    found = {}
    for case, (make, *_) in SCAN_CASES.items():
        delete_tickets()
        found[case] = turnstile.scan(make(screening))["verdict"]
    assert found == VERDICTS


def test_a_repeated_scan_gets_its_first_answer(turnstile: Turnstile, screening: Screening) -> None:
    ticket, nonce = issue_tickets(screening)[0], uuid.uuid4()
    first = turnstile.scan(ticket.qr_text, nonce)
    age_admissions(seconds=60)
    again = turnstile.scan(ticket.qr_text, nonce)
    assert (again["id"], again["verdict"], count_tries()) == (first["id"], "admitted", 1)


def test_a_scan_that_is_sent_many_times_at_once_is_one(turnstile: Turnstile, screening: Screening) -> None:
    ticket, nonce = issue_tickets(screening)[0], uuid.uuid4()
    found: list[dict[str, Any]] = []
    threads = [
        threading.Thread(target=lambda: found.append(turnstile.scan(ticket.qr_text, nonce))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one["verdict"] for one in found] == ["admitted"] * 6
    assert len({one["id"] for one in found}) == count_tries() == 1


def test_control_other_nonces_are_other_scans(turnstile: Turnstile, screening: Screening) -> None:
    ticket = issue_tickets(screening)[0]
    assert [turnstile.scan(ticket.qr_text)["verdict"] for _ in range(3)] == ["admitted", "already", "already"]
    assert count_tries() == 3


def test_a_nonce_that_is_used_for_ever_lets_nobody_in(turnstile: Turnstile, screening: Screening) -> None:
    first, second = issue_tickets(screening)
    nonce = uuid.uuid4()
    assert turnstile.scan(first.qr_text, nonce)["admitted"]
    assert turnstile.scan(second.qr_text, nonce)["ticket"]["seat_name"] == "F8", "the nonce is that of a scan"
    age_admissions(minutes=11)
    answer = turnstile.send({"code": first.qr_text, "nonce": str(nonce)})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "admission.once")


def test_a_device_admits_at_its_own_site_alone(
    app: Flask, turnstile: Turnstile, screening: Screening
) -> None:
    elsewhere = make_screening("oo")
    answer = turnstile.send({"code": "K7QF-2M9-XRT", "nonce": str(uuid.uuid4()), "screening": elsewhere.id})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "place.unknown")
    ticket = issue_tickets(screening)[0]
    other = Turnstile(app, elsewhere)
    other.screening = None
    assert other.scan(ticket.qr_text)["verdict"] == "other_cinema"
    turnstile.screening = None
    assert turnstile.scan(ticket.qr_text)["verdict"] == "admitted"


def test_staff_scan_for_a_screening_and_a_supervisor_decides(app: Flask, provider: Provider) -> None:
    screening = make_door_screening()
    first, second = issue_tickets(screening)
    supervisor = person(app.test_client(), provider, "rosa", "supervisor")
    body = {"code": first.qr_text, "nonce": str(uuid.uuid4())}
    assert supervisor.post("/admissions", body).get_json()["code"] == "place.unknown"
    admitted = supervisor.post("/admissions", body | {"screening": screening.id}).get_json()
    assert (admitted["verdict"], admitted["actions"]) == ("admitted", ["undo", "let_out"])

    address, undo = f"/admissions/{admitted['id']}/decisions", {"action": "undo", "reason": "mistake"}
    undone, again = (supervisor.post(address, undo).get_json() for _ in range(2))
    assert (undone["verdict"], undone["id"]) == ("undone", again["id"])
    superseded = supervisor.post(address, undo | {"action": "let_out"})
    assert (superseded.status_code, superseded.get_json()["code"]) == (409, "supervision.superseded")
    unknown = supervisor.post(address, undo | {"action": "admit"})
    assert unknown.status_code == 404
    noted = supervisor.post(address, {"action": "undo", "reason": "other"})
    assert (noted.status_code, noted.get_json()["code"]) == (422, "reason.note_missing")

    door = person(app.test_client(), provider, "joao", "staff")
    scan = {"code": second.qr_text, "nonce": str(uuid.uuid4()), "screening": screening.id, "gate": "App"}
    theirs = door.post("/admissions", scan).get_json()
    assert theirs["verdict"] == "admitted"
    assert door.post(f"/admissions/{theirs['id']}/decisions", undo).status_code == 403
    assert supervisor.post(f"/admissions/{theirs['id']}/decisions", undo).status_code == 404
    customer = person(app.test_client(), provider)
    assert customer.post("/admissions", scan).status_code == 403


def test_only_a_door_device_may_scan(turnstile: Turnstile, screening: Screening) -> None:
    ticket = issue_tickets(screening)[0]
    body = {"code": ticket.qr_text, "nonce": str(uuid.uuid4())}
    refused = [turnstile.app.test_client().post(f"{BASE}/admissions", json=body)]
    with db.transaction() as session:
        session.execute(text("update users.devices set kind = 'kiosk'"))
    refused.append(turnstile.send(body))
    with db.transaction() as session:
        session.execute(text("update users.devices set kind = 'door'"))
        users.revoke_device(session.execute(text("select id from users.devices")).scalar_one())
    refused.append(turnstile.send(body))
    assert [answer.status_code for answer in refused] == [401, 403, 401]
    assert {answer.mimetype for answer in refused} == {"application/problem+json"}
    assert count_tries() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"code": ""},
        {"code": "x" * 401},
        {"code": 7},
        {"nonce": "1"},
        {"nonce": None},
        {"nonce": 5},
        {"screening": "1"},
        {"screening": 2**31},
        {"gate": "1" * 41},
        {"door": "1"},
    ],
)
def test_a_wrong_scan_is_refused(turnstile: Turnstile, changes: dict[str, object]) -> None:
    answer = turnstile.send({"code": "K7QF-2M9-XRT", "nonce": str(uuid.uuid4())} | changes)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "arguments")
    assert count_tries() == 0


def test_a_command_makes_a_device_that_scans(app: Flask, turnstile: Turnstile, screening: Screening) -> None:
    make_account("porta@example.org", role="door")
    make_account("ana@example.org")
    register(app)
    words = ["make-door-device", screening.cinema.slug, "--gate", "Catraca 9", "--account"]
    refused = app.test_cli_runner().invoke(args=[*words, "ana@example.org"])
    assert (refused.exit_code, "no staff account" in refused.output) == (1, True)
    turnstile.token = app.test_cli_runner().invoke(args=[*words, "porta@example.org"]).output.strip()
    assert turnstile.scan(issue_tickets(screening)[0].qr_text)["gate"] == "Catraca 9"


def test_a_scan_takes_the_statement_of_its_device_and_one_more(
    turnstile: Turnstile, screening: Screening
) -> None:
    tickets = issue_tickets(screening)
    turnstile.scan(tickets[0].qr_text)  # the programme and the keys are cached now
    with counted() as sent:
        assert turnstile.scan(tickets[1].qr_text)["admitted"]
    parts = ["users.devices", "execute admit_"]
    assert len(sent) == len(parts), sent
    assert all(part in one for part, one in zip(parts, sent, strict=True)), sent
