"""The state machines of reservations and requests, whole."""

from __future__ import annotations

from app.reservations.states import REQUEST, RESERVATION


def test_moves_of_a_reservation() -> None:
    assert RESERVATION.moves == {
        ("held", "extend"): "held",
        ("held", "confirm"): "confirmed",
        ("held", "release"): "released",
        ("held", "withdraw"): "released",
        ("confirmed", "release"): "released",
        ("held", "expire"): "expired",
        ("held", "reclaim"): "held",
        ("expired", "reclaim"): "held",
    }


def test_moves_of_a_request() -> None:
    assert REQUEST.moves == {
        ("open", "wait"): "waiting",
        ("waiting", "wait"): "waiting",
        ("waiting", "offer"): "offered",
        ("offered", "accept"): "reserved",
        ("offered", "end_offer"): "expired",
        ("waiting", "close"): "expired",
        ("open", "cancel"): "cancelled",
        ("waiting", "cancel"): "cancelled",
        ("offered", "cancel"): "cancelled",
    }


def test_states_before_an_event() -> None:
    assert RESERVATION.before("release") == ("held", "confirmed")
    assert REQUEST.before("cancel") == ("open", "waiting", "offered")
