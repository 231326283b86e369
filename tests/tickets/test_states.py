"""The table of a ticket's states is whole: what it does not name cannot happen."""

from __future__ import annotations

import itertools

import pytest

from app.tickets import states

ALLOWED = {("valid", "admit"): "admitted", ("valid", "revoke"): "revoked"}


@pytest.mark.parametrize(
    ("state", "event"), list(itertools.product(states.STATES, ("admit", "revoke", "sell")))
)
def test_only_a_valid_ticket_goes_on(state: str, event: str) -> None:
    if (state, event) in ALLOWED:
        assert states.can(state, event)
        assert states.after(state, event) == ALLOWED[state, event]
    else:
        assert not states.can(state, event)
        with pytest.raises(states.WrongState):
            states.after(state, event)
