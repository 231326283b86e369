"""Change the seats of a hold; its deadline stays."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from app.core import db
from app.events import service as events
from app.events.service import Screening
from app.reservations import claims, queries
from app.reservations.holds import seats_lost
from app.reservations.queries import execute
from app.reservations.seat_checks import check_seats
from app.reservations.seat_finding import single_seat
from app.reservations.states import HELD
from app.reservations.views import NotHeld, Reservation, SingleSeatLeft
from app.reservations.waiting_notices import publish_seats_freed


def change_seats(
    reservation_id: uuid.UUID, seat_ids: Sequence[int], *, single_seat_rule: bool = False
) -> Reservation:
    """Hold other seats by the same reservation; the old ones are released when the new ones are claimed.

    Raises NotHeld, Invalid (see `check_seats`), ScreeningClosed, SingleSeatLeft (with `single_seat_rule`, as
    `hold_seats`) and SeatsLost: then the old seats are still held.
    """
    row = claims.lock(reservation_id)
    if row is None or row.state != HELD:
        raise NotHeld(reservation_id)
    screening = events.screening(row.screening_id)
    seats = check_seats(screening, seat_ids)
    events.ensure_on_sale(screening)
    old = queries.seats_of(reservation_id)
    if single_seat_rule and (shift := _suggest_shift(screening, seats, own=old)):
        raise SingleSeatLeft(seats, shift)
    not_sold = events.seat_plan(screening.auditorium_id).not_sold - set(old)
    with db.session().begin_nested():
        # One pass over old and new seats: two visitors who exchange seats take their locks in the same order.
        claimed = claims.claim_seats(reservation_id, sorted({*old, *seats}), row.expires_at) - not_sold
        if not claimed.issuperset(seats):
            states = queries.claimed_seats(screening.id)
            raise seats_lost(screening, seats, claimed, states=states, own=claimed.intersection(old))
        claims.delete_claims(reservation_id, kept=seats)
        _store_seats(reservation_id, seats)
    if set(old) - set(seats):
        publish_seats_freed(screening.id)
    return queries.reservation(reservation_id)


def _suggest_shift(
    screening: Screening, seat_ids: Collection[int], own: Collection[int]
) -> tuple[int, ...] | None:
    """Return seats that satisfy the single-seat rule; None: these do, no others would, or some of these are taken.

    The visitor's `own` seats count as free.
    """
    plan = events.seat_plan(screening.auditorium_id)
    around = single_seat.seats_that_matter(plan, seat_ids)
    taken = (queries.claimed_among(screening.id, around) | plan.not_sold) - set(own)
    if taken.intersection(seat_ids):
        return None  # the claim fails and names the lost seats
    return single_seat.suggest_shift(plan, seat_ids, taken, screening.prices)


def _store_seats(reservation_id: uuid.UUID, seats: Sequence[int]) -> None:
    execute(
        """
        with deleted as (
            delete from reservations.reservation_seats
            where reservation_id = :id and not seat_id = any(:seats) returning 1
        )
        insert into reservations.reservation_seats (reservation_id, seat_id)
        select :id, seat_id from unnest(cast(:seats as integer[])) seat_id on conflict do nothing
        """,
        id=reservation_id,
        seats=list(seats),
    )
