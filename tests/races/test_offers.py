"""An offer taken and let go at once: its seats are an order's or free, never both. Beside it the control."""

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


def taken_while_let_go() -> tuple[str, Any]:
    """Somebody lets an offer go while its acceptance is about to commit: seats taken then, and what they were told."""
    screening = make_screening("oo")
    with db.transaction():
        request = service.join_waiting_list(screening, 2, "ana@example.com", visitor_actor("ana"))
    with db.transaction():
        assert service.offer_next(screening.id) == 1
    answers: list[Any] = []

    def let_go() -> None:
        try:
            with db.transaction():
                answers.append(service.cancel_request(request.token))
        except Exception as error:
            answers.append(error)

    letting_go = threading.Thread(target=let_go)
    with db.transaction():
        started = orders.start_from_offer(request.token, visitor_actor("ana"))
        letting_go.start()
        wait_until_blocked()
    letting_go.join(20)
    with db.reading():
        assert orders.order(started.token).is_open
    return taken_seats(screening), answers[0]


def test_seats_of_an_order_are_not_let_go() -> None:
    seats, answer = taken_while_let_go()
    assert seats == "A1 A2"
    assert isinstance(answer, Conflict)


def test_control_seats_of_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Giving back first and asking afterwards frees seats of a live order."""

    def unguarded(token: str) -> Request:
        offer = service.request(token).offer
        assert offer is not None
        claims.release(offer.id, "withdraw")
        waiting_list.CANCEL.perform(token=token, seen="offered")
        return service.request(token)

    monkeypatch.setattr(service, "cancel_request", unguarded)
    seats, _ = taken_while_let_go()
    assert seats == ""


def test_leaving_while_an_offer_is_made_leaves_it_too() -> None:
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


def hand_picker_meets_offers(serve: Callable[[int], object], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Two wait while all is free. When the first has an offer, somebody picks a seat of the second's and one of it."""
    screening = make_screening("oo", "oo", "oo", "oo")
    for who in ("ana", "bia"):
        with db.transaction():
            service.join_waiting_list(screening, 2, f"{who}@example.com", visitor_actor(who))
    results: list[Any] = []
    picker = threading.Thread(target=lambda: results.append(outcome(lambda: hold(screening, "B1 C1"))))
    tell = waiting_notices.send_offer

    def somebody_picks(*offered: Any) -> None:
        tell(*offered)
        if not picker.ident:
            picker.start()
            wait_until_blocked()

    monkeypatch.setattr(waiting_notices, "send_offer", somebody_picks)
    results.append(outcome(lambda: serve(screening.id)))
    picker.join(TIMEOUT_SECONDS)
    assert not picker.is_alive()
    # Where the two wait for each other, the database breaks off the one or the other.
    assert taken_seats(screening) in ("B1 B2 C1 C2", "C1 C2", *(["B1 C1"] if deadlocks(results) else []))
    return results


def outcome(work: Callable[[], object]) -> object:
    try:
        return work()
    except Exception as error:
        return error


def test_offers_and_who_picks_by_hand_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    results = hand_picker_meets_offers(handlers._serve_waiting_list, monkeypatch)
    assert (len(results), deadlocks(results), unexpected(results)) == (2, 0, [])


def test_control_two_offers_in_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(screening_id: int) -> None:
        with db.transaction():
            while offers.offer_next(screening_id):
                pass

    assert deadlocks(hand_picker_meets_offers(both, monkeypatch)) == 1
