"""Limits under a crowd: what one visitor, address or mailbox may have at a time. Each race beside its control."""

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
    """A seat each, all for one visitor or from one address."""
    screening = make_screening("o" * 12)

    def one(number: int) -> Callable[[], Reservation]:
        return lambda: hold(screening, f"A{number}", **who)

    return run_at_once([one(number) for number in range(1, 13)])


@pytest.mark.parametrize("who", ["visitor", "address_key"])
def test_no_crowd_of_ones_own_gets_around_the_limit(monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    monkeypatch.setattr(
        claims, "SQL", claim_statements.statements(claim=with_a_pause(claim_statements.CLAIM))
    )
    results = many_holds(**{who: "greedy"})
    assert len(of_kind(results, Reservation)) == MOST
    assert len(of_kind(results, TooManyHolds)) == 12 - MOST


@pytest.mark.parametrize("who", ["visitor", "address_key"])
def test_control_no_crowd_of_ones_own(monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    monkeypatch.setattr(
        claims, "SQL", claim_statements.statements(claim=with_a_pause(claim_statements.CLAIM), limits="")
    )
    assert len(of_kind(many_holds(**{who: "greedy"}), Reservation)) > MOST


def many_places(*, visitor: str = "", email: str = "") -> list[Any]:
    """A place in a line each, all for one browser or one mailbox."""
    wishes = []
    for _ in range(8):
        with db.transaction():
            wishes.append(service.open_request(make_screening("o"), 1, new_visitor_actor(visitor=visitor)))

    def line_up(wish: Request) -> Callable[[], Request]:
        def work() -> Request:
            with db.transaction():
                return service.wait_for_seats(wish.token, 1, email or f"{uuid.uuid4().hex}@example.org")

        return work

    return run_at_once([line_up(wish) for wish in wishes])


SAME = [{"visitor": "greedy"}, {"email": "victim@example.org"}]


def counting_takes_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    count = waiting_list._check_request_limit

    def slowly(current: Request, email: str) -> None:
        count(current, email)
        time.sleep(0.05)

    monkeypatch.setattr(waiting_list, "_check_request_limit", slowly)


@pytest.mark.parametrize("same", SAME)
def test_nobody_lines_up_for_a_whole_house(monkeypatch: pytest.MonkeyPatch, same: dict[str, str]) -> None:
    counting_takes_a_while(monkeypatch)
    results = many_places(**same)
    assert len(of_kind(results, Request)) == MOST
    assert len(of_kind(results, Conflict)) == 8 - MOST


@pytest.mark.parametrize("same", SAME)
def test_control_nobody_lines_up(monkeypatch: pytest.MonkeyPatch, same: dict[str, str]) -> None:
    counting_takes_a_while(monkeypatch)
    monkeypatch.setattr(limits, "lock_request_limits", lambda *_: None)
    assert len(of_kind(many_places(**same), Request)) > MOST
