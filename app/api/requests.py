"""Requests for seats: the waiting list of a screening."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response

from app.api import limits, order_access
from app.api.document import PREFIX
from app.api.idempotent import key_of_request
from app.api.identity import require
from app.api.order_access import REQUESTERS
from app.api.request_schemas import NewRequestSchema, RequestSchema, WaitSchema
from app.api.resource import Resource
from app.core import db
from app.events import service as events
from app.reservations import service as reservations
from app.reservations.service import EXPIRED, OFFERED, Request

SERVICE, PATH = "reservations", "/requests"
blueprint = Resource(
    "requests", about="Requests for seats of a full screening. The token of a request is all that is needed"
)


@blueprint.act("", NewRequestSchema, allowed=REQUESTERS, guests=True)
@blueprint.response(201, RequestSchema)
@blueprint.doc(operationId="createRequest")
def create_request(screening: int, quantity: int, email: str) -> object:
    """Wait for seats of a screening

    Freed seats are offered to the oldest request that they fit. If they fit now, the offer follows within seconds.
    """
    limits.count_mail()
    actor = order_access.new_owner(screening, key_of_request())
    made = reservations.join_waiting_list(events.screening(screening), quantity, email, actor)
    return _view(made), 201, {"Location": f"{PREFIX}{PATH}/{made.token}"}


@blueprint.get("/<token>")
@require(*REQUESTERS, guests=True)
@blueprint.response(200, RequestSchema)
@blueprint.doc(operationId="readRequest")
def read_request(token: str) -> object:
    """Read a request, with its place in line or its offer"""
    return _view(reservations.request(token))


@blueprint.put("/<token>")
@require(*REQUESTERS, guests=True)
@blueprint.body(WaitSchema)
@blueprint.response(200, RequestSchema)
@blueprint.doc(operationId="changeRequest")
def change_request(token: str, quantity: int, email: str) -> object:
    """Change quantity or e-mail of a request that waits; it keeps its place in line"""
    limits.count_mail()
    with db.transaction():
        return _view(reservations.wait_for_seats(token, quantity, email))


@blueprint.delete("/<token>")
@require(*REQUESTERS, guests=True)
@blueprint.response(204)
@blueprint.doc(operationId="withdrawRequest")
def withdraw_request(token: str) -> Response:
    """Withdraw a request: its offer, if it has one, goes to the next in line

    409 `request.over` if an order has been made from its offer.
    """
    with db.transaction():
        reservations.cancel_request(token)
    return make_response("", 204)


def _view(request: Request) -> dict[str, Any]:
    now, until = events.now(), request.offered_until
    is_over = request.state == OFFERED and until is not None and until <= now
    state = EXPIRED if is_over else request.state
    return {
        "token": request.token,
        "screening": request.screening_id,
        "quantity": request.quantity,
        "state": state,
        "position": request.position,
        "offer": _offer(request) if state == OFFERED else None,
        "read_at": now,
    }


def _offer(request: Request) -> dict[str, Any]:
    screening = events.screening(request.screening_id)
    by_id = events.seat_plan(screening.auditorium_id).by_id
    offered = [by_id[seat_id] for seat_id in request.offer.seat_ids] if request.offer else []
    return {
        "seats": [
            {"seat": seat.id, "name": seat.name, "full_price": screening.prices[seat.zone_id]}
            for seat in sorted(offered, key=lambda seat: (seat.row_index, seat.column))
        ],
        "until": request.offered_until,
    }
