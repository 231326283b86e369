"""Tickets issued in the moment in which a leaked key is retired: they are signed anew too. Beside it the control."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from app.core import db
from app.tickets import issuing, keys, qr, rotation, service
from app.tickets.service import IssueFacts
from tests.races.concurrency import TIMEOUT_SECONDS, count_blocked, run_at_once, wait_until_blocked
from tests.tickets.conftest import FULL, admit, make_facts

SCREENING = make_facts().screening_id
pytestmark = pytest.mark.usefixtures("app", "large_pool")


def verdict_at_the_door() -> str:
    """Of a ticket whose order is about to be paid while the key is changed."""
    keys.forget()
    with db.transaction():
        keys.ensure()
    results: list[object] = []
    changing = threading.Thread(target=lambda: results.extend(run_at_once([change_key])))
    facts = make_facts()
    with db.transaction():
        service.issue(facts, [FULL])
        changing.start()
        while not (results or count_blocked()):
            changing.join(0.01)
    changing.join(20)
    assert [type(one) for one in results] == [tuple], results
    with db.reading():
        (ticket,) = service.of_order(facts.order_id)
    return admit(ticket.qr_text).verdict


def change_key() -> tuple[int, int]:
    with db.transaction():
        kid = service.rotate_key(retire=True)
    return kid, service.sign_anew()


def in_one_transaction() -> int:
    """The control: keys and tickets together."""
    with db.transaction():
        kid = service.rotate_key(retire=True)
        return rotation.sign_batch(SCREENING, range(kid))


def issues_while_tickets_are_signed_anew(change: Callable[[], object]) -> bool:
    """Whether an order is issued while `change` waits for a ticket that somebody has locked."""
    keys.forget()
    sold, bought = make_facts(), make_facts(screening_id=SCREENING + 1)
    with db.transaction():
        service.issue(sold, [FULL])
    results: list[object] = []
    changing = threading.Thread(target=lambda: results.extend(run_at_once([change])), daemon=True)
    buying = threading.Thread(
        target=lambda: results.extend(run_at_once([lambda: issue(bought)])), daemon=True
    )
    with db.transaction() as session:
        session.execute(text("select 1 from tickets.tickets for update"))
        changing.start()
        wait_until_blocked()
        buying.start()
        while buying.is_alive() and count_blocked() < 2:
            buying.join(0.01)
        went_on = not buying.is_alive()
        assert changing.is_alive(), "the ticket is still locked"
    for thread in (buying, changing):
        thread.join(TIMEOUT_SECONDS)
        assert not thread.is_alive()
    assert not [one for one in results if isinstance(one, Exception)], results
    for facts in (sold, bought):
        with db.reading():
            (ticket,) = service.of_order(facts.order_id)
        assert qr.read(ticket.qr_text)[0].kid == 2
    return went_on


def issue(facts: IssueFacts) -> None:
    with db.transaction():
        service.issue(facts, [FULL])


def test_issuing_goes_on_while_tickets_are_signed_anew() -> None:
    assert issues_while_tickets_are_signed_anew(change_key)


def test_control_in_one_transaction_every_sale_waits() -> None:
    assert not issues_while_tickets_are_signed_anew(in_one_transaction)


def test_two_who_sign_anew_at_the_same_time_sign_each_ticket_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command and the worker."""
    keys.forget()
    monkeypatch.setattr(rotation, "ORDERS_A_BATCH", 2)
    sold = [make_facts() for _ in range(12)]
    for seat, facts in enumerate(sold):
        with db.transaction():
            service.issue(facts, [replace(FULL, seat_id=seat)])
    with db.transaction():
        service.rotate_key(retire=True)
    signed = run_at_once([service.sign_anew] * 3)
    assert sum(signed) == len(sold), signed
    with db.reading():
        tickets = [service.of_order(facts.order_id)[0] for facts in sold]
    assert {(ticket.revision, qr.read(ticket.qr_text)[0].kid) for ticket in tickets} == {(2, 2)}


def test_a_ticket_that_was_just_sold_opens_the_door() -> None:
    assert verdict_at_the_door() == "admitted"


def test_control_when_nobody_waits_for_tickets_that_are_being_issued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "_ISSUE", text(str(issuing._ISSUE).replace(issuing._KEEP_KEYS, "")))
    assert verdict_at_the_door() == "replaced"
