"""Delete old requests and reservations; export and erase the requests of one person."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row

from app.core import db
from app.core.config import settings
from app.core.state_machine import none_of, one_of
from app.reservations.queries import execute
from app.reservations.states import EXPIRED, HELD, LIVE_REQUESTS, RELEASED, RESERVED

BATCH = 500

_ENDED = f"""
    select id, reservation_id, state from reservations.requests
    where {none_of("state", LIVE_REQUESTS)}
      and coalesce(ended_at, created_at) < statement_timestamp() - make_interval(days => :days)
    order by coalesce(ended_at, created_at), id limit :most for update skip locked
"""


def delete_requests(days: int, *, most: int = BATCH) -> int:
    """Delete up to `most` requests that ended, or stayed without an e-mail, `days` ago; return how many.

    The reservation of an offer that was not accepted is deleted too; an accepted one belongs to an order.
    """
    rows = execute(_ENDED, days=days, most=most).all()
    _delete(rows)
    return len(rows)


def _delete(rows: Collection[Row[Any]]) -> None:
    execute("delete from reservations.requests where id = any(:ids)", ids=[row.id for row in rows])
    delete_reservations([row.reservation_id for row in rows if row.reservation_id and row.state != RESERVED])


# Claims are locked in the order of every other write. An ended reservation has none, unless a release failed.
_EXPIRED_CLAIMS = """
    with locked as (
        select screening_id, seat_id from reservations.seat_claims
        where reservation_id = any(:ids) and expires_at is not null order by screening_id, seat_id for update
    )
    delete from reservations.seat_claims held using locked
    where held.screening_id = locked.screening_id and held.seat_id = locked.seat_id
"""


def delete_reservations(reservation_ids: Collection[uuid.UUID]) -> None:
    """Delete reservations that ended without a sale, and the requests whose offers they were."""
    ids = sorted(reservation_ids)
    execute("delete from reservations.requests where reservation_id = any(:ids)", ids=ids)
    execute(_EXPIRED_CLAIMS, ids=ids)
    execute(
        f"delete from reservations.reservations where id = any(:ids) and {one_of('state', (RELEASED, EXPIRED))}",
        ids=ids,
    )


_CLEAR_ADDRESS_KEYS = f"""
    update reservations.reservations set address_key = '' where id in (
        select id from reservations.reservations where {none_of("state", (HELD,))} and address_key <> ''
        order by id limit :most for update skip locked)
    returning 1
"""


def clear_address_keys(*, most: int = BATCH) -> int:
    """Clear the address keys of up to `most` ended reservations; return how many.

    A hold clears its own key when it ends. This is for rows that earlier versions have written.
    """
    return len(execute(_CLEAR_ADDRESS_KEYS, most=most).all())


def delete_old_data() -> None:
    """Delete what is older than the setting, each batch in a transaction of its own."""
    deleted = BATCH
    while deleted == BATCH:
        with db.transaction():
            deleted = max(delete_requests(settings().retention.requests_days), clear_address_keys())


def export(email: str) -> list[dict[str, object]]:
    """Return the requests with this e-mail, as JSON objects."""
    rows = execute(
        "select jsonb_build_object('screening_id', screening_id, 'state', state, 'quantity', quantity, 'email', email,"
        " 'locale', locale, 'created_at', created_at, 'waiting_since', waiting_since,"
        " 'offered_until', offered_until, 'ended_at', ended_at)"
        " from reservations.requests where lower(email) = lower(:email) order by created_at",
        email=email,
    )
    return [dict(row) for row in rows.scalars()]


def live_requests(email: str) -> list[str]:
    """Return the tokens of the requests with this e-mail that wait or have an offer."""
    rows = execute(
        "select token from reservations.requests where lower(email) = lower(:email)"
        f" and {one_of('state', LIVE_REQUESTS)} order by id",
        email=email,
    )
    return list(rows.scalars())


def erase(email: str) -> int:
    """Delete the requests with this e-mail that have ended (for others see `live_requests`); return how many."""
    rows = execute(
        "select id, reservation_id, state from reservations.requests where lower(email) = lower(:email)"
        f" and {none_of('state', LIVE_REQUESTS)} order by id for update",
        email=email,
    ).all()
    _delete(rows)
    return len(rows)
