"""Tickets of a paid order."""

from __future__ import annotations

from app.api import order_access
from app.api.identity import require
from app.api.order_access import READERS
from app.api.order_schemas import TicketsSchema
from app.api.resource import Resource
from app.tickets import service as tickets

SERVICE, PATH = "tickets", "/orders"
blueprint = Resource("tickets", about="The tickets of an order")


@blueprint.get("/<token>/tickets")
@require(*READERS, guests=True)
@blueprint.response(200, TicketsSchema)
@blueprint.doc(operationId="listTickets")
def list_tickets(token: str) -> object:
    """List the tickets of an order; there are none before it is paid"""
    return {"items": tickets.of_order(order_access.order_to_read(token).id)}
