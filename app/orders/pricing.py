"""Prices of ticket types, and the rules for choosing them. Pure; centavos.

Half price is half of the price that the public really pays (Decreto 8.537/2015), rounded down in the customer's favour.
Concessions have no half price, and no fee is added anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.errors import Invalid
from app.core.half_price import KINDS, half_of

FULL, HALF = "full", "half"


@dataclass(frozen=True, slots=True)
class TypeChoice:
    """The ticket type of one seat. `half_kind` is a code of core.half_price, for `half` only."""

    ticket_type: str = FULL
    half_kind: str | None = None


def seat_price(full_price: int, choice: TypeChoice) -> int:
    """The price of a seat with the chosen ticket type."""
    return half_of(full_price) if choice.ticket_type == HALF else full_price


def checked(seat_ids: Sequence[int], choices: Mapping[int, TypeChoice]) -> dict[int, TypeChoice]:
    """The valid choice for each seat. Raises the first of the `problems`."""
    for problem in problems(seat_ids, choices):
        raise problem
    return {
        seat_id: choices[seat_id] if choices[seat_id].ticket_type == HALF else TypeChoice()
        for seat_id in seat_ids
    }


def problems(seat_ids: Sequence[int], choices: Mapping[int, TypeChoice]) -> list[Invalid]:
    """All errors of the choices; the field of each error names its seat (`seat-12`)."""
    if unknown := set(choices) - set(seat_ids):
        return [Invalid("types.foreign_seat", f"seat-{min(unknown)}")]
    found = []
    for seat_id in seat_ids:
        choice = choices.get(seat_id)
        if choice is None or choice.ticket_type not in (FULL, HALF):
            found.append(Invalid("types.missing", f"seat-{seat_id}"))
        elif choice.ticket_type == HALF and choice.half_kind not in KINDS:
            found.append(Invalid("types.kind_missing", f"seat-{seat_id}"))
    return found + _companions_alone(seat_ids, choices)


def _companions_alone(seat_ids: Sequence[int], choices: Mapping[int, TypeChoice]) -> list[Invalid]:
    """The errors of companions without a disabled person; each brings one (Lei 12.933/2013, art. 1, par. 8).

    A half-price seat whose kind is not chosen yet counts as a disabled person: it may still become one.
    """
    kinds = [
        (seat_id, choices[seat_id].half_kind)
        for seat_id in seat_ids
        if seat_id in choices and choices[seat_id].ticket_type == HALF
    ]
    beside = sum(kind == "disabled" or kind not in KINDS for _, kind in kinds)
    companions = [seat_id for seat_id, kind in kinds if kind == "companion"]
    return [Invalid("types.companion_alone", f"seat-{seat_id}") for seat_id in companions[beside:]]


def quota_places(choices: Mapping[int, TypeChoice]) -> int:
    """The number of choices that count in the quota of 40 %: half-price ones except those for people over 60."""
    return sum(
        choice.ticket_type == HALF and KINDS[choice.half_kind or ""].in_quota for choice in choices.values()
    )
