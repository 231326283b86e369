"""What a seat costs. Pure; centavos.

Half is half of the price really charged to the public (Decreto 8.537/2015), rounded down: an odd centavo is the
customer's. Concessions are never halved, and no fee is added anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.errors import Invalid
from app.core.half_price import KINDS

FULL, HALF = "full", "half"


@dataclass(frozen=True, slots=True)
class TypeChoice:
    """What was chosen for one seat. `half_kind` is a code of core.half_price, for `half` alone."""

    ticket_type: str = FULL
    half_kind: str | None = None


def seat_price(full_price: int, choice: TypeChoice) -> int:
    return full_price // 2 if choice.ticket_type == HALF else full_price


def checked(seat_ids: Sequence[int], choices: Mapping[int, TypeChoice]) -> dict[int, TypeChoice]:
    """One valid choice for each seat. Raises Invalid; its field names the seat (`seat-12`)."""
    if unknown := set(choices) - set(seat_ids):
        raise Invalid("types.foreign_seat", f"seat-{min(unknown)}")
    result: dict[int, TypeChoice] = {}
    for seat_id in seat_ids:
        choice = choices.get(seat_id)
        if choice is None or choice.ticket_type not in (FULL, HALF):
            raise Invalid("types.missing", f"seat-{seat_id}")
        if choice.ticket_type == FULL:
            choice = TypeChoice()
        elif choice.half_kind not in KINDS:
            raise Invalid("types.kind_missing", f"seat-{seat_id}")
        result[seat_id] = choice
    _companions(result)
    return result


def _companions(choices: Mapping[int, TypeChoice]) -> None:
    """A companion pays half beside a disabled person, one each (Lei 12.933/2013, art. 1, par. 8)."""
    disabled = sum(choice.half_kind == "disabled" for choice in choices.values())
    companions = [seat_id for seat_id, choice in choices.items() if choice.half_kind == "companion"]
    if len(companions) > disabled:
        raise Invalid("types.companion_alone", f"seat-{companions[disabled]}")


def quota_places(choices: Mapping[int, TypeChoice]) -> int:
    """How many of the choices count in the 40 %: half-price ones but the 60+."""
    return sum(
        choice.ticket_type == HALF and KINDS[choice.half_kind or ""].in_quota for choice in choices.values()
    )
