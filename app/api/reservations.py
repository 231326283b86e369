"""The reservation of an order: the hold of its seats until its deadline. It has no address of its own."""

from __future__ import annotations

from app.api import order_access
from app.api.identity import require
from app.api.order_access import WRITERS
from app.api.order_schemas import OrderSchema, SeatsSchema
from app.api.resource import Resource
from app.core import db
from app.orders import service as orders
from app.orders.service import OrderView

SERVICE, PATH = "orders", "/orders"
blueprint = Resource("reservations", about="The reservation of an order: its seats, held until the deadline")


@blueprint.put("/<token>/seats")
@require(*WRITERS, guests=True)
@blueprint.body(SeatsSchema)
@blueprint.response(200, OrderSchema)
@blueprint.doc(operationId="changeSeats")
def change_seats(token: str, seats: list[int]) -> OrderView:
    """Change the seats of an order that is not being paid; the deadline stays

    Seats that stay keep their type. 409 `seats.lost` if a new one has gone; then the order keeps those it has.
    """
    owner = order_access.owner_of(token)
    with db.transaction():
        orders.change_seats(token, seats, owner)
        return orders.order(token)


@blueprint.act("/<token>/extensions", allowed=WRITERS, guests=True)
@blueprint.response(200, OrderSchema)
@blueprint.doc(operationId="extendReservation")
def extend(token: str) -> OrderView:
    """Hold the seats for some minutes more, as often as `extensions_left` says

    It is possible until the payment begins. 409 `order.no_more_extensions`, or `order.over`.
    """
    orders.extend(token, order_access.owner_of(token))
    return orders.order(token)
