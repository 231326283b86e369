"""What a room's line says of single seats and zones: their kind, and that they are not sold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from app.core.seat_names import full_name, short_name
from app.events.rooms import BadRoom, PlannedSeat, RoomPlan, code_of

Spot = tuple[int, int]

# Categories by which plans say that nobody may buy a seat, as codes.
NOT_SOLD = frozenset(
    {"not-available", "unavailable", "not-for-sale", "not-sold", "blocked", "indisponivel", "nao-disponivel"}
    | {"bloqueado", "bloqueada", "nao-vendido", "nao-vendida", "nao-a-venda"}
)
NO_ZONE = "none"


class SeatsByName:
    """Finds seats as people and files write them: `F7`, `F-7`, `11-1`; `balcao:1-5` or `Balcão 1-5` in a section."""

    def __init__(self, seats: Iterable[PlannedSeat]) -> None:
        self._spots: dict[str, dict[Spot, PlannedSeat]] = {}
        for seat in seats:
            for spelling in _spellings(seat):
                found = self._spots.setdefault(spelling, {})
                found[seat.row_index, seat.column] = seat

    def find(self, name: str) -> Spot:
        """Row index and column. Raises BadRoom for a name of no seat and of several."""
        found = self._spots.get(_plain(name), {})
        if not found:
            raise BadRoom(f"there is no seat {name}")
        if len(found) > 1:
            several = " or ".join(
                f"{_long(seat)} (write {_unmistakable(seat)})"
                for _, seat in sorted(found.items(), key=lambda item: item[0])
            )
            raise BadRoom(f"seat {name} may be {several}")
        return next(iter(found))


def with_kinds(plan: RoomPlan, kinds: Mapping[str, Collection[str]]) -> RoomPlan:
    """The plan with some seats, by name, made `wheelchair`, `companion` or `wide`. Raises BadRoom."""
    by_name, faults, given = SeatsByName(plan.seats), [], {}
    for kind, names in kinds.items():
        for name in names:
            try:
                given[by_name.find(name)] = kind
            except BadRoom as fault:
                faults.append(BadRoom(f"{kind}: {fault}"))
    seats = [replace(seat, kind=given.get((seat.row_index, seat.column), seat.kind)) for seat in plan.seats]
    spaces = {(seat.row_index, seat.column) for seat in seats if seat.kind == "wheelchair"}
    beside: list[PlannedSeat] = []
    for seat in seats:
        try:
            beside.append(_beside(seat, spaces))
        except BadRoom as fault:
            faults.append(fault)
    if faults:
        raise BadRoom.of(faults)
    return replace(plan, seats=tuple(beside))


def without(plan: RoomPlan, names: Collection[str], zones: Collection[str] | None) -> RoomPlan:
    """The plan with these seats and zones not for sale. `zones` None: those whose name says so. Raises BadRoom."""
    by_name, faults, gone = SeatsByName(plan.seats), [], set[Spot]()
    there = {seat.zone for seat in plan.seats}
    for name in names:
        try:
            gone.add(by_name.find(name))
        except BadRoom as fault:
            faults.append(BadRoom(f"not_sold: {fault}"))
    closed = there & NOT_SOLD if zones is None else set(zones) - {NO_ZONE}
    for zone in sorted(closed - there):
        faults.append(
            BadRoom(f"not_sold_zones: there is no zone {zone!r}; there are {', '.join(sorted(there))}")
        )
    if faults:
        raise BadRoom.of(faults)
    seats = tuple(
        replace(seat, for_sale=False)
        if seat.zone in closed or (seat.row_index, seat.column) in gone
        else seat
        for seat in plan.seats
    )
    _check_pairs(seats)
    return replace(plan, seats=seats)


def _check_pairs(seats: Collection[PlannedSeat]) -> None:
    """A love seat is sold whole or not at all."""
    for_sale = {(seat.row_index, seat.column): seat.for_sale for seat in seats}
    halved = [
        BadRoom(f"not_sold: {_long(seat)} is half of a love seat: name both halves of it or none")
        for seat in seats
        if seat.kind == "love"
        and seat.companion_of is not None
        and for_sale[seat.row_index, seat.companion_of] != seat.for_sale
    ]
    if halved:
        raise BadRoom.of(halved)


def _beside(seat: PlannedSeat, spaces: Collection[Spot]) -> PlannedSeat:
    if seat.kind != "companion" or seat.companion_of is not None:
        return seat
    for column in (seat.column - 1, seat.column + 1):
        if (seat.row_index, column) in spaces:
            return replace(seat, companion_of=column)
    raise BadRoom(f"the companion's seat {_unmistakable(seat)} is not next to a wheelchair space")


def _spellings(seat: PlannedSeat) -> set[str]:
    row, number = seat.row_label, seat.number
    names = {f"{row}{number}", f"{row}-{number}", short_name(row, number)}
    within = {f"{_plain(seat.section)} {name}" for name in names} | {
        f"{code_of(seat.section)}:{name}" for name in names
    }
    return {_plain(name) for name in (names | within if seat.section else names)}


def _plain(name: str) -> str:
    """Blanks tell nothing apart, and a section may be written as its code."""
    section, colon, rest = name.rpartition(":")
    return f"{code_of(section)}:{rest.strip()}" if colon else " ".join(name.split())


def _unmistakable(seat: PlannedSeat) -> str:
    name = f"{seat.row_label}-{seat.number}"
    return f"{code_of(seat.section)}:{name}" if seat.section else name


def _long(seat: PlannedSeat) -> str:
    within = f"{seat.section}, " if seat.section else ""
    return f"{within}row {seat.row_label}, seat {seat.number}"


def same_names(seats: Collection[PlannedSeat]) -> list[BadRoom]:
    """Seats that people could not tell apart, though their rows and numbers differ (`A-1` 2 and `A` 1-2)."""
    faults: list[BadRoom] = []
    called: dict[str, PlannedSeat] = {}
    for seat in seats:
        name = full_name(seat.row_label, seat.number, seat.section)
        other = called.setdefault(name, seat)
        if other is not seat:
            faults.append(
                BadRoom(f"{_long(other)} and {_long(seat)} would both be called {name}: rename one")
            )
    return faults
