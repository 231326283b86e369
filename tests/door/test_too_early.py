"""Tickets scanned before the auditorium opens: the verdict has the opening time, and a supervisor may admit them."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.core import config, db
from app.core.config import Settings
from app.door import verdicts
from app.door.place import Place
from app.door.supervision import DECISION_SECONDS
from app.events.service import Screening
from app.tickets.service import Admission
from tests.door.door_fixtures import (
    Staff,
    age_admissions,
    call_off,
    counters,
    issue_tickets,
    make_door_screening,
    verdict_kind,
    verdict_text,
    verdict_title,
)
from tests.shop.visitor import Visitor

LINK = re.compile(r'href="/staff/supervision/(\d+)">([^<]+)</a>')


@pytest.fixture
def later(app: Flask, settings: Settings) -> Screening:
    """A screening in an hour, whose auditorium opens twenty minutes before it."""
    config.use(settings.changed(cinema={"doors_open_minutes": 20}))
    return make_door_screening(timedelta(minutes=60))


def at_the_door(app: Flask, screening: Screening, role: str, language: str = "en") -> Staff:
    staff = Staff(app, language, role=role)
    staff.stand_at(screening)
    return staff


def tried(answer: TestResponse) -> str:
    """The number of the try in the link to the supervisor's page."""
    link = LINK.search(answer.text)
    assert link is not None, answer.text
    return link[1]


def admit_early(staff: Staff, admission: str) -> TestResponse:
    return staff.post(f"/staff/supervision/{admission}", {"action": "admit", "reason": "mistake"})


def admitted() -> list[tuple[str, int | None]]:
    """The verdict and the account of each logged admission."""
    with db.reading() as session:
        rows = session.execute(
            text(
                "select verdict, by_user_id from tickets.admissions where verdict like 'admitted%' order by id"
            )
        ).all()
        count = session.execute(text("select count(*) from tickets.tickets where state = 'admitted'"))
        assert len(rows) == count.scalar_one()
    return [(row.verdict, row.by_user_id) for row in rows]


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "Not yet: opens at"), ("pt-BR", "Ainda não: abre às")]
)
def test_an_early_ticket_gets_the_opening_time_and_stays_valid(
    app: Flask, later: Screening, settings: Settings, language: str, expected: str
) -> None:
    staff = at_the_door(app, later, "door", language)
    ticket = issue_tickets(later)[0]
    opens = later.showtime.time(
        "en" if language == "en" else "pt_BR", later.starts_at - timedelta(minutes=20)
    )
    answer = staff.scan(ticket.qr_text)
    assert (verdict_kind(answer), verdict_title(answer)) == ("already", f"{expected} {opens}")
    assert f"<title>{expected} {opens}" in answer.text
    assert ticket.seat_name in verdict_text(answer)
    assert counters(answer) == [0, 2, 2]
    config.use(settings.changed(cinema={"doors_open_minutes": 61}))
    assert verdict_kind(staff.scan(ticket.qr_text)) == "in"
    assert admitted() == [("admitted", staff.account.id)]


def test_the_opening_time_before_a_screening_after_midnight(app: Flask, later: Screening) -> None:
    starts_at = datetime(2026, 12, 6, 3, 10, tzinfo=UTC)  # 0h10 in São Paulo
    ticket = issue_tickets(later, starts_at=starts_at, timezone="America/Sao_Paulo")[0]
    place = Place(None, None, "1")
    for language, expected in (("pt-BR", "Ainda não:\nabre às 23h50"), ("en", "Not yet:\nopens at 11:50 pm")):
        with app.test_request_context(headers={"Accept-Language": language}):
            verdict = verdicts.verdict_of(Admission("too_early", ticket), place)
        assert (verdict.title, verdict.big) == (expected, "0h10" if language == "pt-BR" else "12:10 am")


@pytest.mark.parametrize(("language", "label"), [("en", "Supervisor"), ("pt-BR", "Supervisão")])
def test_a_supervisor_admits_an_early_ticket_once(
    app: Flask, later: Screening, language: str, label: str
) -> None:
    staff = at_the_door(app, later, "manager", language)
    ticket = issue_tickets(later)[0]
    answer = staff.scan(ticket.qr_text)
    link = LINK.search(answer.text)
    assert link is not None
    assert link[2] == label
    assert admitted() == []
    sent = [admit_early(staff, link[1]) for _ in range(2)]
    assert [one.status_code for one in sent] == [303, 303]
    assert len({one.location for one in sent}) == 1, "sent twice is one try"
    answer = staff.get(sent[0].location)
    assert verdict_kind(answer) == "in"
    assert counters(answer) == [1, 1, 2]
    assert (
        "Let in before the room opened." if language == "en" else "Entrou antes de a sala abrir."
    ) in verdict_text(answer)
    assert admitted() == [("admitted_early", staff.account.id)]
    assert verdict_kind(staff.scan(ticket.qr_text)) == "already"


def test_htmx_gets_the_supervisors_link_too(app: Flask, later: Screening) -> None:
    staff = at_the_door(app, later, "manager")
    form = {"code": issue_tickets(later)[0].code, "once": uuid.uuid4().hex}
    answer = staff.post("/staff/admissions", form, **{"HX-Request": "true"})
    assert "<html" not in answer.text
    assert verdict_kind(staff.get(admit_early(staff, tried(answer)).location)) == "in"


def test_only_a_supervisor_admits_early(app: Flask, later: Screening) -> None:
    door = at_the_door(app, later, "door")
    sent = door.send(issue_tickets(later)[0].code)
    number = sent.location.rpartition("/")[2]
    assert admit_early(door, number).status_code == 422, "a PIN is wanted"
    assert admit_early(Staff(app, role="customer"), number).status_code == 403
    assert admit_early(Visitor(app), number).location.startswith("/account/sign-in")  # type: ignore[arg-type]
    elsewhere = admit_early(at_the_door(app, later, "manager"), number)
    assert elsewhere.location == "/staff/scan", "another account does not see the verdict"
    assert admitted() == []


def test_without_csrf_token_nobody_is_admitted_early(app: Flask, later: Screening) -> None:
    staff = at_the_door(app, later, "manager")
    number = tried(staff.scan(issue_tickets(later)[0].code))
    form = {"action": "admit", "reason": "mistake"}
    answer = staff.client.post(f"/staff/supervision/{number}", data=form, headers=staff.headers)
    assert answer.status_code == 400
    assert admitted() == []


def test_only_a_recent_early_try_can_be_admitted(app: Flask, later: Screening) -> None:
    staff = at_the_door(app, later, "manager")
    other_day = issue_tickets(
        later, screening_id=later.id + 500, starts_at=later.starts_at + timedelta(days=3)
    )[0]
    refused = staff.send(other_day.code).location.rpartition("/")[2]
    for nonsense in (refused[:-1] + "0" * 9, "0", "9" * 40, "999999"):
        assert admit_early(staff, nonsense).location == "/staff/scan"
    for nonsense in ("-1", "x"):
        assert admit_early(staff, nonsense).status_code == 404
    number = tried(staff.scan(issue_tickets(later)[0].code))
    age_admissions(seconds=DECISION_SECONDS + 1)
    assert admit_early(staff, number).location == "/staff/scan"
    assert admitted() == []


def test_a_screening_called_off_in_the_meantime_admits_nobody(app: Flask, later: Screening) -> None:
    staff = at_the_door(app, later, "manager")
    number = tried(staff.scan(issue_tickets(later)[0].code))
    call_off(later)
    assert verdict_title(staff.get(admit_early(staff, number).location)) == "Screening called off"
    assert admitted() == []
