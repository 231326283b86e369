"""The states of a ticket and the events that change them."""

from __future__ import annotations

from typing import Final, Literal

from app.core.state_machine import StateMachine

VALID: Final = "valid"
ADMITTED: Final = "admitted"
OUTSIDE: Final = "outside"  # admitted, then let out for a while: the same ticket admits again
REVOKED: Final = "revoked"
STATES: Final = (VALID, ADMITTED, OUTSIDE, REVOKED)
USED: Final = (ADMITTED, OUTSIDE)  # a used ticket is never revoked

Event = Literal["admit", "admit_again", "undo", "let_out", "revoke"]

TICKET: Final = StateMachine[Event](
    "tickets.tickets",
    STATES,
    {
        (VALID, "admit"): ADMITTED,
        (OUTSIDE, "admit"): ADMITTED,
        (ADMITTED, "admit_again"): ADMITTED,  # a supervisor admits a second person
        (ADMITTED, "undo"): VALID,
        (ADMITTED, "let_out"): OUTSIDE,
        (VALID, "revoke"): REVOKED,
    },
)
