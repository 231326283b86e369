"""Payments of an order."""

from __future__ import annotations

from app.api import order_access
from app.api.identity import require
from app.api.order_access import READERS, WRITERS
from app.api.order_schemas import NewPaymentSchema, OrderSchema, PaymentsSchema
from app.api.resource import Resource
from app.orders import service as orders
from app.payments import service as payments
from app.web import links

SERVICE, PATH = "payments", "/orders"
blueprint = Resource("payments", about="The payment of an order, by Pix or card")


@blueprint.act("/<token>/payments", NewPaymentSchema, allowed=WRITERS, guests=True)
@blueprint.response(202, OrderSchema)
@blueprint.doc(operationId="createPayment")
def create_payment(token: str, name: str, email: str, cpf: str, method: str, total: int) -> object:
    """Pay an order

    The bank is asked after the answer: read the payments of the order until one has a `pix_code` or a `card_page`.
    The order becomes `paid` by itself. An order with a total of 0 is paid at once.
    """
    order = order_access.order_of(token)
    return orders.check_out(
        token,
        order_access.owner_of(token),
        name=name,
        email=email,
        cpf=cpf,
        method=method,
        shown_total=total,
        return_url=links.absolute(links.order(order.token, "payment")),
    )


@blueprint.get("/<token>/payments")
@require(*READERS, guests=True)
@blueprint.response(200, PaymentsSchema)
@blueprint.doc(operationId="listPayments")
def list_payments(token: str) -> object:
    """List the payments of an order, the newest first"""
    order = order_access.order_to_read(token)
    found = payments.charges_of(order.id)
    return {"items": sorted(found, key=lambda charge: charge.created_at, reverse=True)}
