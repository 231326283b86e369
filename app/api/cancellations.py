"""The end of a paid order: its cancellation, and the answer to an offer of other seats for late money."""

from __future__ import annotations

from typing import Any

from app.api import order_access
from app.api.cancellation_schemas import AnswerSchema, CancellationSchema, ReseatSchema
from app.api.identity import require
from app.api.order_access import READERS, WRITERS
from app.api.order_schemas import OrderSchema
from app.api.resource import Resource
from app.core.errors import NotFound
from app.orders import service as orders
from app.orders.service import OrderView

SERVICE, PATH = "orders", "/orders"
blueprint = Resource("cancellations", about="The end of a paid order, and other seats for late money")


@blueprint.act("/<token>/cancellation", CancellationSchema, allowed=WRITERS, guests=True)
@blueprint.response(200, OrderSchema)
@blueprint.doc(operationId="cancelOrder")
def cancel_order(token: str, refund: int) -> OrderView:
    """Cancel a paid order before its screening begins: its tickets end, and the money goes back

    What the counter has handed out stays sold. 409 `tickets.admitted` if a person is inside, `order.refund_changed` if
    `refund` is no longer right.
    """
    order = order_access.order_of(token)
    orders.cancel(order.token, promised=refund)
    return orders.order(order.token)


@blueprint.get("/<token>/reseat")
@require(*READERS, guests=True)
@blueprint.response(200, ReseatSchema)
@blueprint.doc(operationId="readReseat")
def read_reseat(token: str) -> dict[str, Any]:
    """Read the seats that are offered to an order whose payment came too late

    The order is `reseat_offered`. Without an answer until `until` the money goes back.
    """
    order = order_access.order_to_read(token)
    if not order.is_reseat_offered:
        raise NotFound("reseat")
    return {"seats": orders.offered_seats(order), "until": order.reseat_until}


@blueprint.act("/<token>/reseat", AnswerSchema, allowed=WRITERS, guests=True)
@blueprint.response(200, OrderSchema)
@blueprint.doc(operationId="answerReseat")
def answer_reseat(token: str, answer: str) -> OrderView:
    """Take the offered seats, or the money"""
    order = order_access.order_of(token)
    if answer == "seats":
        orders.accept_reseat(order.token)
    else:
        orders.decline_reseat(order.token)
    return orders.order(order.token)
