"""The words of the statements that write claims, each built from the one claim and the locks.

`CLAIM` is the one way to take a seat. Every other write first locks its rows in seat order and matches the reservation;
`claims` checks its row count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import TextClause, text

from app.core.db import after_lock
from app.core.state_machine import one_of
from app.reservations.limits import LOCK_HOLDS
from app.reservations.states import HELD, RESERVATION, ReservationEvent

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
    with owner as (
        insert into reservations.reservations (id, screening_id, state, expires_at, visitor, address_key, channel,
            device)
        select :id, :screening_id, '{held}', clock_timestamp() + make_interval(secs => :seconds), :visitor,
            :address_key, :channel, cast(:device as uuid)
        where (cast(:visitor_limit as integer) is null or not exists (
                select 1 from reservations.reservations live
                where live.visitor = :visitor and {is_held} and live.expires_at > clock_timestamp()
                offset cast(:visitor_limit as integer) - 1 limit 1))
          and (cast(:address_limit as integer) is null or not exists (
                select 1 from reservations.reservations live
                where live.address_key = :address_key and {is_held} and live.expires_at > clock_timestamp()
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
        where id = :id and {in_states} for update
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
        {update}
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
        {update}
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
    move: Mapping[ReservationEvent, TextClause]
    free: Mapping[ReservationEvent, TextClause]
    drop: TextClause
    undo: TextClause


_UPDATED = "updated_at = clock_timestamp()"
_FREED = f"{_UPDATED}, address_key = ''"
# What becomes of the reservation beside its state, for the events that keep its claims.
_MOVES: dict[ReservationEvent, str] = {
    "extend": f"{_UPDATED}, expires_at = cast(:expires_at as timestamptz)",
    "confirm": _FREED,
}
_FREES: tuple[ReservationEvent, ...] = ("release", "withdraw", "expire")


def _of_event(statement: str, event: ReservationEvent, locked: str, columns: str) -> TextClause:
    in_states = one_of("state", RESERVATION.before(event))
    update = RESERVATION.update(
        event,
        columns=columns,
        where="id = :id and exists (select 1 from owner)"
        + (" and exists (select 1 from complete)" if event in _MOVES else ""),
        returning="screening_id, expires_at",
    )
    owned = _OWNED.format(locked=locked, tell=TELL, in_states=in_states)
    return text(statement.format(owned=owned, update=update))


def statements(*, claim: str = CLAIM, locked: str = LOCKED, limits: str = LOCK_HOLDS) -> Statements:
    """All writes, built from the one claim and the locks (the race tests build them with a guard taken out)."""
    is_held = one_of("live.state", (HELD,))
    return Statements(
        hold=after_lock(limits, _HOLD.format(claim=claim, tell=TELL, held=HELD, is_held=is_held)),
        claim_for=text(_CLAIM_FOR.format(claim=claim, tell=TELL)),
        move={event: _of_event(_MOVE, event, locked, columns) for event, columns in _MOVES.items()},
        free={event: _of_event(_FREE, event, locked, _FREED) for event in _FREES},
        drop=text(_DROP.format(locked=locked)),
        undo=text(_UNDO.format(locked=locked)),
    )
