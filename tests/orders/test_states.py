"""The state machine of orders: all moves, and none from the final state."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.orders.states import (
    AWAITING,
    CANCELLED,
    DRAFT,
    EXPIRED,
    ORDER,
    PAID,
    REFUNDED,
    RESEAT,
    STATES,
    Event,
)

TABLE: dict[tuple[str, Event], str] = {
    (DRAFT, "start_payment"): AWAITING,
    (DRAFT, "expire"): EXPIRED,
    (DRAFT, "abandon"): CANCELLED,
    (AWAITING, "start_payment"): AWAITING,
    (AWAITING, "settle"): PAID,
    (AWAITING, "expire"): EXPIRED,
    (AWAITING, "abandon"): CANCELLED,
    (EXPIRED, "settle"): PAID,
    (EXPIRED, "offer_seats"): RESEAT,
    (RESEAT, "settle"): PAID,
    (RESEAT, "refund"): REFUNDED,
    (PAID, "cancel"): CANCELLED,
    (CANCELLED, "refund"): REFUNDED,
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(STATES, ORDER.events)))
def test_where_an_event_leads(state: str, event: Event) -> None:
    """A move that is not in the table is refused."""
    assert ORDER.after(state, event) == TABLE.get((state, event))


@given(st.sampled_from(STATES), st.sampled_from(ORDER.events))
def test_the_condition_of_an_update_is_the_table_itself(state: str, event: Event) -> None:
    assert (state in ORDER.before(event)) == (ORDER.after(state, event) is not None)


@given(st.lists(st.sampled_from(ORDER.events), max_size=12))
def test_no_order_is_paid_twice(events: list[Event]) -> None:
    state, payments = DRAFT, 0
    for event in events:
        after = ORDER.after(state, event)
        if after is None:
            continue
        payments += event == "settle"
        state = after
    assert payments <= 1
    if state == PAID:
        assert payments == 1


def test_refunded_is_the_end() -> None:
    assert all(ORDER.after(REFUNDED, event) is None for event in ORDER.events)
