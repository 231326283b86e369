"""Apply the columns of an auditorium that mark seats and zones: their kind, and those not for sale."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from app.core.seat_names import full_name, short_name
from app.events.auditorium_plans import AuditoriumPlan, PlanError, PlannedSeat, code_of

Spot = tuple[int, int]

# The codes of categories that mean: not for sale.
NOT_SOLD = frozenset(
    {"not-available", "unavailable", "not-for-sale", "not-sold", "blocked", "indisponivel", "nao-disponivel"}
    | {"bloqueado", "bloqueada", "nao-vendido", "nao-vendida", "nao-a-venda"}
)
NO_ZONE = "none"


class SeatsByName:
    """Finds seats by any spelling of their name: `F7`, `F-7`, `11-1`; `balcao:1-5` or `Balcão 1-5` in a section."""

    def __init__(self, seats: Iterable[PlannedSeat]) -> None:
        self._spots: dict[str, dict[Spot, PlannedSeat]] = {}
        for seat in seats:
            for spelling in _spellings(seat):
                found = self._spots.setdefault(spelling, {})
                found[seat.row_index, seat.column] = seat

    def find(self, name: str) -> Spot:
        """Return row index and column. Raises PlanError if the name belongs to no seat or to several."""
        found = self._spots.get(_normalized(name), {})
        if not found:
            raise PlanError(f"there is no seat {name}")
        if len(found) > 1:
            several = " or ".join(
                f"{_long_name(seat)} (write {_unique_name(seat)})"
                for _, seat in sorted(found.items(), key=lambda item: item[0])
            )
            raise PlanError(f"seat {name} may be {several}")
        return next(iter(found))


def with_kinds(plan: AuditoriumPlan, kinds: Mapping[str, Collection[str]]) -> AuditoriumPlan:
    """Return the plan with the kinds `wheelchair`, `companion` and `wide` set for seats by name. Raises PlanError."""
    by_name, faults, given = SeatsByName(plan.seats), [], {}
    for kind, names in kinds.items():
        for name in names:
            try:
                given[by_name.find(name)] = kind
            except PlanError as fault:
                faults.append(PlanError(f"{kind}: {fault}"))
    seats = [replace(seat, kind=given.get((seat.row_index, seat.column), seat.kind)) for seat in plan.seats]
    spaces = {(seat.row_index, seat.column) for seat in seats if seat.kind == "wheelchair"}
    beside: list[PlannedSeat] = []
    for seat in seats:
        try:
            beside.append(_with_companion(seat, spaces))
        except PlanError as fault:
            faults.append(fault)
    if faults:
        raise PlanError.of(faults)
    return replace(plan, seats=tuple(beside))


def with_not_sold(
    plan: AuditoriumPlan, names: Collection[str], zones: Collection[str] | None
) -> AuditoriumPlan:
    """Return the plan with seats and zones not for sale. `zones` None: those in NOT_SOLD. Raises PlanError."""
    by_name, faults, closed_spots = SeatsByName(plan.seats), [], set[Spot]()
    there = {seat.zone for seat in plan.seats}
    for name in names:
        try:
            closed_spots.add(by_name.find(name))
        except PlanError as fault:
            faults.append(PlanError(f"not_sold: {fault}"))
    closed = there & NOT_SOLD if zones is None else set(zones) - {NO_ZONE}
    for zone in sorted(closed - there):
        faults.append(
            PlanError(f"not_sold_zones: there is no zone {zone!r}; there are {', '.join(sorted(there))}")
        )
    if faults:
        raise PlanError.of(faults)
    seats = tuple(
        replace(seat, for_sale=False)
        if seat.zone in closed or (seat.row_index, seat.column) in closed_spots
        else seat
        for seat in plan.seats
    )
    _check_love_seats(seats)
    return replace(plan, seats=seats)


def _check_love_seats(seats: Collection[PlannedSeat]) -> None:
    """Raise PlanError if only one place of a love seat is for sale."""
    for_sale = {(seat.row_index, seat.column): seat.for_sale for seat in seats}
    halved = [
        PlanError(f"not_sold: {_long_name(seat)} is half of a love seat: name both halves of it or none")
        for seat in seats
        if seat.kind == "love"
        and seat.companion_of is not None
        and for_sale[seat.row_index, seat.companion_of] != seat.for_sale
    ]
    if halved:
        raise PlanError.of(halved)


def _with_companion(seat: PlannedSeat, spaces: Collection[Spot]) -> PlannedSeat:
    if seat.kind != "companion" or seat.companion_of is not None:
        return seat
    for column in (seat.column - 1, seat.column + 1):
        if (seat.row_index, column) in spaces:
            return replace(seat, companion_of=column)
    raise PlanError(f"the companion's seat {_unique_name(seat)} is not next to a wheelchair space")


def _spellings(seat: PlannedSeat) -> set[str]:
    row, number = seat.row_label, seat.number
    names = {f"{row}{number}", f"{row}-{number}", short_name(row, number)}
    within = {f"{_normalized(seat.section)} {name}" for name in names} | {
        f"{code_of(seat.section)}:{name}" for name in names
    }
    return {_normalized(name) for name in (names | within if seat.section else names)}


def _normalized(name: str) -> str:
    """Return the name with single blanks and the section as its code."""
    section, colon, rest = name.rpartition(":")
    return f"{code_of(section)}:{rest.strip()}" if colon else " ".join(name.split())


def _unique_name(seat: PlannedSeat) -> str:
    name = f"{seat.row_label}-{seat.number}"
    return f"{code_of(seat.section)}:{name}" if seat.section else name


def _long_name(seat: PlannedSeat) -> str:
    within = f"{seat.section}, " if seat.section else ""
    return f"{within}row {seat.row_label}, seat {seat.number}"


def duplicate_names(seats: Collection[PlannedSeat]) -> list[PlanError]:
    """Return an error for each seat whose full name another one has (`A-1` 2 and `A` 1-2)."""
    faults: list[PlanError] = []
    called: dict[str, PlannedSeat] = {}
    for seat in seats:
        name = full_name(seat.row_label, seat.number, seat.section)
        other = called.setdefault(name, seat)
        if other is not seat:
            faults.append(
                PlanError(
                    f"{_long_name(other)} and {_long_name(seat)} would both be called {name}: rename one"
                )
            )
    return faults
