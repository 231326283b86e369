"""Whose holds and places in line count as one visitor's: they go along when somebody signs in or out.

Locks: reservations, then requests, each by id, as everywhere.
"""

from __future__ import annotations

from app.core.state_machine import one_of
from app.reservations.holding import execute
from app.reservations.states import HELD, REQUEST


def hand_over(before: str, after: str) -> None:
    """What the visitor `before` holds and waits for is `after`'s, and counts in their limits."""
    # `no key`: whoever writes a claim of such a reservation only asks that it stays, and need not wait.
    execute(
        "with theirs as (select id from reservations.reservations where visitor = :before"
        f" and {one_of('state', (HELD,))} order by id for no key update)"
        " update reservations.reservations r set visitor = :after from theirs where r.id = theirs.id",
        before=before,
        after=after,
    )
    execute(
        "with theirs as (select id from reservations.requests"
        f" where visitor = :before and {one_of('state', REQUEST.before('cancel'))} order by id for no key update)"
        " update reservations.requests q set visitor = :after from theirs where q.id = theirs.id",
        before=before,
        after=after,
    )
