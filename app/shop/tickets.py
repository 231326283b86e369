"""The PDF of an order's tickets. The order's address is enough to get it."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template
from werkzeug.wrappers import Response as AnyResponse

from app.core.errors import NotFound
from app.orders import service as orders
from app.orders.service import OrderView
from app.shop import blueprint
from app.tickets import service as tickets
from app.tickets.service import StorageError

RETRY_SECONDS = 3


@blueprint.get("/orders/<token>/tickets.pdf")
def tickets_pdf(token: str) -> AnyResponse:
    """The file, or a redirect to the storage if that serves it; 503 while it is made, 410 after its deletion.

    Raises NotFound for an order without valid tickets.
    """
    order = orders.order(token)
    if not order.is_paid:
        raise NotFound("tickets")
    if order.pdf_is_gone:
        return make_response(render_template("shop/page_tickets_gone.html", order=order), 410)
    name = f"{order.code}.pdf"
    try:
        link = tickets.pdf_link(order.id, name)
        if link is not None:
            return redirect(link, 303)
        content = tickets.pdf_of(order.id)
    except StorageError:
        content = None
    if content is None:
        return _not_yet(order)
    response = make_response(content)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _not_yet(order: OrderView) -> Response:
    response = make_response(render_template("shop/page_tickets_not_yet.html", order=order), 503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
