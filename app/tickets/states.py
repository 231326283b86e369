"""The states of a ticket and the events that change them."""

from __future__ import annotations

from typing import Final, Literal

from app.core.state_machine import StateMachine

VALID: Final = "valid"
ADMITTED: Final = "admitted"
REVOKED: Final = "revoked"
STATES: Final = (VALID, ADMITTED, REVOKED)

Event = Literal["admit", "take_back", "revoke"]

TICKET: Final = StateMachine[Event](
    "tickets.tickets",
    STATES,
    {
        (VALID, "admit"): ADMITTED,
        (ADMITTED, "take_back"): VALID,  # only in the transaction that admitted it
        (VALID, "revoke"): REVOKED,
    },
)
