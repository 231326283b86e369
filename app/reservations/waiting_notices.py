"""The messages of the waiting list: notices to the people who wait, and SeatsFreed to the worker that serves it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from app.core.config import settings
from app.core.messages import NoticeRequested, SeatsFreed
from app.core.outbox import publish, withdraw
from app.core.pages import Page
from app.core.state_machine import one_of
from app.events import service as events
from app.events.service import Screening
from app.reservations.queries import execute
from app.reservations.states import WAITING
from app.reservations.views import Request, Reservation

OFFER = "waiting_offer"
CANCELLED = "waiting_called_off"
JOINED = "waiting_joined"


def send_offer(screening: Screening, row: Row[Any], offer: Reservation) -> None:
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


def send_called_off(screening: Screening, row: Row[Any]) -> None:
    """Send the reason for which the screening was cancelled, with a link to its film."""
    facts = {"reason": screening.cancel_reason}
    _send_notice(CANCELLED, screening, row, facts, page=Page.FILM, key=screening.film.slug)


def send_joined(screening: Screening, request: Request) -> None:
    """Send the position in the waiting list and the link of the request's page, which is the only way back to it.

    The notice is not sent when sales are over.
    """
    facts = {"position": request.position, "quantity": request.quantity}
    ends = screening.sales_close_at.isoformat()
    _send_notice(JOINED, screening, request, facts, page=Page.REQUEST, key=request.token, not_after=ends)


def withdraw_joined(request: Request) -> None:
    """Do not send the notice of joining any more: the request was cancelled."""
    withdraw(NoticeRequested, template=JOINED, page=Page.REQUEST, key=request.token)


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


def publish_seats_freed(screening_id: int) -> None:
    """Publish SeatsFreed if a request waits for seats of the screening. (A tick serves the list in any case.)"""
    waiting = execute(
        "select 1 from reservations.requests"
        f" where screening_id = :screening_id and {one_of('state', (WAITING,))} limit 1",
        screening_id=screening_id,
    ).first()
    if waiting is not None:
        publish(SeatsFreed(screening_id=screening_id), urgent=True)
