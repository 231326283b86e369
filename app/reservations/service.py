"""reservation-service: holds and sales of seats, requests for seats, and the waiting list.

A claim is a row whose uniqueness is the lock (`claims.py`); there is no second way to take a seat. Every verb joins
the caller's transaction and expects to be rolled back with it. Times are aware, UTC, of the database's clock.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from app.core import db
from app.core.actor import Actor
from app.core.config import settings
from app.core.moves import move
from app.events import service as events
from app.events.service import Screening
from app.reservations import claims, hold_metrics, holds, queries
from app.reservations.holds import claim_before_release, lock_screenings_and_limits
from app.reservations.offers import offer_next
from app.reservations.ownership import reassign_visitor
from app.reservations.queries import (
    are_free,
    occupancy,
    reservation,
    seats_of,
    seats_of_each,
    taken_in_each,
)
from app.reservations.retention import delete_reservations, live_requests
from app.reservations.retention import erase as erase_requests
from app.reservations.retention import export as export_requests
from app.reservations.seat_change import change_seats
from app.reservations.seat_checks import check_quantity, check_seats
from app.reservations.seat_finding.best_seats import best_together
from app.reservations.seat_finding.equivalent_seats import equivalent_seats, price_and_kind
from app.reservations.states import EXPIRED, HELD, OFFERED, RESERVATION, RESERVED
from app.reservations.views import (
    NotHeld,
    NothingFits,
    Request,
    Reservation,
    SeatsLost,
    SingleSeatLeft,
    TooManyHolds,
)
from app.reservations.waiting_list import (
    OfferOver,
    accept_offer,
    cancel_request,
    email_of_offer,
    join_waiting_list,
    open_request,
    request,
    wait_for_seats,
)
from app.reservations.waiting_notices import publish_seats_freed

__all__ = [
    "EXPIRED",
    "OFFERED",
    "RESERVED",
    "NotHeld",
    "NothingFits",
    "OfferOver",
    "Request",
    "Reservation",
    "SeatsLost",
    "SingleSeatLeft",
    "TooManyHolds",
    "accept_offer",
    "are_free",
    "best_together",
    "cancel_request",
    "change_seats",
    "confirm",
    "delete_reservations",
    "email_of_offer",
    "ensure_free",
    "equivalent_seats",
    "erase_requests",
    "export_requests",
    "extend",
    "hold_best",
    "hold_seats",
    "join_waiting_list",
    "live_requests",
    "lock_screenings_and_limits",
    "occupancy",
    "offer_next",
    "open_request",
    "price_and_kind",
    "reassign_visitor",
    "reclaim",
    "release",
    "request",
    "reservation",
    "seat_states",
    "seats_of",
    "seats_of_each",
    "taken_in_each",
    "wait_for_seats",
]


def hold_seats(
    screening: Screening,
    seat_ids: Sequence[int],
    actor: Actor,
    *,
    minutes: float | None = None,
    single_seat_rule: bool = False,
    replaces: uuid.UUID | None = None,
) -> Reservation:
    """Hold exactly these seats for the actor, for `minutes` (by default the setting's).

    Raises Invalid (see `check_seats`), ScreeningClosed, TooManyHolds, and SeatsLost with the lost seats, the free ones
    among the wanted, and the nearest alternatives. Then nothing is held. With `single_seat_rule` it also raises
    SingleSeatLeft where a shift by a few seats would leave no single one empty. The reservation `replaces` is
    released first, after `lock_screenings_and_limits`. With either of these two, the caller must roll back after an
    error.
    """
    seats = check_seats(screening, seat_ids)
    events.ensure_on_sale(screening)
    if replaces is not None:
        claim_before_release(screening, replaces, seat_ids=seats)
        release(replaces)
    minutes = settings().holds.minutes if minutes is None else minutes
    with hold_metrics.counted(actor.channel):
        return holds.create_hold(screening, seats, actor, minutes=minutes, single_seat_rule=single_seat_rule)


def ensure_free(screening: Screening, seat_ids: Sequence[int]) -> None:
    """Raise SeatsLost where `hold_seats` would, by reading alone: cheap, and no guarantee.

    Seats that are all free are not checked further; `hold_seats` does that. Raises Invalid (see `check_seats`).
    """
    states = seat_states(screening.id)
    if states.keys().isdisjoint(seat_ids):
        return
    seats = check_seats(screening, seat_ids)
    free = [seat_id for seat_id in seats if seat_id not in states]
    error = holds.seats_lost(screening, seats, free, states=states)
    hold_metrics.count_losses(error)
    raise error


def hold_best(
    screening: Screening, quantity: int, actor: Actor, *, replaces: uuid.UUID | None = None
) -> Reservation:
    """Hold the best `quantity` seats side by side; `replaces` as for `hold_seats`.

    Raises Invalid `quantity.range`, ScreeningClosed, TooManyHolds, and NothingFits.
    """
    check_quantity(quantity)
    events.ensure_on_sale(screening)
    if replaces is not None:
        claim_before_release(screening, replaces, quantity=quantity)
        release(replaces)
    with hold_metrics.counted(actor.channel):
        return holds.create_best_hold(screening, quantity, actor, minutes=settings().holds.minutes)


def seat_states(screening_id: int) -> dict[int, datetime | None]:
    """Return the taken seats of a screening and when their claims expire; None for sold or not for sale."""
    return queries.claimed_seats(screening_id) | dict.fromkeys(_not_sold(screening_id))


def _not_sold(screening_id: int) -> frozenset[int]:
    return events.seat_plan(events.screening(screening_id).auditorium_id).not_sold


def extend(reservation_id: uuid.UUID, until_deadline: datetime) -> Reservation:
    """Set the deadline of a hold; its claims expire a grace later. Raises NotHeld, also when a claim was lost."""
    expires_at = until_deadline + queries.grace()
    moved = claims.move(reservation_id, "extend", expires_at=expires_at)
    if moved is None:
        raise NotHeld(reservation_id)
    return Reservation(
        reservation_id, moved.screening_id, HELD, tuple(moved.seat_ids), expires_at, until_deadline
    )


def confirm(reservation_id: uuid.UUID) -> bool:
    """Sell the seats: held → confirmed; their claims never expire. False: a claim was lost, and nothing changed.

    Expired claims that nobody has taken over are still those of the reservation.
    """
    return claims.move(reservation_id, "confirm") is not None


def release(reservation_id: uuid.UUID) -> bool:
    """Release the seats, held or sold. False: they were released before."""
    screening_id = claims.release(reservation_id, "release")
    if screening_id is None:
        return False
    publish_seats_freed(screening_id)
    return True


_RECLAIM = move(RESERVATION, "reclaim", columns="expires_at = :until, updated_at = clock_timestamp()")


def reclaim(reservation_id: uuid.UUID, until: datetime) -> bool:
    """Hold the same seats again until `until`, all of them or none, for a late payment. True: they are held now.

    False also when a seat is no longer for sale.
    """
    row = claims.lock(reservation_id)
    if row is None or row.state not in RESERVATION.before("reclaim"):
        return False
    seats = seats_of(reservation_id)
    if not _not_sold(row.screening_id).isdisjoint(seats):
        return False
    with db.session().begin_nested() as attempt:
        if claims.claim_seats(reservation_id, seats, until) != frozenset(seats):
            attempt.rollback()
            return False
        _RECLAIM.require(id=reservation_id, until=until)
    return True
