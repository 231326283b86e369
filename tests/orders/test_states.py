"""The table of an order's states: complete, and without a way back from the end."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.orders import states
from app.orders.states import AWAITING, CANCELLED, DRAFT, EXPIRED, PAID, REFUNDED, RESEAT

TABLE = {
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


@pytest.mark.parametrize(("state", "event"), list(itertools.product(states.STATES, states.EVENTS)))
def test_where_an_event_leads(state: str, event: str) -> None:
    """What the table does not name is refused."""
    assert states.after(state, event) == TABLE.get((state, event))


@given(st.sampled_from(states.STATES), st.sampled_from(states.EVENTS))
def test_the_condition_of_an_update_is_the_table_itself(state: str, event: str) -> None:
    assert (state in states.before(event)) == (states.after(state, event) is not None)


@given(st.lists(st.sampled_from(states.EVENTS), max_size=12))
def test_no_order_is_paid_twice(events: list[str]) -> None:
    state, payments = DRAFT, 0
    for event in events:
        after = states.after(state, event)
        if after is None:
            continue
        payments += event == "settle"
        state = after
    assert payments <= 1
    if state == PAID:
        assert payments == 1


def test_refunded_is_the_end() -> None:
    assert all(states.after(REFUNDED, event) is None for event in states.EVENTS)
