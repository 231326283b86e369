"""The calendar entry of a visit, after a purchase."""

from __future__ import annotations

from flask import Response, make_response

from app.core.calendar_file import CONTENT_TYPE, Visit, calendar_file, file_name
from app.core.errors import NotFound
from app.orders.service import OrderView
from app.shop import blueprint, purchase
from app.web import links
from app.web.locale import locale


@blueprint.get("/orders/<token>/calendar.ics")
def calendar(token: str) -> Response:
    """The calendar file of the visit; for an order that is over, the file that removes the entry.

    Raises NotFound for an order that was never paid.
    """
    found = purchase.order_at_address(token)
    if found.paid_at is None:
        raise NotFound("calendar")
    response = make_response(calendar_file(_visit(found), locale()))
    response.headers["Content-Type"] = f"{CONTENT_TYPE}; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(found.code)}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _visit(order: OrderView) -> Visit:
    screening = order.screening
    return Visit(
        order_id=order.id,
        order_code=order.code,
        film=screening.film.title_in(locale()),
        cinema=screening.cinema.name,
        address=f"{screening.cinema.address}, {screening.cinema.city}",
        auditorium=screening.auditorium_name,
        seats=[seat.name for seat in order.seats],
        showtime=screening.showtime,
        ends_at=screening.ends_at,
        website=links.site(),
        called_off=not order.is_paid,
    )
