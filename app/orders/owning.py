"""Whose order it is while it is bought: the browser's that began it, and its account's."""

from __future__ import annotations

from sqlalchemy import text

from app.core import db
from app.reservations import service as reservations

_HAND_OVER = text(
    """
    with theirs as (select id from orders.orders where visitor = :before order by id for update)
    update orders.orders set visitor = :after from theirs where orders.id = theirs.id
    """
)


def hand_over(before: str | None, after: str) -> None:
    """All orders of the visitor `before` (None: a newcomer, who has none) are `after`'s, whom nobody else may know.

    What they hold and wait for goes along: a new visitor has not got new limits.
    """
    if before is not None:
        db.session().execute(_HAND_OVER, {"before": before, "after": after})
        reservations.hand_over(before, after)
