"""reservation-service: seats that nobody else can take meanwhile, and the queue for those that are taken.

A claim is a row whose uniqueness is the lock (`claims.py`); there is no second way to take a seat. Every verb joins
the caller's transaction and expects to be rolled back with it. Times are aware, UTC, of the database's clock.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.config import settings
from app.core.errors import Invalid
from app.events import service as events
from app.events.service import Screening
from app.reservations import claims, holding, single_seat
from app.reservations.best import best_together
from app.reservations.holding import are_free, queue_up, reach_for, reservation, seat_states
from app.reservations.offering import offer_next, seats_freed
from app.reservations.owning import hand_over
from app.reservations.retention import delete_reservations, live_requests
from app.reservations.retention import erase as erase_requests
from app.reservations.retention import export as export_requests
from app.reservations.states import HELD, RESERVATION
from app.reservations.views import (
    NotHeld,
    NothingFits,
    Request,
    Reservation,
    SeatsLost,
    SingleSeatLeft,
    TooManyHolds,
)
from app.reservations.waiting import (
    OfferOver,
    accept_offer,
    cancel_request,
    check_quantity,
    email_of_offer,
    join_waiting_list,
    open_request,
    request,
    wait_for_seats,
)

__all__ = [
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
    "erase_requests",
    "export_requests",
    "extend",
    "hand_over",
    "hold_best",
    "hold_seats",
    "join_waiting_list",
    "live_requests",
    "occupancy",
    "offer_next",
    "open_request",
    "queue_up",
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


def check_seats(screening: Screening, seat_ids: Sequence[int]) -> tuple[int, ...]:
    """The seats in their order in the room.

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
    if not plan.whole(seat_ids):
        raise Invalid("seats.halved", "seat")
    return tuple(sorted(seat_ids, key=lambda seat_id: (by_id[seat_id].row_index, by_id[seat_id].column)))


def hold_seats(
    screening: Screening,
    seat_ids: Sequence[int],
    actor: Actor,
    *,
    minutes: float | None = None,
    leave_no_single: bool = False,
    instead_of: uuid.UUID | None = None,
) -> Reservation:
    """Hold exactly these seats for the actor, for `minutes` (a hold's usual time).

    Raises Invalid (see `check_seats`), ScreeningClosed, TooManyHolds, and SeatsLost with what was lost, what the
    visitor could still have, and the nearest alternatives. Then nothing is held. With `leave_no_single` it raises
    SingleSeatLeft where a seat along would leave no single one empty. The reservation `instead_of` is released for it,
    after `queue_up`. When either of these two is asked for, the caller must roll back after an error.
    """
    seats = check_seats(screening, seat_ids)
    events.ensure_on_sale(screening)
    if instead_of is not None:
        reach_for(screening, instead_of, seat_ids=seats)
        release(instead_of)
    minutes = settings().holds.minutes if minutes is None else minutes
    return holding.hold(screening, seats, actor, minutes=minutes, leave_no_single=leave_no_single)


def ensure_free(screening: Screening, seat_ids: Sequence[int]) -> None:
    """Raise SeatsLost where `hold_seats` would, by looking alone: cheap where one doubts, and no promise of anything.

    Seats that are all free are not checked: the hold does that. Raises Invalid (see `check_seats`) for the others.
    """
    states = holding.seat_states(screening.id)
    if states.keys().isdisjoint(seat_ids):
        return
    seats = check_seats(screening, seat_ids)
    free = [seat_id for seat_id in seats if seat_id not in states]
    raise holding.lost_seats(screening, seats, free, states=states)


def hold_best(
    screening: Screening, quantity: int, actor: Actor, *, instead_of: uuid.UUID | None = None
) -> Reservation:
    """Hold the best `quantity` seats side by side; `instead_of` as for `hold_seats`.

    Raises Invalid `quantity.range`, ScreeningClosed, TooManyHolds, and NothingFits.
    """
    check_quantity(quantity)
    events.ensure_on_sale(screening)
    if instead_of is not None:
        reach_for(screening, instead_of, quantity=quantity)
        release(instead_of)
    minutes = settings().holds.minutes
    return holding.hold_best(screening, quantity, actor, minutes=minutes)


def _suggest_shift(
    screening: Screening, seat_ids: Collection[int], own: Collection[int] = ()
) -> tuple[int, ...] | None:
    """Seats as good that leave no single one empty (`single_seat.py`); None: no need, none as good, or some are lost.

    The visitor's `own` seats count as free.
    """
    plan = events.seat_plan(screening.auditorium_id)
    around = single_seat.looked_at(plan, seat_ids)
    taken = holding.taken_among(screening.id, around) - set(own)
    if taken.intersection(seat_ids):
        return None  # they are lost, and that is what must be said
    return single_seat.suggest_shift(plan, seat_ids, taken, screening.prices)


def change_seats(
    reservation_id: uuid.UUID, seat_ids: Sequence[int], *, leave_no_single: bool = False
) -> Reservation:
    """Other seats for a held reservation; its clock runs on. The old ones are kept until the new ones are claimed.

    Raises NotHeld, Invalid (see `check_seats`), ScreeningClosed, SingleSeatLeft (with `leave_no_single`, as
    `hold_seats`) and SeatsLost: then the old seats are still held.
    """
    row = claims.lock(reservation_id)
    if row is None or row.state != HELD:
        raise NotHeld(reservation_id)
    screening = events.screening(row.screening_id)
    seats = check_seats(screening, seat_ids)
    events.ensure_on_sale(screening)
    old = holding.reservation(reservation_id).seat_ids
    if leave_no_single and (shift := _suggest_shift(screening, seats, own=old)):
        raise SingleSeatLeft(seats, shift)
    unsold = holding.never_free(screening.id).keys() - set(old)
    with db.session().begin_nested():
        # Old and new seats in one pass: two who swap take their locks in the same order.
        got = claims.claim_for(reservation_id, sorted({*old, *seats}), row.expires_at) - unsold
        if not got.issuperset(seats):
            states = holding.seat_states(screening.id)
            raise holding.lost_seats(screening, seats, got, states=states, own=got.intersection(old))
        claims.drop(reservation_id, kept=seats)
        _remember(reservation_id, seats)
    if set(old) - set(seats):
        seats_freed(screening.id)
    return holding.reservation(reservation_id)


def _remember(reservation_id: uuid.UUID, seats: Sequence[int]) -> None:
    statement = text(
        """
        with gone as (
            delete from reservations.reservation_seats
            where reservation_id = :id and not seat_id = any(:seats) returning 1
        )
        insert into reservations.reservation_seats (reservation_id, seat_id)
        select :id, seat_id from unnest(cast(:seats as integer[])) seat_id on conflict do nothing
        """
    )
    db.session().execute(statement, {"id": reservation_id, "seats": list(seats)})


def extend(reservation_id: uuid.UUID, until_deadline: datetime) -> Reservation:
    """Set the deadline (the claims outlive it by the grace). Raises NotHeld, also when a seat has gone."""
    expires_at = until_deadline + holding.grace()
    moved = claims.move(reservation_id, "extend", expires_at=expires_at)
    if moved is None:
        raise NotHeld(reservation_id)
    return Reservation(
        reservation_id, moved.screening_id, HELD, tuple(moved.seat_ids), expires_at, until_deadline
    )


def confirm(reservation_id: uuid.UUID) -> bool:
    """Sell the seats: held → confirmed, claims never expire. False, and nothing changed, unless all are still ours.

    A claim past its time that nobody took over is still ours.
    """
    return claims.move(reservation_id, "confirm") is not None


def release(reservation_id: uuid.UUID) -> bool:
    """Give the seats back, held or sold. False when they were given back before."""
    screening_id = claims.free(reservation_id, "release")
    if screening_id is None:
        return False
    seats_freed(screening_id)
    return True


_RECLAIM = RESERVATION.move("reclaim", columns="expires_at = :until, updated_at = clock_timestamp()")


def reclaim(reservation_id: uuid.UUID, until: datetime) -> bool:
    """Money came late: hold the same seats again until `until`, all of them or none. True if they are held now.

    Seats that are no longer for sale are lost as those that others have.
    """
    row = claims.lock(reservation_id)
    if row is None or row.state not in RESERVATION.before("reclaim"):
        return False
    seats = holding.reservation(reservation_id).seat_ids
    if holding.never_free(row.screening_id).keys() & set(seats):
        return False
    with db.session().begin_nested() as attempt:
        if claims.claim_for(reservation_id, seats, until) != frozenset(seats):
            attempt.rollback()
            return False
        _RECLAIM.require(id=reservation_id, until=until)
    return True


def seats_of(reservation_id: uuid.UUID) -> tuple[int, ...]:
    """The seats that were asked for, whatever became of them. Raises NotFound."""
    return holding.reservation(reservation_id).seat_ids


def seats_of_each(reservation_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[int, ...]]:
    """As `seats_of`, of several reservations in one query; without any, no query."""
    ids = list(reservation_ids)
    if not ids:
        return {}
    rows = db.session().execute(
        text(
            "select reservation_id, array_agg(seat_id order by seat_id) as seat_ids"
            " from reservations.reservation_seats where reservation_id = any(:ids) group by reservation_id"
        ),
        {"ids": ids},
    )
    return {row.reservation_id: tuple(row.seat_ids) for row in rows}


def occupancy(screening_ids: Iterable[int], *, of_those_on_sale: bool = False) -> dict[int, int]:
    """How many seats of each screening are sold or held now; screenings without any are left out.

    `of_those_on_sale` leaves out seats that were sold before they were taken off sale.
    """
    rows = db.session().execute(
        text(
            "select screening_id, count(*) as taken from reservations.seat_claims"
            " where screening_id = any(:ids) and (expires_at is null or expires_at >= clock_timestamp())"
            " and not seat_id = any(:not_sold) group by screening_id"
        ),
        {"ids": list(screening_ids), "not_sold": sorted(events.seats_not_sold()) if of_those_on_sale else []},
    )
    return {row.screening_id: row.taken for row in rows}


def taken_in_each(screening_ids: Iterable[int], seat_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Which of these seats are taken now in which of these screenings, as (screening, seat), in one query."""
    rows = db.session().execute(
        text(
            "select screening_id, seat_id from reservations.seat_claims where screening_id = any(:screening_ids)"
            " and seat_id = any(:seat_ids) and (expires_at is null or expires_at >= clock_timestamp())"
        ),
        {"screening_ids": list(screening_ids), "seat_ids": list(seat_ids)},
    )
    return {(row.screening_id, row.seat_id) for row in rows}
