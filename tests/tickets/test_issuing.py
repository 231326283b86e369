"""Issuing and revoking: an order's tickets are issued once, signed, and revoked all together or not at all."""

from __future__ import annotations

import dataclasses
import uuid

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from app.core import db
from app.core.codes import ALPHABET
from app.core.half_price import proof_number
from app.tickets import qr, service, signing_keys
from tests.tickets.conftest import FULL, STUDENT, Issue, admit, make_facts, of_order


def test_every_line_becomes_a_valid_ticket_with_a_code_and_a_signed_qr(issue: Issue) -> None:
    tickets = issue()
    assert [ticket.seat_name for ticket in tickets] == ["F7", "F8"]
    assert [ticket.serial for ticket in tickets] == ["LUZ472-1", "LUZ472-2"]
    assert all(ticket.is_valid for ticket in tickets)
    assert len({ticket.code for ticket in tickets}) == 2
    assert all(len(ticket.code) == 10 and set(ticket.code) <= set(ALPHABET) for ticket in tickets)
    payload, signature = qr.decode(tickets[1].qr_text)
    assert (payload.ticket_id, payload.screening_id, payload.seat_id) == (tickets[1].id, 41, 58)
    assert payload.proof == proof_number("student")
    with db.reading():
        key = signing_keys.public_key(payload.kid)
    assert key is not None
    assert qr.verify(payload, signature, key)


def test_the_tickets_of_an_order_are_the_issued_ones(issue: Issue) -> None:
    tickets = issue()
    assert of_order(tickets[0].order_id) == tickets


def test_an_unknown_order_has_no_tickets(database: str) -> None:
    assert of_order(uuid.uuid4()) == []


def test_an_order_is_issued_once(issue: Issue) -> None:
    facts = make_facts()
    with db.transaction():
        first = service.issue(facts, [FULL, STUDENT])
    with db.transaction():
        again = service.issue(facts, [FULL, STUDENT])
    assert again == first
    assert of_order(facts.order_id) == first


def test_a_seat_has_one_unrevoked_ticket(issue: Issue) -> None:
    tickets = issue()
    with pytest.raises(IntegrityError):
        issue([FULL])
    with db.transaction():
        service.revoke(tickets[0].order_id)
    assert issue([FULL])[0].seat_name == "F7"


def test_issuing_eight_tickets_costs_one_statement(issue: Issue) -> None:
    issue()  # the key is created and cached
    lines = [
        service.TicketLine(n, f"G{n}", "G", str(n), "Padrão", "full", None, 3800) for n in range(100, 108)
    ]
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        assert len(issue(lines)) == 8
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)
    assert len(statements) == 1


def test_revoking_revokes_all_tickets_and_returns_how_many(issue: Issue) -> None:
    tickets = issue()
    with db.transaction():
        assert service.revoke(tickets[0].order_id) == 2
    assert [ticket.state for ticket in of_order(tickets[0].order_id)] == ["revoked", "revoked"]
    with db.transaction():
        assert service.revoke(tickets[0].order_id) == 0


def test_an_order_with_an_admitted_ticket_cannot_be_revoked(issue: Issue) -> None:
    tickets = issue()
    assert admit(tickets[0].qr_text).admitted
    with pytest.raises(service.AlreadyAdmitted), db.transaction():
        service.revoke(tickets[0].order_id)
    assert [ticket.state for ticket in of_order(tickets[0].order_id)] == ["admitted", "valid"]


def test_a_rolled_back_issue_leaves_no_ticket_and_no_stale_key(database: str) -> None:
    signing_keys.clear_cache()
    facts = make_facts()
    with pytest.raises(RuntimeError), db.transaction():
        service.issue(facts, [FULL])
        raise RuntimeError("the settlement failed after all")
    assert of_order(facts.order_id) == []
    with db.transaction():
        (ticket,) = service.issue(facts, [FULL])
    assert admit(ticket.qr_text).admitted


def test_a_seat_name_is_made_of_row_and_number(issue: Issue) -> None:
    ticket = issue([dataclasses.replace(FULL, seat_name="111", row_label="11", seat_number="1")])[0]
    with db.transaction() as session:
        session.execute(
            text("update tickets.tickets set seat_name = '111' where id = :id"), {"id": ticket.id}
        )
    (read,) = of_order(ticket.order_id)
    assert (read.seat_name, read.long_name("pt_BR")) == ("11-1", "Fila 11, lugar 1")
    assert admit(read.code).admitted


def test_a_ticket_keeps_its_section(issue: Issue) -> None:
    line = dataclasses.replace(FULL, seat_name="Balcão 1-5", row_label="1", seat_number="5", section="Balcão")
    (read,) = of_order(issue([line])[0].order_id)
    assert (read.seat_name, read.short_name, read.section) == ("Balcão 1-5", "1-5", "Balcão")
