"""Race: the limits of holds and requests of one visitor, address or mailbox hold for parallel requests."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from app.core import config, db
from app.core.config import Settings
from app.core.errors import Conflict
from app.reservations import claim_statements, claims, limits, service, waiting_list
from app.reservations.service import Request, Reservation, TooManyHolds
from tests.actors import new_visitor_actor
from tests.races.concurrency import of_kind, run_at_once
from tests.races.test_seats import with_a_pause
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import hold

pytestmark = pytest.mark.usefixtures("large_pool")
MOST = 3


@pytest.fixture(autouse=True)
def strict(settings: Settings, large_pool: None) -> None:
    config.use(settings.changed(holds={"max_per_visitor": MOST, "max_per_address": MOST}))


def many_holds(**who: str) -> list[Any]:
    """Hold a seat in each thread, all for one visitor or one address."""
    screening = make_screening("o" * 12)

    def one(number: int) -> Callable[[], Reservation]:
        return lambda: hold(screening, f"A{number}", **who)

    return run_at_once([one(number) for number in range(1, 13)])


@pytest.mark.parametrize("who", ["visitor", "address_key"])
def test_parallel_holds_keep_the_limit(monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    monkeypatch.setattr(
        claims, "SQL", claim_statements.statements(claim=with_a_pause(claim_statements.CLAIM))
    )
    results = many_holds(**{who: "greedy"})
    assert len(of_kind(results, Reservation)) == MOST
    assert len(of_kind(results, TooManyHolds)) == 12 - MOST


@pytest.mark.parametrize("who", ["visitor", "address_key"])
def test_control_without_the_limits_in_the_statement_there_are_more_holds(
    monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setattr(
        claims, "SQL", claim_statements.statements(claim=with_a_pause(claim_statements.CLAIM), limits="")
    )
    assert len(of_kind(many_holds(**{who: "greedy"}), Reservation)) > MOST


def many_requests(*, visitor: str = "", email: str = "") -> list[Any]:
    """Join a waiting list in each thread, all for one visitor or one mailbox."""
    wishes = []
    for _ in range(8):
        with db.transaction():
            wishes.append(service.open_request(make_screening("o"), 1, new_visitor_actor(visitor=visitor)))

    def join(wish: Request) -> Callable[[], Request]:
        def work() -> Request:
            with db.transaction():
                return service.wait_for_seats(wish.token, 1, email or f"{uuid.uuid4().hex}@example.org")

        return work

    return run_at_once([join(wish) for wish in wishes])


SAME = [{"visitor": "greedy"}, {"email": "victim@example.org"}]


def slow_down_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    count = waiting_list._check_request_limit

    def slowly(current: Request, email: str) -> None:
        count(current, email)
        time.sleep(0.05)

    monkeypatch.setattr(waiting_list, "_check_request_limit", slowly)


@pytest.mark.parametrize("same", SAME)
def test_parallel_requests_keep_the_limit(monkeypatch: pytest.MonkeyPatch, same: dict[str, str]) -> None:
    slow_down_counting(monkeypatch)
    results = many_requests(**same)
    assert len(of_kind(results, Request)) == MOST
    assert len(of_kind(results, Conflict)) == 8 - MOST


@pytest.mark.parametrize("same", SAME)
def test_control_without_the_lock_there_are_more_requests(
    monkeypatch: pytest.MonkeyPatch, same: dict[str, str]
) -> None:
    slow_down_counting(monkeypatch)
    monkeypatch.setattr(limits, "lock_request_limits", lambda *_: None)
    assert len(of_kind(many_requests(**same), Request)) > MOST
