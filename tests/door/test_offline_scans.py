"""Scans that a door made without a network: each counts once, none is dropped, and conflicts reach every door."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import db
from app.events.service import Screening
from app.tickets.service import Ticket
from tests.door.door_fixtures import (
    Staff,
    another_screening,
    call_off,
    count_tries,
    forged_qr,
    issue_tickets,
    make_door_screening,
    qr_of_unknown_key,
    revoke,
    verdict_kind,
)
from tests.door.offline_fixtures import OUR_PAGE, OfflineDoor
from tests.tickets.conftest import of_order, retire_keys


@pytest.fixture
def door(app: Flask, screening: Screening) -> OfflineDoor:
    return OfflineDoor(app, screening)


@pytest.fixture
def other(app: Flask, screening: Screening) -> OfflineDoor:
    return OfflineDoor(app, screening, "Portão 2", email="rosa@example.org")


@pytest.fixture
def ticket(screening: Screening) -> Ticket:
    return issue_tickets(screening)[0]


def ticket_now(ticket: Ticket) -> Ticket:
    return next(one for one in of_order(ticket.order_id) if one.id == ticket.id)


def logged() -> list[Any]:
    with db.reading() as session:
        return list(session.execute(text("select * from tickets.admissions order by id")))


def minutes_ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def test_a_scan_admits_with_its_own_time_gate_and_account(door: OfflineDoor, ticket: Ticket) -> None:
    at = datetime.now(UTC)
    (result,) = door.sync(door.scanned(ticket, at))
    assert (result["verdict"], result["other"]) == ("admitted", None)
    found = ticket_now(ticket)
    assert (found.state, found.gate) == ("admitted", "Portão 1")
    (row,) = logged()
    assert (row.verdict, row.by_user_id, row.gate) == ("admitted_offline", door.account.id, "Portão 1")
    assert row.device is not None
    assert row.scanned_at == found.admitted_at
    assert row.scanned_at <= row.at


def test_typed_codes_count_too(door: OfflineDoor, ticket: Ticket) -> None:
    (result,) = door.sync(door.scanned(ticket, text=ticket.code.lower()))
    assert result["verdict"] == "admitted"


def test_the_devices_clock_counts_between_issue_and_arrival(door: OfflineDoor, screening: Screening) -> None:
    with db.transaction() as session:
        issued = session.execute(text("select clock_timestamp()")).scalar_one()
    one, two = issue_tickets(screening)
    door.sync(
        door.scanned(one, issued - timedelta(days=400)), door.scanned(two, issued + timedelta(days=400))
    )
    early, late = logged()
    assert issued < early.scanned_at < early.at
    assert issued < late.scanned_at <= late.at
    for nonsense in ("yesterday", 12, None, "0001-01-01T00:00:00+14:00", "2026-11-29T20:00:00"):
        door.sync(door.scanned(one, at=None) | {"at": nonsense})
    assert {row.at - row.scanned_at < timedelta(hours=1) for row in logged()} == {True}


def test_a_batch_sent_five_times_from_two_devices_is_one_admission(
    door: OfflineDoor, other: OfflineDoor, screening: Screening
) -> None:
    batch = [door.scanned(one) for one in issue_tickets(screening)]
    answers = [device.sync(*batch) for device in (door, other, door, other, door)]
    assert all(answer == answers[0] for answer in answers)
    assert [one["verdict"] for one in answers[0]] == ["admitted", "admitted"]
    assert count_tries() == 2
    assert door.changes(door.snapshot()["cursor"])["conflicts"] == []


def test_a_ticket_let_in_at_two_doors_is_a_conflict_that_both_see(
    door: OfflineDoor, other: OfflineDoor, ticket: Ticket
) -> None:
    cursors = [one.snapshot()["cursor"] for one in (door, other)]
    (first,) = door.sync(door.scanned(ticket))
    late = other.scanned(ticket)
    (second,) = other.sync(late)
    assert (first["verdict"], second["verdict"]) == ("admitted", "conflict")
    assert second["other"]["gate"] == "Portão 1"
    assert second["other"]["reason"] == "twice"
    assert second["other"]["at"] == first["at"]
    assert other.sync(late) == [second], "the answer is the same again"
    for device, cursor in zip((door, other), cursors, strict=True):
        (conflict,) = device.changes(cursor)["conflicts"]
        assert conflict["gates"] == ["Portão 1", "Portão 2"]
        assert conflict["at"] == [first["at"], second["at"]]
        assert (conflict["seat"], conflict["reason"]) == ("F7", "twice")
        assert conflict["by"] == ["Célia da Porta", "Célia da Porta"]
        assert device.snapshot()["conflicts"] == [conflict]
    assert ticket_now(ticket).gate == "Portão 1"


def test_a_scan_whose_online_answer_was_lost_is_one_scan(door: OfflineDoor, screening: Screening) -> None:
    """The same nonce: the online try arrives first, or the offline scan does."""
    one, two = issue_tickets(screening)
    scan = door.scanned(one)
    assert verdict_kind(door.scan(one.qr_text, nonce=scan["nonce"])) == "in"
    (result,) = door.sync(scan)
    assert result["verdict"] == "admitted"
    scan = door.scanned(two)
    door.sync(scan)
    assert verdict_kind(door.scan(two.qr_text, nonce=scan["nonce"])) == "in"
    assert count_tries() == 2
    assert verdict_kind(door.scan(two.qr_text)) == "already"


def test_a_refused_online_try_does_not_hide_the_scan(door: OfflineDoor, ticket: Ticket) -> None:
    Staff(door.client.application, email="rosa@example.org").scan(ticket.qr_text)
    scan = door.scanned(ticket)
    assert verdict_kind(door.scan(ticket.qr_text, nonce=scan["nonce"])) == "already"
    (result,) = door.sync(scan)
    assert result["verdict"] == "conflict"


def test_a_refunded_ticket_stays_refunded_and_is_reported(door: OfflineDoor, ticket: Ticket) -> None:
    revoke(ticket)
    (result,) = door.sync(door.scanned(ticket))
    assert (result["verdict"], result["other"]["reason"]) == ("conflict", "revoked")
    assert ticket_now(ticket).state == "revoked"
    assert [row.verdict for row in logged()] == ["conflict"]


@pytest.mark.parametrize("refuse", ["revoked", "called off", "already in"])
def test_an_online_try_after_its_offline_conflict_gets_the_refusal(
    door: OfflineDoor, other: OfflineDoor, ticket: Ticket, screening: Screening, refuse: str
) -> None:
    scan = door.scanned(ticket)
    if refuse == "revoked":
        revoke(ticket)
    elif refuse == "called off":
        call_off(screening)
    else:
        other.sync(other.scanned(ticket))
    (result,) = door.sync(scan)
    assert result["verdict"] == "conflict"
    kind = verdict_kind(door.scan(ticket.qr_text, nonce=scan["nonce"]))
    assert kind == ("already" if refuse == "already in" else "refused")


def test_staff_who_stand_elsewhere_take_the_device_with_them(
    door: OfflineDoor, ticket: Ticket, screening: Screening
) -> None:
    """What they scanned before the move still counts for the place where they scanned it."""
    cursor, scan = door.snapshot()["cursor"], door.scanned(ticket)
    elsewhere = make_door_screening()
    door.stand_at(elsewhere, "Portão 8")
    assert door.ask(cursor).get_json() == {"resnapshot": True}
    moved = door.snapshot()
    assert (moved["site"], moved["gate"]) == (elsewhere.cinema.id, "Portão 8")
    (result,) = door.sync(scan)
    assert result["verdict"] == "admitted"


def test_a_screening_that_was_called_off_keeps_its_refund(
    door: OfflineDoor, ticket: Ticket, screening: Screening
) -> None:
    call_off(screening)
    (result,) = door.sync(door.scanned(ticket))
    assert (result["verdict"], result["other"]["reason"]) == ("conflict", "called_off")
    assert ticket_now(ticket).is_valid


def test_an_undone_admission_meanwhile_is_reported_and_the_ticket_admitted(
    app: Flask, door: OfflineDoor, ticket: Ticket
) -> None:
    scan = door.scanned(ticket, datetime.now(UTC))
    supervisor = Staff(app, role="supervisor", email="sonia@example.org")
    supervisor.stand_at(door.screening, "Portão 9")
    answer = supervisor.send(ticket.qr_text)
    number = answer.location.rsplit("/", 1)[-1]
    form = {"action": "undo", "reason": "mistake"}
    assert supervisor.post(f"/staff/supervision/{number}", form).status_code == 303
    (result,) = door.sync(scan)
    assert (result["verdict"], result["other"]["reason"]) == ("conflict", "undone")
    assert result["other"]["gate"] == "Portão 9"
    assert ticket_now(ticket).state == "admitted"


def test_other_refusals_are_reported_and_the_person_counts_as_inside(
    door: OfflineDoor, screening: Screening
) -> None:
    old_qr, _ = issue_tickets(screening)
    retire_keys()
    later = another_screening(screening, starts_in=timedelta(hours=2), room="Sala 4")
    early, elsewhere = issue_tickets(later)
    results = door.sync(
        door.scanned(old_qr),
        door.scanned(early, place=f"cinema-{screening.cinema.id}"),
        door.scanned(elsewhere),
    )
    assert [one["other"]["reason"] for one in results] == ["replaced", "too_early", "other_screening"]
    assert {ticket_now(one).state for one in (old_qr, early, elsewhere)} == {"admitted"}


def test_a_person_who_was_let_out_comes_back_at_an_offline_door(
    app: Flask, door: OfflineDoor, ticket: Ticket
) -> None:
    before = datetime.now(UTC)
    supervisor = Staff(app, role="supervisor", email="sonia@example.org")
    supervisor.stand_at(door.screening)
    number = supervisor.send(ticket.qr_text).location.rsplit("/", 1)[-1]
    supervisor.post(f"/staff/supervision/{number}", {"action": "let_out", "reason": "came_back"})
    results = door.sync(door.scanned(ticket, before), door.scanned(ticket, datetime.now(UTC)))
    assert [one["verdict"] for one in results] == ["conflict", "admitted"]
    assert ticket_now(ticket).state == "admitted"


def test_texts_that_are_no_tickets_are_refused_and_logged(door: OfflineDoor, ticket: Ticket) -> None:
    texts = [forged_qr(ticket), qr_of_unknown_key(), ticket.qr_text[:-9], "K7QF-2M9-XRT", "LTZ-4720"]
    results = door.sync(*(door.scanned(ticket, text=one) for one in texts))
    reasons = ["forged", "unknown_key", "cut", "unknown", "order_code"]
    assert [one["verdict"] for one in results] == [f"refused:{reason}" for reason in reasons]
    assert [row.verdict for row in logged()] == reasons
    assert ticket_now(ticket).is_valid


def test_after_too_many_unknown_codes_the_rest_waits(door: OfflineDoor, ticket: Ticket) -> None:
    guesses = [door.scanned(ticket, text="K7QF2M9XRT") for _ in range(25)]
    results = door.sync(*guesses, door.scanned(ticket))
    assert 0 < len(results) < 25
    assert ticket_now(ticket).is_valid


def test_the_session_may_have_ended(door: OfflineDoor, ticket: Ticket) -> None:
    door.post("/account/sign-out")
    (result,) = door.sync(door.scanned(ticket))
    assert result["verdict"] == "admitted"
    assert logged()[-1].by_user_id == door.account.id


def test_a_scan_names_only_an_account_of_this_device(
    door: OfflineDoor, other: OfflineDoor, screening: Screening
) -> None:
    one, two = issue_tickets(screening)
    door.sync(door.scanned(one, account=other.account.id), door.scanned(two, account="3; drop table"))
    assert {row.by_user_id for row in logged()} == {door.account.id}


def test_only_our_own_page_sends_scans(door: OfflineDoor, ticket: Ticket) -> None:
    body = {"scans": [door.scanned(ticket)]}
    assert door.send_scans(body, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert door.send_scans(body, Origin="https://example.com").status_code == 403
    assert door.send_scans(body, Accept="*/*").status_code == 403
    assert door.send_scans(body, Origin="http://localhost").status_code == 200


@pytest.mark.parametrize(
    "body",
    [None, 3, [], {}, *({"scans": one} for one in (None, [], [3], [{"nonce": 4}], ["x"] * 101))],
)
def test_bad_bodies_are_refused(door: OfflineDoor, body: Any) -> None:
    assert door.send_scans(body).status_code == 400


def test_a_body_that_is_nested_too_deeply_is_refused(door: OfflineDoor) -> None:
    answer = door.client.post(
        "/staff/offline/scans", data=b"[" * 100_000, content_type="application/json", headers=OUR_PAGE
    )
    assert answer.status_code == 400


def test_bad_entries_are_answered_one_by_one(door: OfflineDoor, ticket: Ticket) -> None:
    results = door.sync(
        door.scanned(ticket, text=""),
        door.scanned(ticket, text=None),
        door.scanned(ticket, text=["x"]),
        door.scanned(ticket, verdict="already"),
        {"nonce": str(uuid.uuid4())},
        door.scanned(ticket, gate={"x": 1}, place=7, account=None),
        door.scanned(ticket, text="\x00" * 500),
    )
    assert [one["verdict"] for one in results[:5]] == ["refused:ignored"] * 5
    assert results[5]["verdict"] == "admitted"
    assert results[6]["verdict"].startswith("refused:")


def test_supervisors_and_managers_see_the_conflicts(
    app: Flask, door: OfflineDoor, other: OfflineDoor, ticket: Ticket
) -> None:
    assert other.get("/staff/conflicts").status_code == 403
    manager = Staff(app, role="manager", email="gil@example.org")
    assert "There was none." in manager.get("/staff/conflicts").text
    door.sync(door.scanned(ticket))
    other.sync(other.scanned(ticket))
    for role, email in (("manager", "gil@example.org"), ("supervisor", "sonia@example.org")):
        page = Staff(app, role=role, email=email).get("/staff/conflicts").text
        for part in ("Seat F7", "Let in at two doors", "Portão 1", "Portão 2", "Célia da Porta"):
            assert part in page
    page = Staff(app, language="pt-BR", role="manager", email="gil@example.org").get("/staff/conflicts").text
    assert "Entrou em duas portas" in page
