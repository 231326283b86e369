"""The supervisor's page: undo, let out, admit all the same; by PIN at a colleague's device, and with a reason."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.core import db
from app.events.service import Screening
from app.users import pins
from app.users import service as users
from tests.door.door_fixtures import (
    Staff,
    counters,
    field_errors,
    issue_tickets,
    verdict_kind,
    verdict_text,
    verdict_title,
)
from tests.users.account_data import PASSWORD, make_account

PIN = "470921"


@pytest.fixture
def eva(app: Flask) -> users.User:
    """A supervisor with a PIN."""
    eva = make_account("eva@example.org", role="supervisor", name="Eva Lopes")
    with db.transaction():
        users.set_pin(eva.id, PASSWORD, PIN)
    return eva


def decide(staff: Staff, answer: TestResponse, action: str, **form: object) -> TestResponse:
    """Send the supervisor's form for a verdict, and follow the redirect."""
    link = re.search(r'href="(/staff/supervision/\d+)"', answer.text)
    assert link is not None, answer.text
    sent = staff.post(link[1], {"action": action, "reason": "mistake"} | form)
    return staff.get(sent.location) if sent.status_code == 303 else sent


def with_pin(eva: users.User, pin: str = PIN) -> dict[str, object]:
    return {"supervisor": eva.id, "pin": pin}


def test_an_entry_is_undone_by_pin_at_the_doors_device(
    staff: Staff, screening: Screening, eva: users.User
) -> None:
    ticket = issue_tickets(screening)[0]
    answer = staff.scan(ticket.qr_text)
    assert ">Undo</a>" in answer.text
    undone = decide(staff, answer, "undo", **with_pin(eva), note="wrong phone")
    assert (verdict_kind(undone), verdict_title(undone)) == ("noted", "Entry undone")
    assert "Scanned by mistake: wrong phone" in verdict_text(undone)
    assert counters(undone) == [0, 2, 2]
    with db.reading() as session:
        row = session.execute(
            text(
                "select by_user_id, supervisor_id, reason, note from tickets.admissions where verdict = 'undone'"
            )
        ).one()
    assert tuple(row) == (staff.account.id, eva.id, "mistake", "wrong phone")
    assert verdict_kind(staff.scan(ticket.qr_text)) == "in"


def test_a_person_goes_out_and_comes_back(staff: Staff, screening: Screening, eva: users.User) -> None:
    ticket = issue_tickets(screening)[0]
    staff.scan(ticket.qr_text)
    seen = staff.scan(ticket.qr_text)
    assert ">Supervisor</a>" in seen.text
    out = decide(staff, seen, "let_out", reason="came_back", **with_pin(eva))
    assert verdict_title(out) == "May go out"
    assert counters(out) == [0, 1, 1, 2], "in, to come, outside, sold"
    back = staff.scan(ticket.code)
    assert (verdict_kind(back), "Back from outside." in verdict_text(back)) == ("in", True)


def test_a_wrong_pin_decides_nothing_and_is_limited(
    staff: Staff, screening: Screening, eva: users.User
) -> None:
    answer = staff.scan(issue_tickets(screening)[0].qr_text)
    for _ in range(pins.TRIES):
        refused = decide(staff, answer, "undo", **with_pin(eva, "111112"), note="<b>kept")
        assert refused.status_code == 422
        assert field_errors(refused) == {"pin": "That is not this person's PIN."}
        assert 'value="&lt;b&gt;kept"' in refused.text
        assert "111112" not in refused.text
    stopped = decide(staff, answer, "undo", **with_pin(eva))
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) > 0
    assert counters(staff.get("/staff/scan")) == [1, 1, 2]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"action": "burn"}, "action"),
        ({"action": "admit"}, "action"),
        ({"reason": ""}, "reason"),
        ({"reason": "other"}, "note"),
        ({"supervisor": "x"}, "supervisor"),
        ({"supervisor": "999"}, "pin"),
    ],
)
def test_a_bad_form_says_what_is_missing(
    staff: Staff, screening: Screening, eva: users.User, form: dict[str, str], field: str
) -> None:
    answer = staff.scan(issue_tickets(screening)[0].qr_text)
    refused = decide(staff, answer, **{"action": "undo", **with_pin(eva), **form})  # type: ignore[arg-type]
    assert refused.status_code == 422
    assert list(field_errors(refused)) == [field]


def test_a_form_without_a_supervisor_says_how_to_get_one(staff: Staff, screening: Screening) -> None:
    answer = staff.scan(issue_tickets(screening)[0].qr_text)
    assert "No supervisor has a PIN yet." in decide(staff, answer, "undo").text
    staff.client.set_cookie("language", "pt_BR")
    assert "Nenhum supervisor tem PIN ainda." in decide(staff, answer, "undo").text


def test_the_pin_page(app: Flask) -> None:
    assert Staff(app).get("/staff/pin").status_code == 403
    eva = Staff(app, role="supervisor")
    assert field_errors(eva.post("/staff/pin", {"pin": "123", "password": PASSWORD})) == {
        "pin": "6 to 12 digits."
    }
    wrong = eva.post("/staff/pin", {"pin": PIN, "password": "not mine at all"})
    assert (wrong.status_code, list(field_errors(wrong))) == (422, ["password"])
    saved = eva.post("/staff/pin", {"pin": PIN, "password": PASSWORD})
    assert saved.status_code == 303
    assert "Your PIN is set." in eva.get(saved.location).text
    with db.reading():
        assert [one.id for one in users.supervisors_with_pin()] == [eva.account.id]


def test_after_a_verdict_the_page_can_wait_for_the_next_ticket(staff: Staff, screening: Screening) -> None:
    staff.scan(issue_tickets(screening)[0].qr_text)
    assert staff.get("/staff/scan/next").location == "/staff/scan"
    part = staff.client.get("/staff/scan/next", headers=staff.headers | {"HX-Request": "true"})
    assert "<html" not in part.text
    assert verdict_kind(part) == ""
    assert 'id="_actions"' in part.text
