"""Hold seats: exactly the given ones, or the best ones together. The verbs and the waiting list build on it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import text

from app.core import codes, db
from app.core.actor import Actor
from app.core.config import settings
from app.events import service as events
from app.events.service import Screening
from app.reservations import claims
from app.reservations.limits import LOCK_HOLD_LIMITS, too_many_holds
from app.reservations.queries import claimed_seats, execute, grace, reservation
from app.reservations.seat_finding import single_seat
from app.reservations.seat_finding.best_seats import best_together
from app.reservations.seat_finding.replacements import replacement_seats
from app.reservations.states import HELD
from app.reservations.views import NothingFits, Reservation, SeatsLost, SingleSeatLeft

NO_LIMIT = 1_000_000  # a limit of this size or more is not checked
TRIES = 8


def create_hold(
    screening: Screening,
    seat_ids: Sequence[int],
    actor: Actor,
    *,
    minutes: float,
    limited: bool = True,
    single_seat_rule: bool = False,
) -> Reservation:
    """Hold exactly these seats. Raises SeatsLost and TooManyHolds; then nothing is held.

    With `single_seat_rule` it also raises SingleSeatLeft; then the caller must roll back.
    """
    plan = events.seat_plan(screening.auditorium_id)
    if not plan.not_sold.isdisjoint(seat_ids):
        states = claimed_seats(screening.id)
        raise seats_lost(screening, seat_ids, set(seat_ids) - states.keys() - plan.not_sold, states=states)
    reservation_id = codes.ordered_id()
    visitor_limit, address_limit = _hold_limits() if limited else (None, None)
    created = claims.create_hold(
        reservation_id,
        screening.id,
        seat_ids,
        seconds=minutes * 60 + grace().total_seconds(),
        actor=actor,
        visitor_limit=visitor_limit,
        address_limit=address_limit,
        around=single_seat.seats_that_matter(plan, seat_ids) if single_seat_rule else (),
    )
    if created is None:
        raise too_many_holds(actor, visitor_limit=visitor_limit, address_limit=address_limit)
    if len(created.seat_ids) < len(seat_ids):
        raise seats_lost(screening, seat_ids, created.seat_ids, states=claims.undo_hold(reservation_id))
    if single_seat_rule:
        _check_single_seats(screening, seat_ids, created.taken_around | plan.not_sold)
    deadline = created.expires_at - grace()
    return Reservation(reservation_id, screening.id, HELD, tuple(seat_ids), created.expires_at, deadline)


def _hold_limits() -> tuple[int | None, int | None]:
    """Return the most holds of a visitor and of an address; None: no limit."""
    limits = (settings().holds.max_per_visitor, settings().holds.max_per_address)
    by_visitor, by_address = (limit if limit < NO_LIMIT else None for limit in limits)
    return by_visitor, by_address


def _check_single_seats(screening: Screening, seat_ids: Sequence[int], taken: Collection[int]) -> None:
    plan = events.seat_plan(screening.auditorium_id)
    shift = single_seat.suggest_shift(plan, seat_ids, taken, screening.prices)
    if shift is not None:
        raise SingleSeatLeft(tuple(seat_ids), shift)


def create_best_hold(
    screening: Screening,
    quantity: int,
    actor: Actor,
    *,
    minutes: float,
    limited: bool = True,
) -> Reservation:
    """Hold the best seats together. Raises NothingFits and TooManyHolds."""
    lock_screening(screening.id)
    plan = events.seat_plan(screening.auditorium_id)
    for _ in range(TRIES):
        seats = best_together(plan, quantity, claimed_seats(screening.id).keys() | plan.not_sold)
        if seats is None:
            break
        # A customer who chooses given seats takes no screening lock and may claim one of these first. The savepoint
        # releases the row locks of a failed try, so that the next try locks its seats in order.
        try:
            with db.session().begin_nested():
                return create_hold(screening, seats, actor, minutes=minutes, limited=limited)
        except SeatsLost:
            continue
    raise NothingFits(screening.id, quantity)


def lock_screening(screening_id: int) -> None:
    """Take the lock for searching seats in a screening: parallel searches would find the same seats."""
    execute(
        "select pg_advisory_xact_lock(hashtext('reservations'), :screening_id)", screening_id=screening_id
    )


def lock_screenings_and_limits(screening_ids: Collection[int], actor: Actor) -> None:
    """Take all advisory locks of a transaction that releases a hold and creates another, before it locks any row.

    `screening_ids` are those of both. Without these locks, two visitors who want each other's seats in two screenings
    would deadlock: each would wait for the seats that the other is about to release.
    """
    for screening_id in sorted(set(screening_ids)):
        lock_screening(screening_id)
    values = {
        "visitor": actor.visitor,
        "visitor_limit": 1,
        "address_key": actor.address_key,
        "address_limit": 1,
    }
    db.session().execute(text(LOCK_HOLD_LIMITS), values)


def claim_before_release(
    screening: Screening,
    reservation_id: uuid.UUID,
    *,
    seat_ids: Collection[int] = (),
    quantity: int | None = None,
) -> None:
    """Lock the seats of a hold and of the one that replaces it, in one pass by seat id.

    Otherwise the new hold could wait for a transaction that waits for the released seats. New seats are claimed for
    the old hold; the caller releases it and creates the other one in the same transaction.
    """
    row = claims.lock(reservation_id)
    if row is None or row.state != HELD or row.screening_id != screening.id:
        return
    own = reservation(reservation_id).seat_ids
    if quantity is not None:
        plan = events.seat_plan(screening.auditorium_id)
        taken = (claimed_seats(screening.id).keys() | plan.not_sold) - set(own)
        seat_ids = best_together(plan, quantity, taken) or ()
    claims.claim_seats(reservation_id, sorted({*own, *seat_ids}), row.expires_at)


def seats_lost(
    screening: Screening,
    seat_ids: Sequence[int],
    claimed: Collection[int],
    *,
    states: Mapping[int, datetime | None],
    own: Collection[int] = (),
) -> SeatsLost:
    """Return the error for the seats that were not claimed, with free seats that replace them.

    `states` are the claimed seats of the screening; those in `own` belong to the visitor and count as free.
    """
    plan = events.seat_plan(screening.auditorium_id)
    states = dict(states) | dict.fromkeys(plan.not_sold)
    lost = tuple(seat_id for seat_id in seat_ids if seat_id not in claimed)
    kept = tuple(seat_id for seat_id in seat_ids if seat_id in claimed)
    taken = states.keys() - set(own)
    return SeatsLost(lost, kept, replacement_seats(plan, lost, kept, taken), states)
