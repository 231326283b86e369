"""The waiting list as its requester sees it: lining up, the place in line, taking the offered seats, leaving.

An offer is a reservation like any other, held for the requester. Locks: reservation, seats, request; `offering.py`
locks the screening before them.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from app.core.actor import Actor
from app.core.codes import ordered_id, random_token
from app.core.config import settings
from app.core.contact import checked_email
from app.core.errors import Conflict, Invalid, NotFound
from app.core.messages import SeatsFreed
from app.core.outbox import publish
from app.core.state_machine import one_of
from app.events import service as events
from app.events.service import Screening
from app.reservations import claims, holding, limits
from app.reservations.holding import execute
from app.reservations.offering import seats_freed, tell_joined, withdraw_joined
from app.reservations.states import EXPIRED, LIVE_REQUESTS, OFFERED, OPEN, REQUEST, RESERVED, WAITING
from app.reservations.views import Request, Reservation

_WAIT = REQUEST.move(
    "wait",
    columns="quantity = :quantity, email = :email, waiting_since = coalesce(waiting_since, clock_timestamp())",
    where="token = :token",
    returning="screening_id",
)
_ACCEPT = REQUEST.move("accept", columns="ended_at = clock_timestamp()", where="token = :token")
# `seen` is the state in which the caller has read the request: an offer is given back under its reservation's lock.
CANCEL = REQUEST.move(
    "cancel", columns="ended_at = clock_timestamp()", where="token = :token and state = :seen"
)


class OfferOver(Conflict):
    """There is no offer to accept: none was made yet, or its time is over, or it was accepted before."""


def check_quantity(quantity: int) -> None:
    """Raises Invalid `quantity.range`, unless 1 ≤ quantity ≤ the most seats of an order."""
    if not 1 <= quantity <= settings().holds.max_seats:
        raise Invalid("quantity.range", "quantity", most=settings().holds.max_seats)


def open_request(screening: Screening, quantity: int, actor: Actor) -> Request:
    """Write down a wish that nothing fitted; it waits once an e-mail is left (`wait_for_seats`).

    Raises Invalid and ScreeningClosed.
    """
    check_quantity(quantity)
    events.ensure_on_sale(screening)
    # A visitor's wish that was never followed up is replaced: trying again and again leaves one row.
    execute(
        "delete from reservations.requests"
        f" where screening_id = :screening_id and visitor = :visitor and {one_of('state', (OPEN,))}",
        screening_id=screening.id,
        visitor=actor.visitor,
    )
    token = random_token()
    execute(
        "insert into reservations.requests (id, token, screening_id, quantity, locale, visitor)"
        " values (:id, :token, :screening_id, :quantity, :locale, :visitor)",
        id=ordered_id(),
        token=token,
        screening_id=screening.id,
        quantity=quantity,
        locale=actor.locale,
        visitor=actor.visitor,
    )
    return request(token)


def wait_for_seats(token: str, quantity: int, email: str) -> Request:
    """Put an open request into the queue. Repeating it with the same token changes quantity and e-mail, not the place.

    A mail goes to an e-mail that is new to the request, with the place in line and the page's address.
    Raises NotFound, Invalid, ScreeningClosed, Conflict `request.over`, and `request.too_many`.
    """
    check_quantity(quantity)
    address = checked_email(email)
    current = request(token)
    screening = events.screening(current.screening_id)
    events.ensure_on_sale(screening)
    limits.lock_places(current.visitor, address)
    _check_how_many(current, address)
    row = _WAIT.perform(token=token, quantity=quantity, email=address)
    if row is None:
        raise Conflict("request.over", state=current.state)
    joined = request(token)
    if address != current.email:
        tell_joined(screening, joined)
    publish(SeatsFreed(screening_id=row.screening_id), urgent=True)
    return joined


def _check_how_many(current: Request, email: str) -> None:
    """Offers hold seats, and mails fill a mailbox: neither one browser nor one e-mail can queue for a whole room."""
    others = execute(
        "select count(*) as waiting from reservations.requests"
        " where (visitor = :visitor or email = :email)"
        f" and {one_of('state', LIVE_REQUESTS)} and token <> :token",
        visitor=current.visitor,
        email=email,
        token=current.token,
    ).one()
    if others.waiting >= settings().holds.max_per_visitor:
        raise Conflict("request.too_many", most=settings().holds.max_per_visitor)


def join_waiting_list(screening: Screening, quantity: int, email: str, actor: Actor) -> Request:
    """Open a request and queue it at once, as `open_request` and `wait_for_seats` do."""
    limits.lock_places(actor.visitor, checked_email(email))  # before the visitor's rows are locked
    opened = open_request(screening, quantity, actor)
    return wait_for_seats(opened.token, quantity, email)


_REQUEST = f"""
    select q.id, q.token, q.screening_id, q.state, q.quantity, q.email, q.locale, q.visitor, q.reservation_id,
      q.offered_until,
      case when {one_of("q.state", (WAITING,))} then 1 + (
        select count(*) from reservations.requests o
        where o.screening_id = q.screening_id and {one_of("o.state", (WAITING,))}
          and (o.waiting_since, o.id) < (q.waiting_since, q.id)) end as position
    from reservations.requests q where q.token = :token
"""


def request(token: str) -> Request:
    """Raises NotFound."""
    row = execute(_REQUEST, token=token).one_or_none()
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
    if current.state != OFFERED or current.offer is None:
        raise OfferOver("offer.over", state=current.state)
    events.ensure_on_sale(events.screening(current.screening_id))
    if not _still_open(current.offer):
        raise OfferOver("offer.over", state=EXPIRED)
    least = execute("select clock_timestamp() as now").one().now + timedelta(minutes=settings().holds.minutes)
    deadline = max(current.offer.deadline, least)
    moved = claims.move(current.offer.id, "extend", expires_at=deadline + holding.grace())
    if moved is None or _ACCEPT.perform(token=token) is None:
        raise OfferOver("offer.over", state=EXPIRED)
    return holding.reservation(current.offer.id)


def email_of_offer(reservation_id: uuid.UUID) -> str | None:
    """The e-mail that waited for these seats; None for seats that nobody waited for."""
    row = execute(
        "select email from reservations.requests where reservation_id = :id"
        f" and {one_of('state', (RESERVED,))}",
        id=reservation_id,
    ).one_or_none()
    return row.email if row is not None else None


def _still_open(offer: Reservation) -> bool:
    return bool(execute("select clock_timestamp() < :until as open", until=offer.expires_at).one().open)


def cancel_request(token: str) -> Request:
    """The requester leaves the queue; offered seats go on to the next. Doing it twice changes nothing.

    Raises NotFound, and Conflict `request.over` for one that has got its seats.
    """
    current = request(token)
    # A request only moves forward: whoever was quicker has brought it nearer to its end.
    while current.state in REQUEST.before("cancel"):
        _cancel(current)
        current = request(token)
    if current.state == RESERVED:
        raise Conflict("request.over", state=current.state)
    return current


def _cancel(current: Request) -> None:
    """Leave the queue, unless the request has moved on since it was read: an accepted offer is somebody's order."""
    offer = current.offer if current.state == OFFERED else None
    if offer is not None:
        claims.lock(offer.id)  # as taking the offer does: the reservation, then its request
    if CANCEL.perform(token=current.token, seen=current.state) is None:
        return
    if offer is not None:
        claims.free(offer.id, "withdraw")
    withdraw_joined(current)
    seats_freed(current.screening_id)
