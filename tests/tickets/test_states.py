"""The state machine of a ticket: no other moves exist."""

from __future__ import annotations

from app.tickets.states import TICKET


def test_the_moves_of_a_ticket() -> None:
    assert TICKET.moves == {
        ("valid", "admit"): "admitted",
        ("outside", "admit"): "admitted",
        ("admitted", "admit_again"): "admitted",
        ("admitted", "undo"): "valid",
        ("admitted", "let_out"): "outside",
        ("valid", "revoke"): "revoked",
    }


def test_a_used_ticket_is_never_revoked() -> None:
    assert TICKET.before("revoke") == ("valid",)


def test_a_revoked_ticket_stays_revoked() -> None:
    assert all(TICKET.after("revoked", event) is None for event in TICKET.events)
