"""The state machine of a ticket is whole: what it does not name cannot happen."""

from __future__ import annotations

from app.tickets.states import TICKET


def test_what_a_ticket_may_become() -> None:
    assert TICKET.moves == {
        ("valid", "admit"): "admitted",
        ("admitted", "take_back"): "valid",
        ("valid", "revoke"): "revoked",
    }


def test_a_revoked_ticket_stays_so() -> None:
    assert all(TICKET.after("revoked", event) is None for event in TICKET.events)
