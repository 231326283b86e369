"""Serving the waiting list: seats that come back are offered, the oldest request first; a queue that ends is told so.

Locks: screening, reservation, seats, request.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from app.core.actor import Actor
from app.core.config import settings
from app.core.messages import NoticeRequested, SeatsFreed
from app.core.outbox import publish, withdraw
from app.core.pages import Page
from app.core.state_machine import one_of
from app.events import service as events
from app.events.service import Screening
from app.reservations import claims, holding
from app.reservations.best import best_together
from app.reservations.holding import execute
from app.reservations.states import LIVE_REQUESTS, OFFERED, REQUEST, WAITING
from app.reservations.views import NothingFits, Request, Reservation

OFFER = "waiting_offer"
CALLED_OFF = "waiting_called_off"
JOINED = "waiting_joined"

_IS_WAITING = one_of("state", (WAITING,))
_ENDED_NOW = "ended_at = clock_timestamp()"
_OFFER = REQUEST.move("offer", columns="reservation_id = :reservation_id, offered_until = :deadline")
_END_OFFER = REQUEST.move(
    "end_offer", columns=_ENDED_NOW, where="reservation_id = :reservation_id", returning="email, locale"
)


def offer_next(screening_id: int) -> bool:
    """Offer free seats to the oldest request that they fit, under the screening's lock; returns whether it did.

    One offer a transaction: a second one's seats would be locked out of the order of their ids. Where sales are over,
    the queue is closed instead.
    """
    holding.lock_screening(screening_id)
    screening = events.screening(screening_id)
    if screening.status == "cancelled":
        _call_off(screening)
    if not events.on_sale(screening):
        _close_queue(screening_id)
        return False
    waiting = execute(
        "select id, token, quantity, email, locale, visitor from reservations.requests"
        f" where screening_id = :screening_id and {_IS_WAITING} order by waiting_since, id for update skip locked",
        screening_id=screening_id,
    ).all()
    plan = events.seat_plan(screening.auditorium_id)
    taken = holding.seat_states(screening_id) if waiting else {}
    for row in waiting:
        if best_together(plan, row.quantity, taken) is None:
            continue
        if not events.keep_scheduled(screening_id):
            return False  # called off a moment ago; the clock closes the queue as soon as this process has heard of it
        if _offer(screening, row):
            return True
    return False


def _offer(screening: Screening, row: Row[Any]) -> bool:
    try:
        offer = holding.hold_best(
            screening,
            row.quantity,
            Actor(visitor=row.visitor, locale=row.locale),
            minutes=settings().holds.offer_minutes,
            limited=False,
        )
    except NothingFits:
        return False
    _OFFER.require(id=row.id, reservation_id=offer.id, deadline=offer.deadline)
    _tell_offer(screening, row, offer)
    return True


def _tell_offer(screening: Screening, row: Row[Any], offer: Reservation) -> None:
    """While it lasts: its mail names a time and no day."""
    plan = events.seat_plan(screening.auditorium_id)
    seats = sorted((plan.by_id[seat_id] for seat_id in offer.seat_ids), key=lambda s: (s.row_index, s.column))
    _tell(
        OFFER,
        screening,
        row,
        {
            "seats": [seat.name for seat in seats],
            "quantity": row.quantity,
            "until": offer.deadline.isoformat(),
            "minutes": settings().holds.offer_minutes,
        },
        page=Page.REQUEST,
        key=row.token,
        not_after=offer.deadline.isoformat(),
    )


def _tell(
    template: str,
    screening: Screening,
    row: Row[Any] | Request,
    facts: dict[str, Any],
    *,
    page: Page,
    key: str,
    not_after: str | None = None,
) -> None:
    what = {
        "film_title": screening.film.title_in(row.locale),
        "cinema_name": screening.cinema.name,
        "auditorium_name": screening.auditorium_name,
        "starts_at": screening.starts_at.isoformat(),
        "timezone": screening.showtime.timezone,
        "starts_local": screening.showtime.clock.isoformat(),
    }
    publish(
        NoticeRequested(
            template, str(row.email), row.locale, what | facts, not_after=not_after, page=page, key=key
        ),
        urgent=True,
    )


def tell_joined(screening: Screening, request: Request) -> None:
    """Who has joined the line is told the place, and the address of the page: it is the only way back to it.

    The mail is not sent once sales are over.
    """
    facts = {"position": request.position, "quantity": request.quantity}
    ends = screening.sales_close_at.isoformat()
    _tell(JOINED, screening, request, facts, page=Page.REQUEST, key=request.token, not_after=ends)


def withdraw_joined(request: Request) -> None:
    """Who has left the line is not told of it any more."""
    withdraw(NoticeRequested, template=JOINED, page=Page.REQUEST, key=request.token)


def _call_off(screening: Screening) -> None:
    """The screening does not happen: who waits is told, with the reason, and what was offered is given back."""
    offered = execute(
        "select reservation_id from reservations.requests"
        f" where screening_id = :screening_id and {one_of('state', (OFFERED,))} order by reservation_id",
        screening_id=screening.id,
    )
    told: list[Row[Any]] = []
    for reservation_id in offered.scalars().all():
        claims.lock(reservation_id)
        ended = _END_OFFER.perform_all(reservation_id=reservation_id)
        if ended:  # else it was taken meanwhile: an order has the seats now, and is called off as one
            claims.free(reservation_id, "withdraw")
        told += ended
    told += _close_queue(screening.id)
    for row in told:
        facts = {"reason": screening.cancel_reason}
        _tell(CALLED_OFF, screening, row, facts, page=Page.FILM, key=screening.film.slug)


# By id, as whoever signs in takes along what they wait for (`owning.py`): else each waits for the other for ever.
_CLOSE = REQUEST.update(
    "close",
    columns=_ENDED_NOW,
    using="waiting",
    where="q.id = waiting.id",
    alias="q",
    returning="q.email, q.locale",
)
CLOSE_QUEUE = f"""
    with waiting as (
        select id from reservations.requests where screening_id = :screening_id and {_IS_WAITING}
        order by id for no key update
    )
    {_CLOSE}
"""


def _close_queue(screening_id: int) -> Sequence[Row[Any]]:
    """Nobody waits any more; who did."""
    return execute(CLOSE_QUEUE, screening_id=screening_id).all()


def offer_ended(reservation_id: uuid.UUID) -> None:
    """The reservation behind an offer has ended by its clock: so has the offer."""
    _END_OFFER.perform(reservation_id=reservation_id)


def screenings_waited_for() -> list[int]:
    """Where somebody waits; or holds an offer, which must end if the screening was called off meanwhile."""
    rows = execute(
        f"select distinct screening_id from reservations.requests where {one_of('state', LIVE_REQUESTS)}"
        " order by screening_id"
    )
    return list(rows.scalars())


def seats_freed(screening_id: int) -> None:
    """Seats came back: tell the worker, if somebody waits for them. (The tick looks again in any case.)"""
    waits = execute(
        f"select 1 from reservations.requests where screening_id = :screening_id and {_IS_WAITING} limit 1",
        screening_id=screening_id,
    ).first()
    if waits is not None:
        publish(SeatsFreed(screening_id=screening_id), urgent=True)
