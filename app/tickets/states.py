"""The states of a ticket: valid, then admitted or revoked, and never back."""

from __future__ import annotations

from app.core.errors import Conflict

VALID = "valid"
ADMITTED = "admitted"
REVOKED = "revoked"
STATES = (VALID, ADMITTED, REVOKED)

_NEXT = {(VALID, "admit"): ADMITTED, (VALID, "revoke"): REVOKED}


class WrongState(Conflict):
    """A ticket that is not valid can neither be admitted nor revoked."""


def after(state: str, event: str) -> str:
    """The state that `event` (admit, revoke) leads to. Raises WrongState where it leads nowhere."""
    try:
        return _NEXT[state, event]
    except KeyError:
        raise WrongState("ticket.state", state=state, event=event) from None


def can(state: str, event: str) -> bool:
    return (state, event) in _NEXT
