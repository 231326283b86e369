"""The waiting list: who found nothing that fitted is offered seats as they come back, the oldest request first.

An offer is a reservation like any other, held for the requester. Locks: screening, reservation, seats, request.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Row, text

from app.core import db
from app.core.codes import random_token
from app.core.config import settings
from app.core.contact import checked_email
from app.core.errors import Conflict, Invalid, NotFound
from app.core.messages import NoticeRequested, SeatsFreed
from app.core.outbox import publish
from app.events import service as events
from app.events.service import Screening
from app.reservations import claims, holding
from app.reservations.best import best_together
from app.reservations.states import RESERVATION
from app.reservations.views import NothingFits, Request, Reservation

TEMPLATE = "waiting_offer"


class OfferOver(Conflict):
    """There is no offer to accept: none was made yet, or its time is over, or it was accepted before."""


def check_quantity(quantity: int) -> None:
    """Raises Invalid `quantity.range`, unless 1 ≤ quantity ≤ the most seats of an order."""
    if not 1 <= quantity <= settings().max_seats:
        raise Invalid("quantity.range", "quantity", most=settings().max_seats)


def open_request(screening: Screening, quantity: int, *, locale: str, visitor: str) -> Request:
    """Write down a wish that nothing fitted; it waits once an e-mail is left (`wait_for_seats`).

    Raises Invalid and ScreeningClosed.
    """
    check_quantity(quantity)
    events.ensure_on_sale(screening)
    # A visitor's wish that was never followed up is replaced: trying again and again leaves one row.
    _execute(
        "delete from reservations.requests"
        " where screening_id = :screening_id and visitor = :visitor and state = 'open'",
        screening_id=screening.id,
        visitor=visitor,
    )
    token = random_token()
    _execute(
        "insert into reservations.requests (id, token, screening_id, quantity, locale, visitor)"
        " values (:id, :token, :screening_id, :quantity, :locale, :visitor)",
        id=uuid.uuid4(),
        token=token,
        screening_id=screening.id,
        quantity=quantity,
        locale=locale,
        visitor=visitor,
    )
    return request(token)


def wait_for_seats(token: str, quantity: int, email: str) -> Request:
    """Put an open request into the queue. Repeating it with the same token changes quantity and e-mail, not the place.

    Raises NotFound, Invalid, ScreeningClosed, Conflict `request.over`, and `request.too_many`.
    """
    check_quantity(quantity)
    address = checked_email(email)
    current = request(token)
    events.ensure_on_sale(events.screening(current.screening_id))
    _check_how_many(current, address)
    row = _execute(
        """
        update reservations.requests set state = 'waiting', quantity = :quantity, email = :email,
          waiting_since = coalesce(waiting_since, clock_timestamp())
        where token = :token and state in ('open', 'waiting') returning screening_id
        """,
        token=token,
        quantity=quantity,
        email=address,
    ).one_or_none()
    if row is None:
        raise Conflict("request.over", state=current.state)
    publish(SeatsFreed(screening_id=row.screening_id), urgent=True)
    return request(token)


def _check_how_many(current: Request, email: str) -> None:
    """Offers hold seats, and mails fill a mailbox: neither one browser nor one e-mail can queue for a whole room."""
    others = _execute(
        "select count(*) as waiting from reservations.requests"
        " where (visitor = :visitor or email = :email) and state in ('waiting', 'offered') and token <> :token",
        visitor=current.visitor,
        email=email,
        token=current.token,
    ).one()
    if others.waiting >= settings().max_live_holds_per_visitor:
        raise Conflict("request.too_many", most=settings().max_live_holds_per_visitor)


def join_waiting_list(screening: Screening, quantity: int, email: str, locale: str, visitor: str) -> Request:
    """Open a request and queue it at once, as `open_request` and `wait_for_seats` do."""
    opened = open_request(screening, quantity, locale=locale, visitor=visitor)
    return wait_for_seats(opened.token, quantity, email)


_REQUEST = """
    select q.id, q.token, q.screening_id, q.state, q.quantity, q.email, q.locale, q.visitor, q.reservation_id,
      q.offered_until,
      case when q.state = 'waiting' then 1 + (
        select count(*) from reservations.requests o where o.screening_id = q.screening_id and o.state = 'waiting'
          and (o.waiting_since, o.id) < (q.waiting_since, q.id)) end as position
    from reservations.requests q where q.token = :token
"""


def request(token: str) -> Request:
    """Raises NotFound."""
    row = _execute(_REQUEST, token=token).one_or_none()
    if row is None:
        raise NotFound("request")
    offer = holding.reservation(row.reservation_id) if row.reservation_id is not None else None
    return Request(
        id=row.id,
        token=row.token,
        screening_id=row.screening_id,
        state=row.state,
        quantity=row.quantity,
        email=row.email,
        locale=row.locale,
        visitor=row.visitor,
        position=row.position,
        offer=offer,
        offered_until=row.offered_until,
    )


def accept_offer(token: str) -> Reservation:
    """The requester takes the offered seats: offered → reserved, with at least the time of a usual hold left.

    Raises NotFound, ScreeningClosed and OfferOver.
    """
    current = request(token)
    if current.state != "offered" or current.offer is None:
        raise OfferOver("offer.over", state=current.state)
    events.ensure_on_sale(events.screening(current.screening_id))
    if not _still_open(current.offer):
        raise OfferOver("offer.over", state="expired")
    least = _execute("select clock_timestamp() as now").one().now + timedelta(minutes=settings().hold_minutes)
    deadline = max(current.offer.deadline, least)
    moved = claims.move(
        current.offer.id, states=("held",), state="held", expires_at=deadline + holding.grace()
    )
    if moved is None or not _set_state(token, "offered", "reserved"):
        raise OfferOver("offer.over", state="expired")
    return holding.reservation(current.offer.id)


def _still_open(offer: Reservation) -> bool:
    return bool(_execute("select clock_timestamp() < :until as open", until=offer.expires_at).one().open)


def cancel_request(token: str) -> Request:
    """The requester leaves the queue; offered seats go on to the next. Doing it twice changes nothing.

    Raises NotFound, and Conflict `request.over` for one that has got its seats.
    """
    current = request(token)
    if current.state == "reserved":
        raise Conflict("request.over", state=current.state)
    if current.state == "offered" and current.offer is not None:
        claims.free(current.offer.id, states=RESERVATION.before("released"), state="released")
    for before in ("offered", "waiting", "open"):
        if _set_state(token, before, "cancelled"):
            seats_freed(current.screening_id)
            break
    return request(token)


def offer_next(screening_id: int) -> int:
    """Offer free seats to whom they fit, oldest request first, under the screening's lock; returns how many offers.

    Where sales are over, the queue is closed instead.
    """
    holding.lock_screening(screening_id)
    screening = events.screening(screening_id)
    if not events.on_sale(screening):
        _close_queue(screening_id)
        return 0
    waiting = _execute(
        "select id, token, quantity, email, locale, visitor from reservations.requests"
        " where screening_id = :screening_id and state = 'waiting' order by waiting_since, id for update skip locked",
        screening_id=screening_id,
    ).all()
    offers = 0
    plan = events.seat_plan(screening.auditorium_id)
    taken = holding.seat_states(screening_id) if waiting else {}
    for row in waiting:
        if best_together(plan, row.quantity, taken) is not None and _offer(screening, row):
            offers += 1
            taken = holding.seat_states(screening_id)
    return offers


def _offer(screening: Screening, row: Row) -> bool:
    try:
        offer = holding.hold_best(
            screening,
            row.quantity,
            visitor=row.visitor,
            address_key="",
            minutes=settings().offer_minutes,
            limited=False,
        )
    except NothingFits:
        return False
    _execute(
        "update reservations.requests set state = 'offered', reservation_id = :reservation_id,"
        " offered_until = :deadline where id = :id and state = 'waiting'",
        id=row.id,
        reservation_id=offer.id,
        deadline=offer.deadline,
    )
    _tell_requester(screening, row, offer)
    return True


def _tell_requester(screening: Screening, row: Row, offer: Reservation) -> None:
    plan = events.seat_plan(screening.auditorium_id)
    seats = sorted((plan.by_id[seat_id] for seat_id in offer.seat_ids), key=lambda s: (s.row_index, s.column))
    publish(
        NoticeRequested(
            template=TEMPLATE,
            email=row.email,
            locale=row.locale,
            facts={
                "path": f"/requests/{row.token}",
                "film_title": screening.film.title_in(row.locale),
                "cinema_name": screening.cinema.name,
                "auditorium_name": screening.auditorium_name,
                "starts_at": screening.starts_at.isoformat(),
                "timezone": screening.cinema.timezone,
                "seats": [seat.name for seat in seats],
                "quantity": row.quantity,
                "until": offer.deadline.isoformat(),
                "minutes": settings().offer_minutes,
            },
        ),
        urgent=True,
    )


def _close_queue(screening_id: int) -> None:
    _execute(
        "update reservations.requests set state = 'expired' where screening_id = :screening_id and state = 'waiting'",
        screening_id=screening_id,
    )


def offer_ended(reservation_id: uuid.UUID) -> None:
    """The reservation behind an offer has ended by its clock: so has the offer."""
    _execute(
        "update reservations.requests set state = 'expired' where reservation_id = :id and state = 'offered'",
        id=reservation_id,
    )


def screenings_waited_for() -> list[int]:
    return [
        row.screening_id
        for row in _execute("select distinct screening_id from reservations.requests where state = 'waiting'")
    ]


def seats_freed(screening_id: int) -> None:
    """Seats came back: tell the worker, if somebody waits for them. (The tick looks again in any case.)"""
    waits = _execute(
        "select 1 from reservations.requests where screening_id = :screening_id and state = 'waiting' limit 1",
        screening_id=screening_id,
    ).first()
    if waits is not None:
        publish(SeatsFreed(screening_id=screening_id), urgent=True)


def _set_state(token: str, before: str, after: str) -> bool:
    row = _execute(
        "update reservations.requests set state = :after where token = :token and state = :before returning 1",
        token=token,
        before=before,
        after=after,
    )
    return row.first() is not None


def _execute(statement: str, **values: object) -> CursorResult[Any]:
    return cast(CursorResult[Any], db.session().execute(text(statement), values))
