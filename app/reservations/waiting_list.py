"""The verbs of the waiting list: open and queue a request, read it, accept its offer, cancel it.

An offer is a reservation that is held for the request. Locks are taken in this order: reservation, seats, request;
`offers.py` locks the screening before them.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from app.core.actor import Actor
from app.core.codes import ordered_id, random_token
from app.core.config import settings
from app.core.contact import checked_email
from app.core.errors import Conflict, NotFound
from app.core.messages import SeatsFreed
from app.core.moves import move
from app.core.outbox import publish
from app.core.state_machine import one_of
from app.events import service as events
from app.events.service import Screening
from app.reservations import claims, limits, queries, waiting_notices
from app.reservations.queries import execute
from app.reservations.seat_checks import check_quantity
from app.reservations.states import EXPIRED, LIVE_REQUESTS, OFFERED, OPEN, REQUEST, RESERVED, WAITING
from app.reservations.views import Request, Reservation

_WAIT = move(
    REQUEST,
    "wait",
    columns="quantity = :quantity, email = :email, waiting_since = coalesce(waiting_since, clock_timestamp())",
    where="token = :token",
    returning="screening_id",
)
_ACCEPT = move(REQUEST, "accept", columns="ended_at = clock_timestamp()", where="token = :token")
# `seen` is the state in which the caller has read the request: an offer is released under the lock of its reservation.
CANCEL = move(
    REQUEST, "cancel", columns="ended_at = clock_timestamp()", where="token = :token and state = :seen"
)


class OfferOver(Conflict):
    """The request has no offer to accept: none was made yet, its time is over, or it was accepted before."""


def open_request(screening: Screening, quantity: int, actor: Actor) -> Request:
    """Store a request for seats that did not fit; it waits when it gets an e-mail (`wait_for_seats`).

    Raises Invalid and ScreeningClosed.
    """
    check_quantity(quantity)
    events.ensure_on_sale(screening)
    # Replace an open request of the visitor, so that repeated tries leave one row.
    execute(
        "delete from reservations.requests"
        f" where screening_id = :screening_id and visitor = :visitor and {one_of('state', (OPEN,))}",
        screening_id=screening.id,
        visitor=actor.visitor,
    )
    token = random_token()
    execute(
        "insert into reservations.requests (id, token, screening_id, quantity, locale, visitor, channel, device)"
        " values (:id, :token, :screening_id, :quantity, :locale, :visitor, :channel, cast(:device as uuid))",
        id=ordered_id(),
        token=token,
        screening_id=screening.id,
        quantity=quantity,
        locale=actor.locale,
        visitor=actor.visitor,
        channel=actor.channel,
        device=actor.device,
    )
    return request(token)


def wait_for_seats(token: str, quantity: int, email: str) -> Request:
    """Queue an open request. Repeated with the same token, it changes quantity and e-mail, not the position.

    A notice is sent to an e-mail that is new to the request, with the position and the link of its page.
    Raises NotFound, Invalid, ScreeningClosed, Conflict `request.over`, and `request.too_many`.
    """
    check_quantity(quantity)
    address = checked_email(email)
    current = request(token)
    screening = events.screening(current.screening_id)
    events.ensure_on_sale(screening)
    limits.lock_request_limits(current.visitor, address)
    _check_request_limit(current, address)
    row = _WAIT.perform(token=token, quantity=quantity, email=address)
    if row is None:
        raise Conflict("request.over", state=current.state)
    joined = request(token)
    if address != current.email:
        waiting_notices.send_joined(screening, joined)
    publish(SeatsFreed(screening_id=row.screening_id), urgent=True)
    return joined


def _check_request_limit(current: Request, email: str) -> None:
    """Limit the requests of one browser and of one e-mail: offers hold seats, and notices fill a mailbox."""
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
    limits.lock_request_limits(actor.visitor, checked_email(email))  # before the visitor's rows are locked
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
    """Return a request with its position and offer. Raises NotFound."""
    row = execute(_REQUEST, token=token).one_or_none()
    if row is None:
        raise NotFound("request")
    offer = queries.reservation(row.reservation_id) if row.reservation_id is not None else None
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
    """Accept the offered seats: offered → reserved; the deadline is at least the usual time of a hold away.

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
    moved = claims.move(current.offer.id, "extend", expires_at=deadline + queries.grace())
    if moved is None or _ACCEPT.perform(token=token) is None:
        raise OfferOver("offer.over", state=EXPIRED)
    return queries.reservation(current.offer.id)


def email_of_offer(reservation_id: uuid.UUID) -> str | None:
    """Return the e-mail of the request whose accepted offer this reservation is; None if it was no offer."""
    row = execute(
        "select email from reservations.requests where reservation_id = :id"
        f" and {one_of('state', (RESERVED,))}",
        id=reservation_id,
    ).one_or_none()
    return row.email if row is not None else None


def _still_open(offer: Reservation) -> bool:
    return bool(execute("select clock_timestamp() < :until as open", until=offer.expires_at).one().open)


def cancel_request(token: str) -> Request:
    """Cancel a request and release its offer. A second call changes nothing.

    Raises NotFound, and Conflict `request.over` for a request whose offer was accepted.
    """
    current = request(token)
    # A request only moves forward: if another transaction moved it first, try from its new state.
    while current.state in REQUEST.before("cancel"):
        _cancel(current)
        current = request(token)
    if current.state == RESERVED:
        raise Conflict("request.over", state=current.state)
    return current


def _cancel(current: Request) -> None:
    """Cancel the request if it is still in the state that was read: an accepted offer belongs to an order."""
    offer = current.offer if current.state == OFFERED else None
    if offer is not None:
        claims.lock(offer.id)  # in the order of `accept_offer`: the reservation, then its request
    if CANCEL.perform(token=current.token, seen=current.state) is None:
        return
    if offer is not None:
        claims.release(offer.id, "withdraw")
    waiting_notices.withdraw_joined(current)
    waiting_notices.publish_seats_freed(current.screening_id)
