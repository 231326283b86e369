"""The SQL that writes claims. `CLAIM` is the only way to take a seat.

Every other write first locks its rows in the order of seat ids and matches the reservation; `claims.py` checks the row
counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import TextClause, text

from app.core.db import after_lock
from app.core.state_machine import one_of
from app.reservations.limits import LOCK_HOLD_LIMITS
from app.reservations.states import HELD, RESERVATION, ReservationEvent

# Claim the seats of `wanted(seat_id)` for the one row of `owner(id, screening_id, expires_at)`. Expired claims change
# their owner. Claims of the owner itself are written again: a change of seats claims old and new ones in one pass, so
# that all locks are taken in order.
CLAIM = """
    insert into reservations.seat_claims as held (screening_id, seat_id, reservation_id, expires_at)
    select owner.screening_id, wanted.seat_id, owner.id, owner.expires_at from owner, wanted order by wanted.seat_id
    on conflict (screening_id, seat_id) do update
      set reservation_id = excluded.reservation_id, expires_at = excluded.expires_at
      where held.expires_at < clock_timestamp() or held.reservation_id = excluded.reservation_id
    returning seat_id
"""

# Lock the claims of `owner`, whose row is locked already.
LOCKED = """
    select held.screening_id, held.seat_id from owner
    join reservations.seat_claims held on held.screening_id = owner.screening_id and held.reservation_id = owner.id
    order by held.screening_id, held.seat_id for update of held
"""

# NOTIFY serialises commits, so it is sent only for screenings whose seat map is on a screen.
NOTIFY = """
    select pg_notify('seats', owner.screening_id::text) from owner
    where exists (select 1 from reservations.seat_watches watch
                  where watch.screening_id = owner.screening_id and watch.until > clock_timestamp())
"""

_CREATE_HOLD = """
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
    stored as (
        insert into reservations.reservation_seats (reservation_id, seat_id)
        select owner.id, wanted.seat_id from owner, wanted
    ),
    notified as ({notify})
    select owner.expires_at, (select array_agg(seat_id) from claimed) as seat_ids,
      (select count(*) from notified) as notified,
      (select array_agg(others.seat_id) from reservations.seat_claims others
       where others.screening_id = :screening_id and others.seat_id = any(cast(:around as integer[]))
         and (others.expires_at is null or others.expires_at >= clock_timestamp())) as taken_around
    from owner
"""

_CLAIM_SEATS = """
    with owner as (
        select id, screening_id, cast(:expires_at as timestamptz) as expires_at
        from reservations.reservations where id = :id
    ),
    wanted as (select unnest(cast(:seat_ids as integer[])) as seat_id),
    claimed as ({claim}),
    notified as ({notify})
    select (select array_agg(seat_id) from claimed) as seat_ids, (select count(*) from notified) as notified
"""

# `complete` has a row if the reservation still has a claim, expired or not, for every seat that it asked for.
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
    notified as ({notify}),
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
      (select array_agg(seat_id order by seat_id) from written) as seat_ids,
      (select count(*) from notified) as notified
    from moved
"""

_RELEASE = """
    {owned}
    moved as (
        {update}
    ),
    deleted as (
        delete from reservations.seat_claims held using locked
        where held.screening_id = locked.screening_id and held.seat_id = locked.seat_id
          and held.reservation_id = :id returning 1
    )
    select moved.screening_id, (select count(*) from locked) as locked, (select count(*) from deleted) as deleted,
      (select count(*) from notified) as notified
    from moved
"""

_DELETE_CLAIMS = """
    with owner as (select id, screening_id from reservations.reservations where id = :id),
    locked as ({locked})
    delete from reservations.seat_claims held using locked
    where held.screening_id = locked.screening_id and held.seat_id = locked.seat_id
      and held.reservation_id = :id and not held.seat_id = any(:kept)
    returning held.seat_id
"""

_UNDO_HOLD = """
    with owner as (select id, screening_id from reservations.reservations where id = :id),
    locked as ({locked}),
    deleted as (
        delete from reservations.seat_claims held using locked
        where held.screening_id = locked.screening_id and held.seat_id = locked.seat_id
          and held.reservation_id = :id
    ),
    deleted_reservation as (delete from reservations.reservations where id = :id)
    select others.seat_id, others.expires_at from owner join reservations.seat_claims others using (screening_id)
    where others.reservation_id <> owner.id
      and (others.expires_at is null or others.expires_at >= clock_timestamp())
"""


@dataclass(frozen=True, slots=True)
class Statements:
    create_hold: TextClause
    claim_seats: TextClause
    move: Mapping[ReservationEvent, TextClause]
    release: Mapping[ReservationEvent, TextClause]
    delete_claims: TextClause
    undo_hold: TextClause


_UPDATED = "updated_at = clock_timestamp()"
_ENDED = f"{_UPDATED}, address_key = ''"
# The further columns that a move sets, for the events that keep the claims.
_MOVES: dict[ReservationEvent, str] = {
    "extend": f"{_UPDATED}, expires_at = cast(:expires_at as timestamptz)",
    "confirm": _ENDED,
}
_RELEASES: tuple[ReservationEvent, ...] = ("release", "withdraw", "expire")


def _statement_of(statement: str, event: ReservationEvent, locked: str, columns: str) -> TextClause:
    in_states = one_of("state", RESERVATION.before(event))
    update = RESERVATION.update(
        event,
        columns=columns,
        where="id = :id and exists (select 1 from owner)"
        + (" and exists (select 1 from complete)" if event in _MOVES else ""),
        returning="screening_id, expires_at",
    )
    owned = _OWNED.format(locked=locked, notify=NOTIFY, in_states=in_states)
    return text(statement.format(owned=owned, update=update))


def statements(*, claim: str = CLAIM, locked: str = LOCKED, limits: str = LOCK_HOLD_LIMITS) -> Statements:
    """Return all statements, built from the claim and the locks; race tests build them without a guard."""
    is_held = one_of("live.state", (HELD,))
    return Statements(
        create_hold=after_lock(
            limits, _CREATE_HOLD.format(claim=claim, notify=NOTIFY, held=HELD, is_held=is_held)
        ),
        claim_seats=text(_CLAIM_SEATS.format(claim=claim, notify=NOTIFY)),
        move={event: _statement_of(_MOVE, event, locked, columns) for event, columns in _MOVES.items()},
        release={event: _statement_of(_RELEASE, event, locked, _ENDED) for event in _RELEASES},
        delete_claims=text(_DELETE_CLAIMS.format(locked=locked)),
        undo_hold=text(_UNDO_HOLD.format(locked=locked)),
    )
