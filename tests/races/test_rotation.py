"""Race: tickets issued while a leaked signing key is retired are re-signed too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import db
from app.tickets import issuing, key_rotation, qr, service, signing_keys
from app.tickets.service import IssueFacts
from tests.races.concurrency import TIMEOUT_SECONDS, count_blocked, run_at_once, wait_until_blocked
from tests.tickets.conftest import FULL, admit, make_facts

SCREENING = make_facts().screening_id
pytestmark = pytest.mark.usefixtures("app", "large_pool")


def verdict_after_rotation() -> str:
    """Rotate the key while a ticket is issued and not committed; returns the verdict on that ticket."""
    signing_keys.clear_cache()
    with db.transaction():
        signing_keys.ensure()
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
    return kid, service.re_sign_tickets()


def in_one_transaction() -> int:
    """Rotate the key and re-sign in one transaction, for the control."""
    with db.transaction():
        kid = service.rotate_key(retire=True)
        return key_rotation.re_sign_batch(SCREENING, range(kid))


def issues_during_re_signing(change: Callable[[], object]) -> bool:
    """Whether tickets are issued while `change` waits for a locked ticket."""
    signing_keys.clear_cache()
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
        issued = not buying.is_alive()
        assert changing.is_alive(), "the ticket is still locked"
    for thread in (buying, changing):
        thread.join(TIMEOUT_SECONDS)
        assert not thread.is_alive()
    assert not [one for one in results if isinstance(one, Exception)], results
    for facts in (sold, bought):
        with db.reading():
            (ticket,) = service.of_order(facts.order_id)
        assert qr.decode(ticket.qr_text)[0].kid == 2
    return issued


def issue(facts: IssueFacts) -> None:
    with db.transaction():
        service.issue(facts, [FULL])


def test_tickets_are_issued_during_re_signing() -> None:
    assert issues_during_re_signing(change_key)


def test_control_in_one_transaction_issuing_waits() -> None:
    assert not issues_during_re_signing(in_one_transaction)


def test_processes_that_re_sign_at_the_same_time_re_sign_each_ticket_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The command and the worker can run at the same time."""
    signing_keys.clear_cache()
    monkeypatch.setattr(key_rotation, "ORDERS_PER_BATCH", 2)
    sold = [make_facts() for _ in range(12)]
    for seat, facts in enumerate(sold):
        with db.transaction():
            service.issue(facts, [replace(FULL, seat_id=seat)])
    with db.transaction():
        service.rotate_key(retire=True)
    signed = run_at_once([service.re_sign_tickets] * 3)
    assert sum(signed) == len(sold), signed
    with db.reading():
        tickets = [service.of_order(facts.order_id)[0] for facts in sold]
    assert {(ticket.revision, qr.decode(ticket.qr_text)[0].kid) for ticket in tickets} == {(2, 2)}


def test_a_ticket_issued_during_the_rotation_is_admitted() -> None:
    assert verdict_after_rotation() == "admitted"


def test_control_without_the_lock_a_ticket_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "_ISSUE", text(str(issuing._ISSUE).replace(issuing._LOCK_KEYS, "")))
    assert verdict_after_rotation() == "replaced"


def new_keys_of_two_managers() -> list[object]:
    """Two managers ask for a new key at the same moment; returns what each gets."""
    signing_keys.clear_cache()
    with db.transaction():
        signing_keys.ensure()
    results: list[object] = []
    other = threading.Thread(target=lambda: results.extend(run_at_once([new_key])), daemon=True)
    with db.transaction():
        results.append(service.rotate_key())
        other.start()
        wait_until_blocked()
    other.join(TIMEOUT_SECONDS)
    assert not other.is_alive()
    return results


def new_key() -> int:
    with db.transaction():
        return service.rotate_key()


def test_of_two_new_keys_at_once_one_is_made() -> None:
    first, second = new_keys_of_two_managers()
    assert first == 2
    assert isinstance(second, service.KeyWaits)


def test_control_without_the_lock_before_the_check_two_keys_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    add, lock = signing_keys.add, signing_keys.lock
    monkeypatch.setattr(signing_keys, "lock", lambda: None)

    def add_locked(*lead: timedelta) -> signing_keys.SigningKey:
        lock()
        return add(*lead)

    monkeypatch.setattr(signing_keys, "add", add_locked)
    assert new_keys_of_two_managers() == [2, 3]
