"""The state machine of calls to the counter."""

from __future__ import annotations

from typing import Final, Literal

from app.core.state_machine import StateMachine

WAITING: Final = "waiting"  # the counter prepares it
CALLED: Final = "called"  # the customer may come
HANDED_OUT: Final = "handed_out"  # nothing is left to hand out

STATES: Final = (WAITING, CALLED, HANDED_OUT)
QUEUED_STATES: Final = (WAITING, CALLED)

Event = Literal["call", "stop_calling", "finish", "reopen"]

PICKUP_CALL: Final = StateMachine[Event](
    "products.pickup_calls",
    STATES,
    {
        (WAITING, "call"): CALLED,
        (CALLED, "call"): CALLED,  # once more
        (CALLED, "stop_calling"): WAITING,
        (WAITING, "finish"): HANDED_OUT,
        (CALLED, "finish"): HANDED_OUT,
        (HANDED_OUT, "reopen"): CALLED,  # a hand-out was undone
    },
)
