"""Race: an offer is accepted and cancelled at once; its seats belong to an order or are free, never both."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from app.core import db
from app.core.errors import Conflict
from app.orders import service as orders
from app.reservations import claims, handlers, offers, service, waiting_list, waiting_notices
from app.reservations.service import Request
from tests.actors import visitor_actor
from tests.races.concurrency import TIMEOUT_SECONDS, deadlocks, unexpected, wait_until_blocked
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import hold, taken_seats

pytestmark = pytest.mark.usefixtures("large_pool")


def cancel_during_acceptance() -> tuple[str, Any]:
    """Cancel a request while the acceptance of its offer is not committed; returns the taken seats and the result."""
    screening = make_screening("oo")
    with db.transaction():
        request = service.join_waiting_list(screening, 2, "ana@example.com", visitor_actor("ana"))
    with db.transaction():
        assert service.offer_next(screening.id) == 1
    answers: list[Any] = []

    def cancel() -> None:
        try:
            with db.transaction():
                answers.append(service.cancel_request(request.token))
        except Exception as error:
            answers.append(error)

    cancelling = threading.Thread(target=cancel)
    with db.transaction():
        started = orders.start_from_offer(request.token, visitor_actor("ana"))
        cancelling.start()
        wait_until_blocked()
    cancelling.join(20)
    with db.reading():
        assert orders.order(started.token).is_open
    return taken_seats(screening), answers[0]


def test_an_accepted_offer_is_not_cancelled() -> None:
    seats, answer = cancel_during_acceptance()
    assert seats == "A1 A2"
    assert isinstance(answer, Conflict)


def test_control_releasing_before_the_state_change_frees_sold_seats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Releasing the seats before the conditional update frees seats of a live order."""

    def unguarded(token: str) -> Request:
        offer = service.request(token).offer
        assert offer is not None
        claims.release(offer.id, "withdraw")
        waiting_list.CANCEL.perform(token=token, seen="offered")
        return service.request(token)

    monkeypatch.setattr(service, "cancel_request", unguarded)
    seats, _ = cancel_during_acceptance()
    assert seats == ""


def test_a_cancellation_during_an_offer_cancels_the_offer() -> None:
    screening = make_screening("oo")
    with db.transaction():
        request = service.join_waiting_list(screening, 2, "ana@example.com", visitor_actor("ana"))

    def leave() -> None:
        with db.transaction():
            service.cancel_request(request.token)

    leaving = threading.Thread(target=leave)
    with db.transaction():
        assert service.offer_next(screening.id) == 1
        leaving.start()
        wait_until_blocked()
    leaving.join(20)
    with db.reading():
        assert service.request(request.token).state == "cancelled"
    assert taken_seats(screening) == ""


def hold_during_offers(serve: Callable[[int], object], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Serve two requests; after the first offer, a visitor asks for a seat of that offer and one of the next."""
    screening = make_screening("oo", "oo", "oo", "oo")
    for who in ("ana", "bia"):
        with db.transaction():
            service.join_waiting_list(screening, 2, f"{who}@example.com", visitor_actor(who))
    results: list[Any] = []
    picker = threading.Thread(target=lambda: results.append(outcome(lambda: hold(screening, "B1 C1"))))
    send_notice = waiting_notices.send_offer

    def notify_and_start_hold(*offered: Any) -> None:
        send_notice(*offered)
        if not picker.ident:
            picker.start()
            wait_until_blocked()

    monkeypatch.setattr(waiting_notices, "send_offer", notify_and_start_hold)
    results.append(outcome(lambda: serve(screening.id)))
    picker.join(TIMEOUT_SECONDS)
    assert not picker.is_alive()
    # In a deadlock the database aborts one of the two transactions.
    assert taken_seats(screening) in ("B1 B2 C1 C2", "C1 C2", *(["B1 C1"] if deadlocks(results) else []))
    return results


def outcome(work: Callable[[], object]) -> object:
    try:
        return work()
    except Exception as error:
        return error


def test_offers_and_a_hold_do_not_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    results = hold_during_offers(handlers._serve_waiting_list, monkeypatch)
    assert (len(results), deadlocks(results), unexpected(results)) == (2, 0, [])


def test_control_two_offers_in_one_transaction_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(screening_id: int) -> None:
        with db.transaction():
            while offers.offer_next(screening_id):
                pass

    assert deadlocks(hold_during_offers(both, monkeypatch)) == 1
