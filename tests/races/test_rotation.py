"""Tickets issued in the moment in which a leaked key is retired: they are signed anew too. Beside it the control."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from app.core import db
from app.tickets import issuing, keys, service
from tests.races.crowd import how_many_wait, rush
from tests.tickets.conftest import FULL, admit, make_facts

pytestmark = pytest.mark.usefixtures("app", "crowd")


def verdict_at_the_door() -> str:
    """Of a ticket whose order is about to be paid while the key is changed."""
    keys.forget()
    with db.transaction():
        keys.ensure()
    results: list[object] = []
    changing = threading.Thread(target=lambda: results.extend(rush([change_key])))
    facts = make_facts()
    with db.transaction():
        service.issue(facts, [FULL])
        changing.start()
        while not (results or how_many_wait()):
            changing.join(0.01)
    changing.join(20)
    assert [type(one) for one in results] == [tuple], results
    with db.reading():
        (ticket,) = service.of_order(facts.order_id)
    return admit(ticket.qr_text).verdict


def change_key() -> tuple[int, int]:
    with db.transaction():
        return service.rotate_key(retire=True)


def test_a_ticket_that_was_just_sold_opens_the_door() -> None:
    assert verdict_at_the_door() == "admitted"


def test_control_when_nobody_waits_for_tickets_that_are_being_issued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "_ISSUE", text(str(issuing._ISSUE).replace(issuing._KEEP_KEYS, "")))
    assert verdict_at_the_door() == "replaced"
