"""The tables of states, whole."""

from __future__ import annotations

import itertools

from app.reservations.states import REQUEST, RESERVATION


def test_what_a_reservation_may_become() -> None:
    allowed = {pair for pair in itertools.product(RESERVATION.states, repeat=2) if RESERVATION.allows(*pair)}
    assert allowed == {
        ("held", "confirmed"),
        ("held", "released"),
        ("held", "expired"),
        ("confirmed", "released"),
        ("expired", "held"),
    }


def test_what_a_request_may_become() -> None:
    allowed = {pair for pair in itertools.product(REQUEST.states, repeat=2) if REQUEST.allows(*pair)}
    assert allowed == {
        ("open", "waiting"),
        ("open", "cancelled"),
        ("waiting", "offered"),
        ("waiting", "expired"),
        ("waiting", "cancelled"),
        ("offered", "reserved"),
        ("offered", "expired"),
        ("offered", "cancelled"),
    }


def test_where_a_state_is_reached_from() -> None:
    assert RESERVATION.before("released") == ("held", "confirmed")
    assert REQUEST.before("cancelled") == ("open", "waiting", "offered")
