"""The statements that write claims: the only ones in the house.

`CLAIM` is the one way to take a seat. Every other write first locks its rows in seat order, matches the
reservation, and its row count is checked. Locks are always taken in the same order: reservation, seats by id.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, TextClause, text

from app.core import db
from app.reservations.limits import LOCK_HOLDS

# Takes `wanted(seat_id)` for the one row of `owner(id, screening_id, expires_at)`. Expired rows are taken over;
# our own are kept (a change of seats claims old and new ones in one pass, so that the order of locks holds).
CLAIM = """
    insert into reservations.seat_claims as held (screening_id, seat_id, reservation_id, expires_at)
    select owner.screening_id, wanted.seat_id, owner.id, owner.expires_at from owner, wanted order by wanted.seat_id
    on conflict (screening_id, seat_id) do update
      set reservation_id = excluded.reservation_id, expires_at = excluded.expires_at
      where held.expires_at < clock_timestamp() or held.reservation_id = excluded.reservation_id
    returning seat_id
"""

# Locks the claims of `owner`, which was locked before.
LOCKED = """
    select held.screening_id, held.seat_id from owner
    join reservations.seat_claims held on held.screening_id = owner.screening_id and held.reservation_id = owner.id
    order by held.screening_id, held.seat_id for update of held
"""

# NOTIFY serialises commits: it is sent only where somebody looks at the map.
TELL = """
    select pg_notify('seats', owner.screening_id::text) from owner
    where exists (select 1 from reservations.seat_watches watch
                  where watch.screening_id = owner.screening_id and watch.until > clock_timestamp())
"""

_HOLD = """
    {limits}
    with owner as (
        insert into reservations.reservations (id, screening_id, state, expires_at, visitor, address_key)
        select :id, :screening_id, 'held', clock_timestamp() + make_interval(secs => :seconds), :visitor, :address_key
        where (cast(:visitor_limit as integer) is null or not exists (
                select 1 from reservations.reservations live
                where live.visitor = :visitor and live.state = 'held' and live.expires_at > clock_timestamp()
                offset cast(:visitor_limit as integer) - 1 limit 1))
          and (cast(:address_limit as integer) is null or not exists (
                select 1 from reservations.reservations live
                where live.address_key = :address_key and live.state = 'held' and live.expires_at > clock_timestamp()
                offset cast(:address_limit as integer) - 1 limit 1))
        returning id, screening_id, expires_at
    ),
    wanted as (select unnest(cast(:seat_ids as integer[])) as seat_id),
    claimed as ({claim}),
    remembered as (
        insert into reservations.reservation_seats (reservation_id, seat_id)
        select owner.id, wanted.seat_id from owner, wanted
    ),
    told as ({tell})
    select owner.expires_at, (select array_agg(seat_id) from claimed) as seat_ids, (select count(*) from told) as told,
      (select array_agg(others.seat_id) from reservations.seat_claims others
       where others.screening_id = :screening_id and others.seat_id = any(cast(:around as integer[]))
         and (others.expires_at is null or others.expires_at >= clock_timestamp())) as taken_around
    from owner
"""

_CLAIM_FOR = """
    with owner as (
        select id, screening_id, cast(:expires_at as timestamptz) as expires_at
        from reservations.reservations where id = :id
    ),
    wanted as (select unnest(cast(:seat_ids as integer[])) as seat_id),
    claimed as ({claim}),
    told as ({tell})
    select (select array_agg(seat_id) from claimed) as seat_ids, (select count(*) from told) as told
"""

# `complete`: every seat that was asked for is still claimed by this reservation, past its time or not.
_OWNED = """
    with owner as (
        select id, screening_id, state from reservations.reservations
        where id = :id and state = any(:states) for update
    ),
    locked as ({locked}),
    complete as (
        select 1 where exists (select 1 from locked) and (select count(*) from locked) =
          (select count(*) from reservations.reservation_seats where reservation_id = :id)
    ),
    told as ({tell}),
"""

_MOVE = """
    {owned}
    moved as (
        update reservations.reservations set state = :state, updated_at = clock_timestamp(),
          expires_at = coalesce(cast(:expires_at as timestamptz), expires_at)
        where id = :id and exists (select 1 from owner) and exists (select 1 from complete)
        returning screening_id, expires_at
    ),
    written as (
        update reservations.seat_claims held set expires_at = cast(:expires_at as timestamptz) from locked
        where held.screening_id = locked.screening_id and held.seat_id = locked.seat_id
          and held.reservation_id = :id and exists (select 1 from moved) returning held.seat_id
    )
    select moved.screening_id, moved.expires_at, (select count(*) from locked) as locked,
      (select array_agg(seat_id order by seat_id) from written) as seat_ids, (select count(*) from told) as told
    from moved
"""

_FREE = """
    {owned}
    moved as (
        update reservations.reservations set state = :state, updated_at = clock_timestamp()
        where id = :id and exists (select 1 from owner) returning screening_id
    ),
    gone as (
        delete from reservations.seat_claims held using locked
        where held.screening_id = locked.screening_id and held.seat_id = locked.seat_id
          and held.reservation_id = :id returning 1
    )
    select moved.screening_id, (select count(*) from locked) as locked, (select count(*) from gone) as gone,
      (select count(*) from told) as told
    from moved
"""

_DROP = """
    with owner as (select id, screening_id from reservations.reservations where id = :id),
    locked as ({locked})
    delete from reservations.seat_claims held using locked
    where held.screening_id = locked.screening_id and held.seat_id = locked.seat_id
      and held.reservation_id = :id and not held.seat_id = any(:kept)
    returning held.seat_id
"""

_UNDO = """
    with owner as (select id, screening_id from reservations.reservations where id = :id),
    locked as ({locked}),
    gone as (
        delete from reservations.seat_claims held using locked
        where held.screening_id = locked.screening_id and held.seat_id = locked.seat_id
          and held.reservation_id = :id
    ),
    ended as (delete from reservations.reservations where id = :id)
    select others.seat_id, others.expires_at from owner join reservations.seat_claims others using (screening_id)
    where others.reservation_id <> owner.id
      and (others.expires_at is null or others.expires_at >= clock_timestamp())
"""


@dataclass(frozen=True, slots=True)
class Statements:
    hold: TextClause
    claim_for: TextClause
    move: TextClause
    free: TextClause
    drop: TextClause
    undo: TextClause


def statements(*, claim: str = CLAIM, locked: str = LOCKED, limits: str = LOCK_HOLDS) -> Statements:
    """All writes, built from the one claim and the locks (the race tests build them with a guard taken out)."""
    owned = _OWNED.format(locked=locked, tell=TELL)
    return Statements(
        hold=text(_HOLD.format(limits=limits, claim=claim, tell=TELL)),
        claim_for=text(_CLAIM_FOR.format(claim=claim, tell=TELL)),
        move=text(_MOVE.format(owned=owned)),
        free=text(_FREE.format(owned=owned)),
        drop=text(_DROP.format(locked=locked)),
        undo=text(_UNDO.format(locked=locked)),
    )


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
    visitor: str,
    address_key: str,
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
        "visitor": visitor,
        "address_key": address_key,
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
    reservation_id: uuid.UUID, *, states: Sequence[str], state: str, expires_at: datetime | None
) -> Row | None:
    """Set a reservation's state and its claims' expiry (None: sold), if it still has every seat that it asked for.

    None when it is in another state or has lost a seat: then nothing has changed.
    """
    values = {"id": reservation_id, "states": list(states), "state": state, "expires_at": expires_at}
    # A change of seats that committed while we waited for the lock hides its new claims from the first statement.
    row = db.session().execute(SQL.move, values).one_or_none()
    row = row or db.session().execute(SQL.move, values).one_or_none()
    if row is not None and len(row.seat_ids or ()) != row.locked:
        raise ClaimsDisagree(str(reservation_id))
    return row


def free(reservation_id: uuid.UUID, *, states: Sequence[str], state: str) -> int | None:
    """Give a reservation's seats back and set its state; its screening, or None when it was in no such state."""
    if lock(reservation_id) is None:
        return None
    values = {"id": reservation_id, "states": list(states), "state": state}
    row = db.session().execute(SQL.free, values).one_or_none()
    if row is None:
        return None
    if row.gone != row.locked:
        raise ClaimsDisagree(str(reservation_id))
    return int(row.screening_id)


_DUE = text(
    """
    select id, expires_at from reservations.reservations where state = 'held' and expires_at < clock_timestamp()
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
        "select 1 from reservations.reservations where id = :id and state = 'held'"
        " and expires_at < clock_timestamp() for update skip locked"
    )
    return db.session().execute(statement, {"id": reservation_id}).first() is not None
