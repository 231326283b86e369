"""The scan page without a browser: permissions, the verdict on each kind of ticket, and invalid forms."""

from __future__ import annotations

import dataclasses
import logging
import re

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.core import db
from app.events import service as events
from app.events.service import Screening
from app.tickets import scanned_text
from tests.door.door_fixtures import (
    SCAN_CASES,
    Staff,
    age_admissions,
    call_off,
    count_tries,
    counters,
    field_errors,
    issue_tickets,
    verdict_kind,
    verdict_text,
    verdict_title,
)
from tests.shop.visitor import Visitor
from tests.tickets.conftest import FULL
from tests.users.account_data import PASSWORD


def test_visitors_must_sign_in_and_return_to_the_page(app: Flask, screening: Screening) -> None:
    answer = Visitor(app).get("/staff/scan")
    assert (answer.status_code, answer.location) == (303, "/account/sign-in?next=/staff/scan")
    ticket = issue_tickets(screening)[0]
    refused = Visitor(app).post("/staff/admissions", {"code": ticket.qr_text})
    assert refused.status_code == 303
    assert refused.location.startswith("/account/sign-in")
    assert count_tries() == 0


def test_after_an_expired_session_sign_in_returns_to_the_door(app: Flask, screening: Screening) -> None:
    """The ticket in the form that was sent is not admitted by the sign-in."""
    staff = Staff(app)
    token = staff.token()
    with staff.client.session_transaction() as session:
        session.pop("_user_id")
    sent = staff.send(issue_tickets(screening)[0].code, csrf_token=token)
    assert sent.location == "/account/sign-in?next=/staff/admissions"
    signed_in = staff.post(
        "/account/sign-in", {"email": staff.email, "password": PASSWORD, "next": "/staff/admissions"}
    )
    assert staff.get(signed_in.location).location == "/staff/scan"
    assert count_tries() == 0


def test_customers_are_refused(app: Flask, screening: Screening) -> None:
    customer = Staff(app, role="customer")
    assert customer.get("/staff/scan").status_code == 403
    assert customer.get("/staff/admissions/1").status_code == 403
    assert customer.send(issue_tickets(screening)[0].qr_text).status_code == 403
    assert customer.post("/staff/place", {"place": f"screening-{screening.id}"}).status_code == 403
    assert count_tries() == 0


@pytest.mark.parametrize("role", ["door", "supervisor", "manager"])
def test_door_and_manager_scan(app: Flask, screening: Screening, role: str) -> None:
    staff = Staff(app, role=role)
    assert staff.get("/staff/scan").status_code == 200
    assert verdict_kind(staff.scan(issue_tickets(screening)[0].code)) == "in"


def test_a_try_without_csrf_token_admits_nobody(staff: Staff, screening: Screening) -> None:
    ticket = issue_tickets(screening)[0]
    answer = staff.client.post("/staff/admissions", data={"code": ticket.code}, headers=staff.headers)
    assert answer.status_code == 400
    assert ticket.code in answer.text, "the form comes back filled"
    from_elsewhere = staff.client.post(
        "/staff/admissions", data={"code": ticket.code}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert from_elsewhere.status_code == 400
    assert ticket.code not in from_elsewhere.text
    assert count_tries() == 0


@pytest.mark.parametrize("language", ["en", "pt-BR"])
@pytest.mark.parametrize("case", SCAN_CASES)
def test_every_kind_of_ticket_gets_its_verdict(
    app: Flask, screening: Screening, case: str, language: str
) -> None:
    staff = Staff(app, language)
    staff.stand_at(screening)
    make, wanted, in_english, in_portuguese = SCAN_CASES[case]
    answer = staff.scan(make(screening))
    shown = in_english if language == "en" else in_portuguese
    assert (answer.status_code, verdict_kind(answer), verdict_title(answer)) == (200, wanted, shown)
    assert f"<title>{shown}" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_an_admission_shows_seat_auditorium_type_and_proof(staff: Staff, screening: Screening) -> None:
    full, student = issue_tickets(screening)
    answer = verdict_text(staff.scan(full.qr_text))
    assert "F7 Room 2 Row F, seat 7 Full price, no document needed" in answer
    assert "1 more person of the order to come" in answer
    assert "Under 12 only with a guardian" in answer
    assert "To pick up at the counter: Double bill combo" in answer
    answer = verdict_text(staff.scan(student.qr_text))
    assert "combo" not in answer, "the order's snacks are named once"
    assert "F8 Room 2 Row F, seat 8 All 2 of the order are in Half: student Ask for: Student card" in answer


def test_a_second_scan_shows_time_gate_and_account(app: Flask, staff: Staff, screening: Screening) -> None:
    ticket = issue_tickets(screening)[1]
    staff.scan(ticket.qr_text)
    age_admissions(minutes=21)
    with db.reading() as session:
        at = session.execute(
            text(f"select to_char(admitted_at at time zone '{screening.cinema.timezone}', 'FMHH24\"h\"MI') "
                 "from tickets.tickets where admitted_at is not null")
        ).scalar_one()  # fmt: skip
    other = Staff(app, "pt-BR", email="rosa@example.org")
    other.stand_at(screening, gate="Portão 1")
    answer = other.scan(ticket.code)
    assert verdict_kind(answer) == "already"
    shown = verdict_text(answer)
    assert f"{at} Portão 2 por Célia Lugar F8, Sala 2" in shown
    assert "lido há 21 min" in shown


def test_a_ticket_admitted_just_now_has_a_note(staff: Staff, screening: Screening) -> None:
    ticket = issue_tickets(screening)[0]
    staff.scan(ticket.qr_text)
    assert "scanned just now" in verdict_text(staff.scan(ticket.qr_text))


def test_a_ticket_of_another_auditorium_offers_to_change_the_place(
    staff: Staff, screening: Screening
) -> None:
    answer = staff.scan(SCAN_CASES["another room"][0](screening))
    move = re.search(r'name="place" value="(screening-\d+)">Stand at that door', answer.text)
    assert move is not None
    assert staff.post("/staff/place", {"place": move[1], "gate": "Portão 2"}).status_code == 303
    assert "Portão 2 · Room 4 · " in staff.get("/staff/scan").text


def test_another_cinema_is_larger_than_the_time(staff: Staff, screening: Screening) -> None:
    ticket = issue_tickets(
        screening, cinema_id=screening.cinema.id + 1, cinema_name="Praia", screening_id=9000
    )[0]
    answer = staff.scan(ticket.code)
    assert verdict_title(answer) == "Another cinema"
    assert re.search(r'<p class="demand place">\s*Praia\s*<small>', answer.text)
    assert '<p class="seat">' not in answer.text


def test_counters_have_a_singular(app: Flask, screening: Screening) -> None:
    staff = Staff(app, "pt-BR")
    staff.stand_at(screening)

    def counted(answer: TestResponse) -> str:
        part = answer.text[answer.text.index('id="_counters"') :].partition("</p>")[0]
        return " ".join(re.sub(r"<[^>]*>", " ", part.partition(">")[2]).split())

    assert counted(staff.get("/staff/scan")) == "0 dentro 0 faltam 0 vendidos"
    assert counted(staff.scan(issue_tickets(screening)[0].code)) == "1 dentro 1 falta 2 vendidos"


def test_the_reason_of_a_called_off_screening_is_shown(staff: Staff, screening: Screening) -> None:
    assert "O projetor quebrou." in verdict_text(staff.scan(SCAN_CASES["called off"][0](screening)))


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("A" * 10_000, "Not found"),
        ("\x00\x00", "Scan the QR"),
        ("AB\x00CD", "Not found"),
        ("BIL1\x00", "Scan again"),
        ("BIL1" + "A" * 10_000, "Scan again"),
        ("\u202eABCDEFGHJK\u202c", "Not found"),
        ("😀🎟️🍿", "Not found"),
        ("<img src=x onerror=alert(1)>", "Not found"),
        ("{{1337*7331}}", "Not found"),
        ("A\r\nSet-Cookie: x=y", "Not found"),
        ("' or 1=1 --", "Not found"),
        ("00020126580014BR.GOV.BCB.PIX0136", "Not found"),
        ("https://example.com/ticket/1", "Not found"),
        ("٣" * 10, "Not found"),
    ],
)
def test_any_scanned_text_gets_an_answer(staff: Staff, screening: Screening, code: str, shown: str) -> None:
    issue_tickets(screening)
    answer = staff.scan(code)
    assert answer.status_code in (200, 422)
    assert verdict_title(answer) == shown
    assert "onerror" not in answer.text
    assert "9801547" not in verdict_text(answer)


@pytest.mark.parametrize(
    "shape", [str.lower, lambda code: f"{code[:4]}-{code[4:7]}-{code[7:]}", "  {}\r\n".format]
)
def test_a_code_is_admitted_in_any_spelling(staff: Staff, screening: Screening, shape: object) -> None:
    assert verdict_kind(staff.scan(shape(issue_tickets(screening)[0].code))) == "in"  # type: ignore[operator]


@pytest.mark.parametrize("nothing", ["", "   ", "\r\n"])
def test_an_empty_field_is_no_try(staff: Staff, nothing: str) -> None:
    answer = staff.send(nothing)
    assert answer.status_code == 422
    assert field_errors(answer) == {"code": "Scan a QR code, or type the ticket's code."}
    assert count_tries() == 0


def test_counters_are_of_the_screening(staff: Staff, screening: Screening) -> None:
    first = issue_tickets(screening)[0]
    issue_tickets(screening, screening_id=screening.id + 900)
    assert counters(staff.get("/staff/scan")) == [0, 2, 2]
    assert counters(staff.scan(first.code)) == [1, 1, 2]


def test_guessing_is_throttled_and_valid_tickets_are_admitted(staff: Staff, screening: Screening) -> None:
    full, student = issue_tickets(screening)
    for _ in range(scanned_text.MISSES_PER_MINUTE):
        assert verdict_title(staff.scan("AAAA-AAA-AAA")) == "Not found"
    answer = staff.scan(student.code)
    assert (answer.status_code, verdict_title(answer)) == (429, "One moment")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert f'value="{student.code}"' in answer.text, "what was typed is kept"
    assert verdict_kind(staff.scan(full.qr_text)) == "in"
    time = "update core.throttle set started_at = started_at - interval '61 seconds'"
    with db.transaction() as session:
        session.execute(text(time))
    assert verdict_kind(staff.scan(student.code)) == "in"


def test_no_log_has_the_scanned_text(
    staff: Staff, screening: Screening, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = issue_tickets(screening)[0]
    with caplog.at_level(logging.DEBUG):
        for code in (ticket.qr_text, ticket.code, "ZZZZZZZZZZ"):
            staff.scan(code)
    shown = "\n".join(str(record.__dict__) for record in caplog.records)
    assert "/staff/admissions" in shown
    for code in (ticket.qr_text, ticket.code, "ZZZZZZZZZZ"):
        assert code not in shown


def test_a_called_off_screening_cannot_be_chosen(staff: Staff, screening: Screening) -> None:
    call_off(screening)
    ticket = issue_tickets(screening)[0]
    with db.reading():
        assert events.screening(screening.id).status == "cancelled"
    assert verdict_title(staff.scan(ticket.code)) == "Screening called off"
    assert "Lanterna · All rooms" in staff.get("/staff/scan").text


def test_the_seat_is_shown_with_row_number_and_section(app: Flask, screening: Screening) -> None:
    staff = Staff(app)
    staff.stand_at(screening)
    seat = dataclasses.replace(
        FULL, seat_name="Balcão 11-1", row_label="11", seat_number="1", section="Balcão"
    )
    shown = verdict_text(staff.scan(issue_tickets(screening, seat)[0].code))
    assert "11-1" in shown
    assert "Balcão, row 11, seat 1" in shown
