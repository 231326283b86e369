"""The writes of claims: the only ones in the house, by the statements of `claim_statements`.

The count of rows that a write changed is checked here. Locks are always taken in the same order: reservation, seats by
id.
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
class Held:
    """What a hold got, and which of the seats around it others had when it was made."""

    expires_at: datetime
    seat_ids: frozenset[int]
    taken_around: frozenset[int]


class ClaimsDisagree(RuntimeError):
    """A locked claim was not written: the count of rows is wrong, and the transaction must not commit."""


def hold(
    reservation_id: uuid.UUID,
    screening_id: int,
    seat_ids: Sequence[int],
    *,
    seconds: float,
    actor: Actor,
    visitor_limit: int | None,
    address_limit: int | None,
    around: Sequence[int] = (),
) -> Held | None:
    """Make a reservation and claim its seats in one statement, and tell which seats `around` them are others'.

    None when the visitor or the address holds as many as its limit. Fewer seats than asked for: the caller undoes.
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
    row = db.session().execute(SQL.hold, values).one_or_none()
    if row is None:
        return None
    return Held(row.expires_at, frozenset(row.seat_ids or ()), frozenset(row.taken_around or ()))


def claim_for(reservation_id: uuid.UUID, seat_ids: Sequence[int], expires_at: datetime) -> frozenset[int]:
    """Claim seats for a reservation that the caller has locked: which of them it has now, its own included."""
    values = {"id": reservation_id, "seat_ids": list(seat_ids), "expires_at": expires_at}
    row = db.session().execute(SQL.claim_for, values).one()
    return frozenset(row.seat_ids or ())


def drop(reservation_id: uuid.UUID, *, kept: Sequence[int] = ()) -> tuple[int, ...]:
    """Delete the claims of a locked reservation except the `kept` ones; which went."""
    rows = db.session().execute(SQL.drop, {"id": reservation_id, "kept": list(kept)})
    return tuple(row.seat_id for row in rows)


def undo(reservation_id: uuid.UUID) -> dict[int, datetime | None]:
    """Take back a hold that this very transaction has made and that lost a seat: nothing is left behind.

    Returns the seats of its screening that others have: until when, or None for sold.
    """
    rows = db.session().execute(SQL.undo, {"id": reservation_id}).all()
    return {row[0]: row[1] for row in rows}


def lock(reservation_id: uuid.UUID) -> Row | None:
    """Lock a reservation, so that the next statement sees its claims as they are."""
    statement = text(
        "select id, screening_id, state, expires_at from reservations.reservations where id = :id for update"
    )
    return db.session().execute(statement, {"id": reservation_id}).one_or_none()


def move(
    reservation_id: uuid.UUID, event: Literal["extend", "confirm"], *, expires_at: datetime | None = None
) -> Row | None:
    """Move a reservation and set its claims' expiry (None: sold), if it still has every seat that it asked for.

    None when it is in another state or has lost a seat: then nothing has changed.
    """
    statement, values = SQL.move[event], {"id": reservation_id, "expires_at": expires_at}
    # A change of seats that committed while we waited for the lock hides its new claims from the first statement.
    row = db.session().execute(statement, values).one_or_none()
    row = row or db.session().execute(statement, values).one_or_none()
    if row is not None and len(row.seat_ids or ()) != row.locked:
        raise ClaimsDisagree(str(reservation_id))
    return row


def free(reservation_id: uuid.UUID, event: Literal["release", "withdraw", "expire"]) -> int | None:
    """Move a reservation and give its seats back; its screening, or None when it was in no state of the event."""
    if lock(reservation_id) is None:
        return None
    row = db.session().execute(SQL.free[event], {"id": reservation_id}).one_or_none()
    if row is None:
        return None
    if row.gone != row.locked:
        raise ClaimsDisagree(str(reservation_id))
    return int(row.screening_id)


_DUE = text(
    f"""
    select id, expires_at from reservations.reservations
    where {one_of("state", (HELD,))} and expires_at < clock_timestamp()
      and (cast(:after as timestamptz) is null or (expires_at, id) > (:after, cast(:after_id as uuid)))
    order by expires_at, id limit :most
    """
)


def due(most: int, after: Row | None = None) -> Sequence[Row]:
    """Reservations whose time is over and that nobody has ended yet, oldest first: those that follow on `after`."""
    values = {
        "most": most,
        "after": after.expires_at if after else None,
        "after_id": after.id if after else None,
    }
    return db.session().execute(_DUE, values).all()


def lock_due(reservation_id: uuid.UUID) -> bool:
    """Lock a hold if its time is over; False if it was extended, ended, or is being written by somebody else."""
    statement = text(
        f"select 1 from reservations.reservations where id = :id and {one_of('state', (HELD,))}"
        " and expires_at < clock_timestamp() for update skip locked"
    )
    return db.session().execute(statement, {"id": reservation_id}).first() is not None
