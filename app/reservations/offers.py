"""Offer freed seats to the waiting list, the oldest request first, and close the list when sales end.

Locks are taken in this order: screening, reservation, seats, request.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from app.core.actor import Actor
from app.core.config import settings
from app.core.moves import move
from app.core.state_machine import one_of
from app.events import service as events
from app.events.service import Screening
from app.reservations import claims, holds, waiting_notices
from app.reservations.queries import claimed_seats, execute
from app.reservations.seat_finding.best_seats import best_together
from app.reservations.states import LIVE_REQUESTS, OFFERED, REQUEST, WAITING
from app.reservations.views import NothingFits

_IS_WAITING = one_of("state", (WAITING,))
_ENDED_NOW = "ended_at = clock_timestamp()"
_OFFER = move(REQUEST, "offer", columns="reservation_id = :reservation_id, offered_until = :deadline")
_END_OFFER = move(
    REQUEST,
    "end_offer",
    columns=_ENDED_NOW,
    where="reservation_id = :reservation_id",
    returning="email, locale",
)


def offer_next(screening_id: int) -> bool:
    """Offer free seats to the oldest request that they fit, under the lock of the screening; return whether it did.

    A transaction makes one offer: the seats of a second one would be locked out of the order of their ids. When sales
    are over, the waiting list is closed instead.
    """
    holds.lock_screening(screening_id)
    screening = events.screening(screening_id)
    if screening.status == "cancelled":
        _cancel_requests(screening)
    if not events.on_sale(screening):
        _close_waiting_list(screening_id)
        return False
    waiting = execute(
        "select id, token, quantity, email, locale, visitor from reservations.requests"
        f" where screening_id = :screening_id and {_IS_WAITING} order by waiting_since, id for update skip locked",
        screening_id=screening_id,
    ).all()
    plan = events.seat_plan(screening.auditorium_id)
    taken = claimed_seats(screening_id).keys() | plan.not_sold if waiting else frozenset()
    for row in waiting:
        if best_together(plan, row.quantity, taken) is None:
            continue
        if not events.lock_scheduled(screening_id):
            return (
                False  # just cancelled: a tick closes the list when this process's programme cache is current
            )
        if _offer(screening, row):
            return True
    return False


def _offer(screening: Screening, row: Row[Any]) -> bool:
    try:
        offer = holds.create_best_hold(
            screening,
            row.quantity,
            Actor(visitor=row.visitor, locale=row.locale),
            minutes=settings().holds.offer_minutes,
            limited=False,
        )
    except NothingFits:
        return False
    _OFFER.require(id=row.id, reservation_id=offer.id, deadline=offer.deadline)
    waiting_notices.send_offer(screening, row, offer)
    return True


def _cancel_requests(screening: Screening) -> None:
    """Expire the requests of a cancelled screening, release its offers, and send notices with the reason."""
    offered = execute(
        "select reservation_id from reservations.requests"
        f" where screening_id = :screening_id and {one_of('state', (OFFERED,))} order by reservation_id",
        screening_id=screening.id,
    )
    expired: list[Row[Any]] = []
    for reservation_id in offered.scalars().all():
        claims.lock(reservation_id)
        ended = _END_OFFER.perform_all(reservation_id=reservation_id)
        if (
            ended
        ):  # otherwise it was accepted meanwhile: order-service cancels the order that has the seats now
            claims.release(reservation_id, "withdraw")
        expired += ended
    expired += _close_waiting_list(screening.id)
    for row in expired:
        waiting_notices.send_called_off(screening, row)


_CLOSE = REQUEST.update(
    "close",
    columns=_ENDED_NOW,
    using="waiting",
    where="q.id = waiting.id",
    alias="q",
    returning="q.email, q.locale",
)
# Requests are locked by id, as when a visitor signs in (`ownership.py`): otherwise the two would deadlock.
CLOSE_WAITING_LIST = f"""
    with waiting as (
        select id from reservations.requests where screening_id = :screening_id and {_IS_WAITING}
        order by id for no key update
    )
    {_CLOSE}
"""


def _close_waiting_list(screening_id: int) -> Sequence[Row[Any]]:
    """Expire the waiting requests; return their e-mails and languages."""
    return execute(CLOSE_WAITING_LIST, screening_id=screening_id).all()


def expire_offer(reservation_id: uuid.UUID) -> None:
    """Expire the request whose offer this expired reservation was, if there is one."""
    _END_OFFER.perform(reservation_id=reservation_id)


def screenings_with_requests() -> list[int]:
    """Return the screenings with waiting or offered requests; an offer must end if its screening was cancelled."""
    rows = execute(
        f"select distinct screening_id from reservations.requests where {one_of('state', LIVE_REQUESTS)}"
        " order by screening_id"
    )
    return list(rows.scalars())
