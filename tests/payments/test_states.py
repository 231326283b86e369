"""The state machines of charges and refunds, with any events in any order."""

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
    ChargeEvent,
)

events = st.sampled_from(CHARGE.events)


@given(st.lists(events, max_size=20))
def test_a_charge_that_was_paid_is_confirmed_whatever_else_happens(happened: list[ChargeEvent]) -> None:
    state: str = CREATED
    for event in happened:
        state = CHARGE.after(state, event) or state
        assert state in CHARGE_STATES
    assert (state == CONFIRMED) == ("paid" in happened)


@given(st.lists(events.filter(lambda event: event != "paid"), max_size=20))
def test_a_charge_that_ended_never_lives_again(happened: list[ChargeEvent]) -> None:
    state: str = CREATED
    ended = False
    for event in happened:
        state = CHARGE.after(state, event) or state
        assert not (ended and state in LIVE_STATES)
        ended = ended or state not in LIVE_STATES


def test_every_unpaid_charge_can_be_paid() -> None:
    assert set(CHARGE.before("paid")) == set(CHARGE_STATES) - {CONFIRMED}


def test_only_a_live_charge_is_cancelled() -> None:
    assert CHARGE.before("cancel") == LIVE_STATES


def test_an_unknown_charge_is_accepted_when_the_provider_answers() -> None:
    assert CHARGE.after("unknown", "accepted") == "pending"
    assert CHARGE.after("pending", "lost") is None
    assert CHARGE.after("pending", "silent") == "unknown"
    assert CHARGE.before("silent") == ("pending",)


def test_cancelling_ends_one_way_or_the_other() -> None:
    assert CHARGE.after("cancelling", "accepted") is None
    assert CHARGE.after("cancelling", "declined") == CANCELLED
    assert CHARGE.after("pending", "declined") == FAILED


def test_the_moves_of_a_refund() -> None:
    """A failed refund can be replaced by a new one; a done one is final."""
    assert REFUND.moves == {
        ("refund_pending", "done"): "refunded",
        ("refund_pending", "refused"): "refund_failed",
        ("refund_failed", "again"): "refund_replaced",
    }
