"""Holding seats: what the verbs of `service.py` and the waiting list both stand on."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Row, text

from app.core import codes, db
from app.core.actor import Actor
from app.core.config import settings
from app.core.errors import NotFound
from app.events import service as events
from app.events.service import Screening, SeatPlan
from app.reservations import claims, single_seat
from app.reservations.best import best_together
from app.reservations.limits import LOCK_HOLDS, too_many_holds
from app.reservations.nearest import nearest_free
from app.reservations.states import HELD
from app.reservations.views import NothingFits, Reservation, SeatsLost, SingleSeatLeft

NO_LIMIT = 1_000_000  # a limit of this size is none: it is not even looked up
TRIES = 8


def grace() -> timedelta:
    return timedelta(seconds=settings().holds.grace_seconds)


def limit_of(setting: int) -> int | None:
    return setting if setting < NO_LIMIT else None


def hold(
    screening: Screening,
    seat_ids: Sequence[int],
    actor: Actor,
    *,
    minutes: float,
    limited: bool = True,
    leave_no_single: bool = False,
) -> Reservation:
    """Claim exactly these seats. Raises SeatsLost and TooManyHolds; then nothing is held.

    With `leave_no_single` it raises SingleSeatLeft too; then the caller must roll back.
    """
    plan = events.seat_plan(screening.auditorium_id)
    if not plan.not_sold.isdisjoint(seat_ids):
        states = seat_states(screening.id)
        raise lost_seats(screening, seat_ids, set(seat_ids) - states.keys(), states=states)
    reservation_id = codes.ordered_id()
    config = settings()
    visitor_limit = limit_of(config.holds.max_per_visitor) if limited else None
    address_limit = limit_of(config.holds.max_per_address) if limited else None
    held = claims.hold(
        reservation_id,
        screening.id,
        seat_ids,
        seconds=minutes * 60 + config.holds.grace_seconds,
        actor=actor,
        visitor_limit=visitor_limit,
        address_limit=address_limit,
        around=single_seat.looked_at(plan, seat_ids) if leave_no_single else (),
    )
    if held is None:
        raise too_many_holds(actor, visitor_limit=visitor_limit, address_limit=address_limit)
    if len(held.seat_ids) < len(seat_ids):
        raise lost_seats(screening, seat_ids, held.seat_ids, states=claims.undo(reservation_id))
    if leave_no_single:
        shift = single_seat.suggest_shift(plan, seat_ids, held.taken_around | plan.not_sold, screening.prices)
        if shift is not None:
            raise SingleSeatLeft(tuple(seat_ids), shift)
    return Reservation(
        reservation_id, screening.id, HELD, tuple(seat_ids), held.expires_at, held.expires_at - grace()
    )


def hold_best(
    screening: Screening,
    quantity: int,
    actor: Actor,
    *,
    minutes: float,
    limited: bool = True,
) -> Reservation:
    """Claim the best seats together. Raises NothingFits and TooManyHolds."""
    lock_screening(screening.id)
    plan = events.seat_plan(screening.auditorium_id)
    for _ in range(TRIES):
        seats = best_together(plan, quantity, seat_states(screening.id))
        if seats is None:
            break
        # Those who picked their seats by hand take no lock: one of them may still be quicker. The savepoint gives
        # back the locks of a try that failed, so that the next one takes its own in order again.
        try:
            with db.session().begin_nested():
                return hold(screening, seats, actor, minutes=minutes, limited=limited)
        except SeatsLost:
            continue
    raise NothingFits(screening.id, quantity)


def lock_screening(screening_id: int) -> None:
    """One at a time looks for seats together: two who look at once would choose the same ones."""
    db.session().execute(
        text("select pg_advisory_xact_lock(hashtext('reservations'), :screening_id)"),
        {"screening_id": screening_id},
    )


def queue_up(screening_ids: Collection[int], actor: Actor) -> None:
    """For a transaction that frees seats and holds others: what a hold waits for, before any row is locked.

    `screening_ids` are those of both. Two visitors who want each other's seats, of two screenings, take turns: else
    each would have freed what the other waits for.
    """
    for screening_id in sorted(set(screening_ids)):
        lock_screening(screening_id)
    values = {
        "visitor": actor.visitor,
        "visitor_limit": 1,
        "address_key": actor.address_key,
        "address_limit": 1,
    }
    db.session().execute(text(LOCK_HOLDS), values)


def reach_for(
    screening: Screening,
    reservation_id: uuid.UUID,
    *,
    seat_ids: Collection[int] = (),
    quantity: int | None = None,
) -> None:
    """Before a hold is given up for another one of its screening: the seats of both are locked in one pass, by id.

    Else the other one would wait for somebody who waits for what was given up. What is taken here goes with the hold:
    the caller ends it, and makes the other, in the same transaction.
    """
    row = claims.lock(reservation_id)
    if row is None or row.state != HELD or row.screening_id != screening.id:
        return
    own = reservation(reservation_id).seat_ids
    if quantity is not None:
        taken = seat_states(screening.id).keys() - set(own)
        seat_ids = best_together(events.seat_plan(screening.auditorium_id), quantity, taken) or ()
    claims.claim_for(reservation_id, sorted({*own, *seat_ids}), row.expires_at)


def lost_seats(
    screening: Screening,
    seat_ids: Sequence[int],
    got: Collection[int],
    *,
    states: Mapping[int, datetime | None],
    own: Collection[int] = (),
) -> SeatsLost:
    """Names what was lost, and the nearest free seats instead; `states` are the taken ones, `own` the visitor's."""
    states = dict(states) | never_free(screening.id)
    lost = tuple(seat_id for seat_id in seat_ids if seat_id not in got)
    kept = tuple(seat_id for seat_id in seat_ids if seat_id in got)
    plan: SeatPlan = events.seat_plan(screening.auditorium_id)
    taken = states.keys() - set(own)
    return SeatsLost(lost, kept, nearest_free(plan, lost, kept, taken), states)


def never_free(screening_id: int) -> dict[int, datetime | None]:
    """The seats that nobody may buy, as taken for ever."""
    screening = events.screening(screening_id)
    return dict.fromkeys(events.seat_plan(screening.auditorium_id).not_sold)


def seat_states(screening_id: int) -> dict[int, datetime | None]:
    """The taken seats of a screening: until when, or None for sold and for what is not for sale. Live claims only."""
    rows = db.session().execute(
        text(
            "select seat_id, expires_at from reservations.seat_claims where screening_id = :screening_id"
            " and (expires_at is null or expires_at >= clock_timestamp())"
        ),
        {"screening_id": screening_id},
    )
    return {row[0]: row[1] for row in rows} | never_free(screening_id)


def are_free(screening_id: int, seat_ids: Collection[int], *, besides: uuid.UUID) -> bool:
    """Whether nobody has any of these seats but, perhaps, the reservation `besides`. A look, and no promise."""
    rows = db.session().execute(
        text(
            "select 1 from reservations.seat_claims where screening_id = :screening_id and seat_id = any(:seat_ids)"
            " and reservation_id <> :besides and (expires_at is null or expires_at >= clock_timestamp()) limit 1"
        ),
        {"screening_id": screening_id, "seat_ids": list(seat_ids), "besides": besides},
    )
    return rows.first() is None


def taken_among(screening_id: int, seat_ids: Sequence[int]) -> frozenset[int]:
    """Which of these seats are taken now."""
    rows = db.session().execute(
        text(
            "select seat_id from reservations.seat_claims where screening_id = :screening_id"
            " and seat_id = any(:seat_ids) and (expires_at is null or expires_at >= clock_timestamp())"
        ),
        {"screening_id": screening_id, "seat_ids": list(seat_ids)},
    )
    return frozenset(rows.scalars()) | (never_free(screening_id).keys() & set(seat_ids))


_RESERVATION = """
    select r.id, r.screening_id, r.state, r.expires_at,
      array(select seat_id from reservations.reservation_seats s where s.reservation_id = r.id order by seat_id)
        as seat_ids
    from reservations.reservations r where r.id = :id
"""


def reservation(reservation_id: uuid.UUID) -> Reservation:
    """Raises NotFound."""
    row = db.session().execute(text(_RESERVATION), {"id": reservation_id}).one_or_none()
    if row is None:
        raise NotFound(f"reservation {reservation_id}")
    return view(row)


def view(row: Row[Any]) -> Reservation:
    return Reservation(
        row.id,
        row.screening_id,
        row.state,
        tuple(row.seat_ids),
        row.expires_at,
        row.expires_at - grace(),
    )


def execute(statement: str, **values: object) -> CursorResult[Any]:
    """A statement in the caller's transaction."""
    return cast(CursorResult[Any], db.session().execute(text(statement), values))
