"""Write claims and the states of reservations; no other module does, except to delete old rows (`retention.py`).

The SQL is in `claim_statements.py`; the row counts are checked here. Locks are taken in one order: reservation, then
seats by id.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Row, text

from app.core import db
from app.core.actor import Actor
from app.core.state_machine import one_of
from app.reservations.claim_statements import statements
from app.reservations.states import HELD

SQL = statements()


@dataclass(frozen=True, slots=True)
class CreatedHold:
    """A hold's expiry (UTC), the seats that it claimed, and the seats around them that were taken at that moment."""

    expires_at: datetime
    seat_ids: frozenset[int]
    taken_around: frozenset[int]


class ClaimsDisagree(RuntimeError):
    """The write changed fewer claims than were locked; the transaction must not commit."""


def create_hold(
    reservation_id: uuid.UUID,
    screening_id: int,
    seat_ids: Sequence[int],
    *,
    seconds: float,
    actor: Actor,
    visitor_limit: int | None,
    address_limit: int | None,
    around: Sequence[int] = (),
) -> CreatedHold | None:
    """Insert a reservation and claim its seats by one statement; read which seats `around` them are taken.

    Returns None if the visitor or the address has reached its limit of holds. If the result has fewer seats than asked
    for, the caller must undo the hold.
    """
    values = {
        "id": reservation_id,
        "screening_id": screening_id,
        "seat_ids": list(seat_ids),
        "seconds": seconds,
        "visitor": actor.visitor,
        "address_key": actor.address_key,
        "channel": actor.channel,
        "device": actor.device,
        "visitor_limit": visitor_limit,
        "address_limit": address_limit,
        "around": list(around),
    }
    row = db.session().execute(SQL.create_hold, values).one_or_none()
    if row is None:
        return None
    return CreatedHold(row.expires_at, frozenset(row.seat_ids or ()), frozenset(row.taken_around or ()))


def claim_seats(reservation_id: uuid.UUID, seat_ids: Sequence[int], expires_at: datetime) -> frozenset[int]:
    """Claim seats for a reservation that the caller has locked. Return those that it has now, new and old."""
    values = {"id": reservation_id, "seat_ids": list(seat_ids), "expires_at": expires_at}
    row = db.session().execute(SQL.claim_seats, values).one()
    return frozenset(row.seat_ids or ())


def delete_claims(reservation_id: uuid.UUID, *, kept: Sequence[int] = ()) -> tuple[int, ...]:
    """Delete the claims of a locked reservation except those of the `kept` seats. Return the seats that are free."""
    rows = db.session().execute(SQL.delete_claims, {"id": reservation_id, "kept": list(kept)})
    return tuple(row.seat_id for row in rows)


def undo_hold(reservation_id: uuid.UUID) -> dict[int, datetime | None]:
    """Delete a hold that this transaction has created and that did not get all its seats.

    Returns the taken seats of its screening and when their claims expire; None for sold.
    """
    rows = db.session().execute(SQL.undo_hold, {"id": reservation_id}).all()
    return {row[0]: row[1] for row in rows}


def lock(reservation_id: uuid.UUID) -> Row | None:
    """Lock a reservation, so that the next statement reads its current claims. None: it does not exist."""
    statement = text(
        "select id, screening_id, state, expires_at from reservations.reservations where id = :id for update"
    )
    return db.session().execute(statement, {"id": reservation_id}).one_or_none()


def move(
    reservation_id: uuid.UUID, event: Literal["extend", "confirm"], *, expires_at: datetime | None = None
) -> Row | None:
    """Move a reservation and set the expiry of its claims (None: sold), if it still has all of its seats.

    Returns None if it is in no state of the event or has lost a seat; then nothing has changed.
    """
    statement, values = SQL.move[event], {"id": reservation_id, "expires_at": expires_at}
    # If a change of seats commits while the first statement waits for the lock, that statement does not see the new
    # claims: try a second time.
    row = db.session().execute(statement, values).one_or_none()
    row = row or db.session().execute(statement, values).one_or_none()
    if row is not None and len(row.seat_ids or ()) != row.locked:
        raise ClaimsDisagree(str(reservation_id))
    return row


def release(reservation_id: uuid.UUID, event: Literal["release", "withdraw", "expire"]) -> int | None:
    """Move a reservation and delete its claims. Return its screening, or None if it is in no state of the event."""
    if lock(reservation_id) is None:
        return None
    row = db.session().execute(SQL.release[event], {"id": reservation_id}).one_or_none()
    if row is None:
        return None
    if row.deleted != row.locked:
        raise ClaimsDisagree(str(reservation_id))
    return int(row.screening_id)


_OVERDUE = text(
    f"""
    select id, expires_at from reservations.reservations
    where {one_of("state", (HELD,))} and expires_at < clock_timestamp()
      and (cast(:after as timestamptz) is null or (expires_at, id) > (:after, cast(:after_id as uuid)))
    order by expires_at, id limit :most
    """
)


def overdue(most: int, after: Row | None = None) -> Sequence[Row]:
    """Return up to `most` holds whose time is over, oldest first, beginning behind the row `after`."""
    values = {
        "most": most,
        "after": after.expires_at if after else None,
        "after_id": after.id if after else None,
    }
    return db.session().execute(_OVERDUE, values).all()


def lock_overdue(reservation_id: uuid.UUID) -> bool:
    """Lock a hold whose time is over. False: it was extended or ended, or another transaction has locked it."""
    statement = text(
        f"select 1 from reservations.reservations where id = :id and {one_of('state', (HELD,))}"
        " and expires_at < clock_timestamp() for update skip locked"
    )
    return db.session().execute(statement, {"id": reservation_id}).first() is not None
