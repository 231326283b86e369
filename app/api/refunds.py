"""Refunds of an order."""

from __future__ import annotations

from app.api import order_access
from app.api.cancellation_schemas import RefundsSchema
from app.api.identity import require
from app.api.order_access import READERS
from app.api.resource import Resource
from app.payments import service as payments

SERVICE, PATH = "payments", "/orders"
blueprint = Resource("refunds", about="The money that goes back for an order")


@blueprint.get("/<token>/refunds")
@require(*READERS, guests=True)
@blueprint.response(200, RefundsSchema)
@blueprint.doc(operationId="listRefunds")
def list_refunds(token: str) -> object:
    """List the refunds of an order, the oldest first"""
    return {"items": payments.refunds_of(order_access.order_to_read(token).id)}
