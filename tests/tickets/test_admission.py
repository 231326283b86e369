"""Admission: a ticket is admitted once, and each refusal has its verdict."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from app.core import db
from app.core.codes import grouped
from app.core.errors import TooMany
from app.events import service as events
from app.events.service import Screening
from app.tickets import qr, scanned_text, service
from app.tickets.admission_log import Door
from app.tickets.attendance import ATTENDANCE
from app.tickets.service import Attendance
from app.tickets.ticket_admission import refusal
from tests.actors import door_actor
from tests.reservations.auditoriums import make_screening
from tests.tickets.conftest import FULL, Issue, admit, make_facts


def test_a_scanned_ticket_is_admitted_with_seat_proof_and_concessions(issue: Issue) -> None:
    ticket = issue()[1]
    answer = admit(ticket.qr_text, gate="2", screening_id=41)
    assert answer.verdict == "admitted"
    assert answer.ticket is not None
    assert (answer.ticket.seat_name, answer.ticket.facts.auditorium_name) == ("F8", "Sala 2")
    assert answer.proof == "student"
    assert [item.name for item in answer.concessions] == ["Combo Sessão dupla"]
    assert (answer.gate, answer.by_user_id) == ("2", 7)
    assert answer.ticket.state == "admitted"


@pytest.mark.parametrize("shape", [str, str.lower, grouped, lambda code: f"  {code[:5]} {code[5:]}\r\n"])
def test_a_typed_code_is_admitted_in_any_spelling(issue: Issue, shape: object) -> None:
    ticket = issue()[0]
    assert admit(shape(ticket.code)).verdict == "admitted"  # type: ignore[operator]


@pytest.mark.parametrize(
    "shape",
    [str.lower, lambda qr_text: f" {qr_text}\t\n", lambda qr_text: f"\x02\u202e{qr_text}\x1d\x03"],
)
def test_a_qr_text_with_additions_of_the_scanner_is_admitted(issue: Issue, shape: object) -> None:
    assert admit(shape(issue()[0].qr_text)).verdict == "admitted"  # type: ignore[operator]


def test_a_second_scan_gets_time_and_gate_of_the_admission(issue: Issue) -> None:
    ticket = issue()[0]
    first = admit(ticket.qr_text, gate="2")
    second = admit(ticket.code, gate="1")
    assert second.verdict == "already"
    assert (second.admitted_at, second.gate, second.by_user_id) == (first.admitted_at, "2", 7)


def test_a_revoked_ticket_is_refused(issue: Issue) -> None:
    ticket = issue()[0]
    with db.transaction():
        service.revoke(ticket.order_id)
    assert admit(ticket.qr_text).verdict == "revoked"
    assert admit(ticket.code).verdict == "revoked"


def test_a_qr_signed_by_another_key_is_forged(issue: Issue) -> None:
    payload, _ = qr.decode(issue()[0].qr_text)
    answer = admit(qr.sign(payload, Ed25519PrivateKey.generate()))
    assert answer.verdict == "forged"
    assert answer.ticket is None


def test_a_qr_of_an_unknown_key_is_named_and_counted(issue: Issue) -> None:
    issue()
    payload = qr.Payload(99, uuid.uuid4(), 41, 57, 0, 1)
    foreign = qr.sign(payload, Ed25519PrivateKey.generate())
    for _ in range(scanned_text.MISSES_PER_MINUTE):
        assert admit(foreign).verdict == "unknown_key"
    with pytest.raises(TooMany):
        admit(foreign)


def test_a_changed_seat_is_forged(issue: Issue) -> None:
    payload, signature = qr.decode(issue()[0].qr_text)
    text_ = issue([FULL], screening_id=42)[0].qr_text
    mixed = qr.decode(text_)[0]
    assert payload != mixed
    assert admit(text_[:60] + issue([FULL], screening_id=43)[0].qr_text[60:]).verdict == "forged"
    assert len(signature) == 64


def test_an_incomplete_qr_text_is_cut(issue: Issue) -> None:
    assert admit(issue()[0].qr_text[:-3]).verdict == "cut"


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "    ",
        "K7QF2M9XRT",
        "https://example.com/ticket/1",
        "00020126580014BR.GOV.BCB.PIX0136",
        "' or 1=1 --",
        "<img src=x onerror=alert(1)>",
        "９" * 10,
        "😀" * 10,
        "\u202eABCDEFGHJK",
        "\x1d\x02BIL2\x03",
        "A" * 10_000,
    ],
)
def test_other_texts_are_unknown(issue: Issue, foreign: str) -> None:
    issue()
    assert admit(foreign).verdict == "unknown"


def test_a_ticket_of_another_screening_of_the_day(issue: Issue) -> None:
    answer = admit(issue()[0].qr_text, screening_id=42)
    assert answer.verdict == "other_screening"
    assert answer.ticket is not None
    assert answer.ticket.facts.screening_id == 41


def test_a_ticket_of_another_site(issue: Issue) -> None:
    assert admit(issue()[0].qr_text, cinema_id=2).verdict == "other_cinema"


@pytest.mark.parametrize("days", [-1, 1, 30])
def test_a_ticket_of_another_day(issue: Issue, days: int) -> None:
    starts_at = datetime.now(UTC) + timedelta(days=days)
    ticket = issue(starts_at=starts_at)[0]
    assert admit(ticket.qr_text).verdict == "other_day"
    assert admit(ticket.qr_text, screening_id=42).verdict == "other_day"


def test_a_replaced_qr_is_refused_and_the_code_is_admitted(issue: Issue) -> None:
    ticket = issue()[0]
    with db.transaction() as session:
        session.execute(text("update tickets.tickets set revision = 2 where id = :id"), {"id": ticket.id})
    assert admit(ticket.qr_text).verdict == "replaced"
    assert admit(ticket.code).verdict == "admitted"


NIGHT = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # 20h30 in São Paulo
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("state", "door", "after_start", "verdict"),
    [
        ("revoked", Door(door_actor(), "1", screening_id=42), 0, "revoked"),
        ("admitted", Door(door_actor(), "1", screening_id=42), 0, "already"),
        ("outside", Door(door_actor(), "1", screening_id=42), 0, "other_screening"),
        ("valid", Door(door_actor(), "1"), -120, "too_early"),
        ("valid", Door(door_actor(), "1", screening_id=41), -120, "too_early"),
        ("valid", Door(door_actor(), "1", screening_id=42), -120, "other_screening"),
        ("valid", Door(door_actor(), "1", screening_id=41), -24 * 60, "other_day"),
        ("valid", Door(door_actor(), "1"), 154, "over"),
        ("valid", Door(door_actor(), "1"), 24 * 60, "other_day"),
        ("valid", Door(door_actor(), "1", cinema_id=2), 0, "other_cinema"),
        ("valid", Door(door_actor(), "1", cinema_id=1, screening_id=42), 0, "other_screening"),
        ("valid", Door(door_actor(), "1", screening_id=42), 24 * 60, "other_day"),
        # After midnight it is still the same cinema day.
        ("valid", Door(door_actor(), "1"), 5 * 60, "over"),
    ],
)
def test_a_refusal_has_the_most_specific_verdict(
    state: str, door: Door, after_start: int, verdict: str
) -> None:
    facts = make_facts(starts_at=NIGHT, timezone="America/Sao_Paulo")
    assert refusal(state, True, facts, door, NIGHT + after_start * MINUTE) == verdict


@pytest.mark.parametrize("typed", ["LTZ-4720", "ltz 4720", "LTZ4720", "LTZ-4720-1"])
def test_the_code_of_an_order_has_its_own_verdict(issue: Issue, typed: str) -> None:
    issue()
    assert admit(typed).verdict == "order_code"


def call_off(screening: Screening) -> None:
    with db.transaction():
        events.cancel_screening(screening.id, "O projetor quebrou.")


def test_a_called_off_screening_admits_nobody_before_its_tickets_are_revoked(issue: Issue) -> None:
    screening = make_screening("oo", starts_in=timedelta(minutes=30))
    first, second = issue(screening_id=screening.id)
    assert admit(first.qr_text).verdict == "admitted"
    call_off(screening)
    assert admit(second.qr_text, screening_id=screening.id).verdict == "called_off"
    assert admit(second.code).verdict == "called_off"
    assert admit(first.qr_text).verdict == "already"
    with db.transaction() as session:
        session.execute(
            text("update tickets.tickets set state = 'revoked' where id = :id"), {"id": second.id}
        )
    assert admit(second.qr_text).verdict == "called_off"


def test_attendance_counts_admitted_and_missing(issue: Issue) -> None:
    first, _ = issue()
    revoked = issue([service.TicketLine(59, "F9", "F", "9", "Padrão", "full", None, 3800)])
    with db.transaction():
        service.revoke(revoked[0].order_id)
    admit(first.qr_text)
    with db.reading():
        assert service.attendance(41) == Attendance(inside=1, missing=1)
        assert service.attendance(999) == Attendance(inside=0, missing=0)
        assert service.attendance(41, 999) == Attendance(inside=1, missing=1)
        assert service.attendance() == Attendance(inside=0, missing=0)


def test_attendance_reads_only_its_screening(issue: Issue) -> None:
    """The door reads the attendance after each scan: an index finds the tickets, however many were ever sold."""
    issue()
    with db.transaction() as session:
        session.execute(text("set local enable_seqscan = off"))
        plan = session.execute(text(f"explain {ATTENDANCE}"), {"ids": [41]}).scalars().all()
    assert "uq_tickets_seat" in "\n".join(plan)
