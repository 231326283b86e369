"""Check the seats that a customer asks for."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.config import settings
from app.core.errors import Invalid
from app.events import service as events
from app.events.service import Screening


def check_seats(screening: Screening, seat_ids: Sequence[int]) -> tuple[int, ...]:
    """Return the seats in the order of the seat plan.

    Raises Invalid: `seats.none`, `.too_many`, `.repeated`, `.unknown`, `.halved` (one place of a love seat).
    """
    most = settings().holds.max_seats
    if not seat_ids:
        raise Invalid("seats.none", "seat")
    if len(seat_ids) > most:
        raise Invalid("seats.too_many", "seat", most=most)
    if len(set(seat_ids)) < len(seat_ids):
        raise Invalid("seats.repeated", "seat")
    plan = events.seat_plan(screening.auditorium_id)
    by_id = plan.by_id
    if any(seat_id not in by_id for seat_id in seat_ids):
        raise Invalid("seats.unknown", "seat")
    if not plan.keeps_love_seats_whole(seat_ids):
        raise Invalid("seats.halved", "seat")
    return tuple(sorted(seat_ids, key=lambda seat_id: (by_id[seat_id].row_index, by_id[seat_id].column)))


def check_quantity(quantity: int) -> None:
    """Raise Invalid `quantity.range`, unless 1 ≤ quantity ≤ the most seats of an order."""
    most = settings().holds.max_seats
    if not 1 <= quantity <= most:
        raise Invalid("quantity.range", "quantity", most=most)
