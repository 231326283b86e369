"""The print jobs of a paid order, for the script of its last page, which hands them to the print agent."""

from __future__ import annotations

from flask import Response, jsonify

from app.core.config import settings
from app.products import service as products
from app.tickets import service as tickets
from kiosk import blueprint, sheets
from kiosk.own_orders import own_paid_order


@blueprint.get("/kiosk/orders/<token>/print-jobs")
def print_jobs(token: str) -> Response:
    """`{"jobs": […]}`. Raises NotFound unless this visit at this kiosk bought the order."""
    order = own_paid_order(token)
    call = products.pickup_call(order.id) if order.items else None
    jobs = sheets.print_jobs(
        order, tickets.of_order(order.id), settings().cinema.name, call.number if call is not None else ""
    )
    response = jsonify(jobs=jobs)
    response.headers["Cache-Control"] = "no-store"
    return response
