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
from app.core.messages import NoticeRequested, SeatsFreed
from app.core.moves import move
from app.core.outbox import publish, withdraw
from app.core.pages import Page
from app.core.state_machine import one_of
from app.events import service as events
from app.events.service import Screening
from app.reservations import claims, holds
from app.reservations.queries import execute, seat_states
from app.reservations.seat_finding.best_seats import best_together
from app.reservations.states import LIVE_REQUESTS, OFFERED, REQUEST, WAITING
from app.reservations.views import NothingFits, Request, Reservation

OFFER = "waiting_offer"
CANCELLED = "waiting_called_off"
JOINED = "waiting_joined"

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
    taken = seat_states(screening_id) if waiting else {}
    for row in waiting:
        if best_together(plan, row.quantity, taken) is None:
            continue
        if not events.lock_scheduled(screening_id):
            return False  # just cancelled: a tick closes the list when the programme cache of this process has noticed
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
    _send_offer_notice(screening, row, offer)
    return True


def _send_offer_notice(screening: Screening, row: Row[Any], offer: Reservation) -> None:
    """Send the notice of an offer, not after its end: the mail names the hour without the day."""
    plan = events.seat_plan(screening.auditorium_id)
    seats = sorted((plan.by_id[seat_id] for seat_id in offer.seat_ids), key=lambda s: (s.row_index, s.column))
    _send_notice(
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


def _send_notice(
    template: str,
    screening: Screening,
    row: Row[Any] | Request,
    facts: dict[str, Any],
    *,
    page: Page,
    key: str,
    not_after: str | None = None,
) -> None:
    screening_facts = {
        "film_title": screening.film.title_in(row.locale),
        "cinema_name": screening.cinema.name,
        "auditorium_name": screening.auditorium_name,
        "starts_at": screening.starts_at.isoformat(),
        "timezone": screening.showtime.timezone,
        "starts_local": screening.showtime.clock.isoformat(),
    }
    publish(
        NoticeRequested(
            template,
            str(row.email),
            row.locale,
            screening_facts | facts,
            not_after=not_after,
            page=page,
            key=key,
        ),
        urgent=True,
    )


def send_joined_notice(screening: Screening, request: Request) -> None:
    """Send the position in the waiting list and the link of the request's page, which is the only way back to it.

    The notice is not sent when sales are over.
    """
    facts = {"position": request.position, "quantity": request.quantity}
    ends = screening.sales_close_at.isoformat()
    _send_notice(JOINED, screening, request, facts, page=Page.REQUEST, key=request.token, not_after=ends)


def withdraw_joined_notice(request: Request) -> None:
    """Do not send the notice of joining any more: the request was cancelled."""
    withdraw(NoticeRequested, template=JOINED, page=Page.REQUEST, key=request.token)


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
        facts = {"reason": screening.cancel_reason}
        _send_notice(CANCELLED, screening, row, facts, page=Page.FILM, key=screening.film.slug)


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


def publish_seats_freed(screening_id: int) -> None:
    """Publish SeatsFreed if a request waits for seats of the screening. (A tick serves the list in any case.)"""
    waiting = execute(
        f"select 1 from reservations.requests where screening_id = :screening_id and {_IS_WAITING} limit 1",
        screening_id=screening_id,
    ).first()
    if waiting is not None:
        publish(SeatsFreed(screening_id=screening_id), urgent=True)
