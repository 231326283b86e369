"""Prices of ticket types, the rule for companions, and the kinds that count in the quota of 40 %."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.half_price import KINDS, half_of, proof_number, quota
from app.orders.pricing import TypeChoice, checked, problems, quota_places, seat_price

prices = st.integers(min_value=0, max_value=100_000)
choice = st.one_of(
    st.just(TypeChoice()), st.sampled_from(sorted(KINDS)).map(lambda kind: TypeChoice("half", kind))
)


@given(prices, choice)
def test_half_is_never_more_than_half(full: int, chosen: TypeChoice) -> None:
    price = seat_price(full, chosen)
    if chosen.ticket_type == "full":
        assert price == full
    else:
        assert price * 2 <= full < (price + 1) * 2


def test_an_odd_centavo_is_the_customers() -> None:
    assert seat_price(3801, TypeChoice("half", "student")) == 1900


@given(st.dictionaries(st.integers(1, 400), choice, min_size=1, max_size=8))
def test_accepted_choices_are_complete_and_have_no_lone_companion(choices: dict[int, TypeChoice]) -> None:
    kinds = [one.half_kind for one in choices.values()]
    if kinds.count("companion") > kinds.count("disabled"):
        with pytest.raises(Invalid) as refused:
            checked(list(choices), choices)
        assert refused.value.code == "types.companion_alone"
        return
    valid = checked(list(choices), choices)
    assert valid == choices
    assert quota_places(valid) == sum(kind is not None and kind != "senior" for kind in kinds)


@pytest.mark.parametrize(
    ("choices", "code", "field"),
    [
        ({}, "types.missing", "seat-1"),
        ({1: TypeChoice("free", None)}, "types.missing", "seat-1"),
        ({1: TypeChoice("half", None)}, "types.kind_missing", "seat-1"),
        ({1: TypeChoice("half", "regular guest")}, "types.kind_missing", "seat-1"),
        ({1: TypeChoice(), 2: TypeChoice()}, "types.foreign_seat", "seat-2"),
        ({1: TypeChoice("half", "companion")}, "types.companion_alone", "seat-1"),
    ],
)
def test_refused_choices(choices: dict[int, TypeChoice], code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked([1], choices)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_each_seat_has_its_error() -> None:
    half = TypeChoice("half", None)
    companion = TypeChoice("half", "companion")
    wrong = problems([1, 2, 3, 4, 5], {1: half, 3: companion, 4: companion, 5: TypeChoice()})
    assert [(one.code, one.field) for one in wrong] == [
        ("types.kind_missing", "seat-1"),
        ("types.missing", "seat-2"),
        ("types.companion_alone", "seat-4"),
    ], "the seat without a kind counts as a disabled person for the first companion"


def test_a_kind_without_half_price_means_nothing() -> None:
    assert checked([1], {1: TypeChoice("full", "student")}) == {1: TypeChoice()}


@given(st.integers(1, 2000))
def test_the_quota_is_at_least_forty_per_cent(capacity: int) -> None:
    assert quota(capacity) * 100 >= capacity * 40 > (quota(capacity) - 1) * 100


def test_each_proof_has_its_number() -> None:
    assert sorted(proof_number(code) for code in KINDS) == [1, 2, 3, 4, 5]
    assert proof_number(None) == proof_number("nothing known") == 0


def test_half_price_has_one_rounding() -> None:
    assert half_of(2501) == seat_price(2501, TypeChoice("half", "student")) == 1250
