"""The offer of a request for seats: an order is made from it."""

from __future__ import annotations

from app.api import order_access
from app.api.idempotent import key_of_request
from app.api.order_access import WRITERS
from app.api.order_schemas import OrderSchema
from app.api.resource import Resource
from app.orders import service as orders
from app.reservations import service as reservations

SERVICE, PATH = "orders", "/requests"
blueprint = Resource("offers", about="The seats that the waiting list offers")


@blueprint.act("/<token>/orders", allowed=WRITERS, guests=True)
@blueprint.response(201, OrderSchema)
@blueprint.doc(operationId="takeOffer")
def take_offer(token: str) -> object:
    """Take the offer of a request: an order begins with its seats

    409 `offer.over` if there is no offer, its time is over, or it was taken before.
    """
    screening = reservations.request(token).screening_id
    owner = order_access.new_owner(screening, key_of_request())
    return order_access.created(orders.start_from_offer(token, owner))
