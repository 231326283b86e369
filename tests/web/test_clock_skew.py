"""Session cookies are valid in processes whose clocks differ; time limits use the database's clock."""

from __future__ import annotations

import time

import pytest
from flask import Flask
from itsdangerous import TimestampSigner

from app.events.service import Screening
from tests.reservations.auditoriums import make_screening
from tests.shop.visitor import Visitor, order_at
from tests.users.account_data import begin_session, make_account

MINUTE, DAY = 60, 86_400


@pytest.fixture
def screening(app: object) -> Screening:
    return make_screening("oooooooooo")


class Clock:
    """The clock with which this process signs and checks cookies."""

    def __init__(self) -> None:
        self.ahead = 0

    def read(self) -> int:
        return int(time.time()) + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", made.read)
    return made


@pytest.mark.parametrize("ahead", [5, 5 * MINUTE, 15 * MINUTE, 12 * 60 * MINUTE])
def test_a_basket_started_by_a_process_ahead_is_found(
    app: Flask, screening: Screening, clock: Clock, ahead: int
) -> None:
    clock.ahead = ahead
    ana = Visitor(app)
    path = ana.start(screening, "A4 A5")
    token = ana.token()
    clock.ahead = 0
    assert ana.get(f"{path}/types").status_code == 200
    seats = {f"type-{seat.seat_id}": "full" for seat in order_at(path).seats}
    answer = ana.client.post(f"{path}/types", data={**seats, "csrf_token": token}, headers=ana.headers)
    assert (answer.status_code, answer.location) == (303, f"{path}/concessions")


def test_a_sign_in_at_a_process_ahead_is_valid(app: Flask, clock: Clock) -> None:
    key = begin_session(make_account("gil@example.org", role="door"))
    client = app.test_client()
    clock.ahead = 15 * MINUTE
    with client.session_transaction() as session:
        session["_user_id"] = key
    clock.ahead = 0
    assert client.get("/staff/scan").status_code == 200


@pytest.mark.parametrize("signed_ahead", [-31 * DAY, 2 * DAY])
def test_a_cookie_far_from_the_present_time_is_refused(
    app: Flask, screening: Screening, clock: Clock, signed_ahead: int
) -> None:
    clock.ahead = signed_ahead
    ana = Visitor(app)
    path = ana.start(screening, "A4 A5")
    clock.ahead = 0
    assert ana.get(f"{path}/types").status_code == 404


def test_a_changed_time_in_a_cookie_breaks_its_signature(
    app: Flask, screening: Screening, clock: Clock
) -> None:
    ana = Visitor(app)
    path = ana.start(screening, "A4 A5")
    cookie = ana.client.get_cookie("session")
    assert cookie is not None
    payload, dated, signature = cookie.value.rsplit(".", 2)
    ana.client.set_cookie("session", f"{payload}.{dated[:-1]}{'A' if dated[-1] != 'A' else 'B'}.{signature}")
    assert ana.get(f"{path}/types").status_code == 404
