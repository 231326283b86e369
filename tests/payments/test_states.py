"""The state tables, by any events in any order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.payments.states import (
    CANCELLED,
    CHARGE,
    CHARGE_STATES,
    CONFIRMED,
    CREATED,
    FAILED,
    LIVE_STATES,
    REFUND,
    REFUND_STATES,
    charge_after,
    refund_after,
    states_before,
)

events = st.sampled_from(sorted({event for moves in CHARGE.values() for event in moves}))


@given(st.lists(events, max_size=20))
def test_a_charge_that_was_paid_is_confirmed_whatever_else_happens(happened: list[str]) -> None:
    state = CREATED
    for event in happened:
        state = charge_after(state, event) or state
        assert state in CHARGE_STATES
    assert (state == CONFIRMED) == ("paid" in happened)


@given(st.lists(events.filter(lambda event: event != "paid"), max_size=20))
def test_a_charge_that_ended_never_lives_again(happened: list[str]) -> None:
    state, ended = CREATED, False
    for event in happened:
        state = charge_after(state, event) or state
        assert not (ended and state in LIVE_STATES)
        ended = ended or state not in LIVE_STATES


def test_every_unpaid_charge_can_be_paid() -> None:
    assert set(states_before("paid")) == set(CHARGE_STATES) - {CONFIRMED}


def test_an_unknown_charge_is_accepted_when_the_provider_answers() -> None:
    assert charge_after("unknown", "accepted") == "pending"
    assert charge_after("pending", "lost") is None


def test_cancelling_ends_one_way_or_the_other() -> None:
    assert charge_after("cancelling", "accepted") is None
    assert charge_after("cancelling", "declined") == CANCELLED
    assert charge_after("pending", "declined") == FAILED


def test_what_a_refund_may_become() -> None:
    """A refund that failed may be asked for again, by another in its place; one that is done stays done."""
    moves = {(state, event): after for state in REFUND_STATES for event, after in REFUND[state].items()}
    assert moves == {
        ("refund_pending", "done"): "refunded",
        ("refund_pending", "refused"): "refund_failed",
        ("refund_failed", "again"): "refund_replaced",
    }
    assert all(refund_after(*move) == after for move, after in moves.items())
    assert refund_after("refunded", "again") is None
    assert refund_after("refund_replaced", "again") is None
