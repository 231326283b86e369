"""Move holds and requests to another visitor id, when a visitor signs in or out.

Locks are taken in the usual order: reservations, then requests, each by id.
"""

from __future__ import annotations

from app.core.state_machine import one_of
from app.reservations.queries import execute
from app.reservations.states import HELD, REQUEST


def reassign_visitor(before: str, after: str) -> None:
    """Assign the holds and requests of the visitor `before` to `after`; they count in the limits of `after`."""
    # `no key`: a foreign key check of a claim does not wait for this lock.
    execute(
        "with own as (select id from reservations.reservations where visitor = :before"
        f" and {one_of('state', (HELD,))} order by id for no key update)"
        " update reservations.reservations r set visitor = :after from own where r.id = own.id",
        before=before,
        after=after,
    )
    execute(
        "with own as (select id from reservations.requests"
        f" where visitor = :before and {one_of('state', REQUEST.before('cancel'))} order by id for no key update)"
        " update reservations.requests q set visitor = :after from own where q.id = own.id",
        before=before,
        after=after,
    )
