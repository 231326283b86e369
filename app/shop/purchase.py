"""Parts that the steps of a purchase share: the visitor's order, the step that fits it, the frame of a page."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, g, get_flashed_messages, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.events import service as events
from app.events.service import ScreeningClosed
from app.orders import service as orders
from app.orders.service import NoMoreExtensions, OrderView
from app.payments import service as payments
from app.reservations import service as reservations
from app.shop import blueprint, order_labels
from app.shop.clock import clock
from app.shop.posters import poster
from app.shop.screening_line import screening_line
from app.web import links, page_swap
from app.web.actor import current_actor
from app.web.devices import current_kiosk
from app.web.locale import locale
from app.web.security import current_visitor

STEPS = ("seats", "types", "concessions", "checkout")
GIVEN_UP = "given_up"  # the token of an order, for the next page


def own_order(token: str) -> OrderView:
    """The order of this token if this browser or account began it. Raises NotFound, also for another's order."""
    order = order_of_request(token)
    if not order.belongs_to(current_actor()):
        raise NotFound("order")
    return order


def order_of_request(token: str) -> OrderView:
    """The order of this token, without a query if `reuse_order` has kept it. Raises NotFound."""
    kept: OrderView | None = g.get("reused_order")
    return kept if kept and kept.token == token else orders.order(token)


def reuse_order(order: OrderView) -> None:
    """Keep the order that a verb returned for the rest of this request, so that it is not read again."""
    g.reused_order = order


def order_at_address(token: str) -> OrderView:
    """The order of an address that was mailed. Raises NotFound.

    The address is enough for an order that is paid or over; an open one is shown to its owner only.
    """
    order = orders.order(token)
    return own_order(token) if order.is_open else order


def open_orders() -> list[OrderView]:
    """The open orders of this browser, the newest first. A browser without a visitor id costs no query."""
    visitor = current_visitor()
    return orders.open_orders_of(visitor) if visitor else []


def given_up() -> OrderView | None:
    """The order that this browser has just given up, if its seats can be taken again. Only the next page shows it."""
    tokens = get_flashed_messages(category_filter=[GIVEN_UP])
    if not tokens:
        return None
    order = orders.order(str(tokens[-1]))
    return order if can_take_again(order) else None


def can_take_again(order: OrderView) -> bool:
    """Whether the seats of an order that ended unpaid can be held again: they are free and on sale.

    While the provider may still confirm the payment, the seats are not offered.
    """
    over = order.is_expired or order.is_cancelled or (order.is_draft and order.belongs_to(current_actor()))
    if order.is_open or order.paid_at or not over:
        return False
    try:
        events.ensure_on_sale(order.screening)
    except ScreeningClosed:
        return False
    seat_ids = [seat.seat_id for seat in order.seats]
    return reservations.are_free(order.screening.id, seat_ids, except_by=order.reservation_id)


@blueprint.app_context_processor
def _for_templates() -> dict[str, Any]:
    return {"open_orders": open_orders, "given_up": given_up}


def redirect_to_fitting_step(order: OrderView, step: str) -> AnyResponse | None:
    """None if `step` can be shown, else a redirect to the step that fits (two tabs, the back button, an old link)."""
    fitting = order.next_step
    if fitting in ("order", "payment"):
        return redirect(address(order, fitting), 303)
    if step in ("concessions", "checkout") and not order.types_chosen:
        return redirect(address(order, "types"), 303)
    return None


def redirect_to_order(token: str) -> Response:
    """The answer to a form that chose seats: the order's ticket types."""
    return page_swap.next_page("shop.types", token=token)


def address(order: OrderView, step: str) -> str:
    """The path of a step: seats, types, concessions, checkout, payment; or of the order's own page."""
    return links.order(order.token, "" if step == "order" else step)


def return_url(token: str) -> str:
    """The absolute address to which a card page sends the buyer back."""
    return links.absolute(links.order(token, "payment"))


def takes_card_present() -> bool:
    """Whether the page is that of a kiosk with a card terminal."""
    kiosk = current_kiosk()
    return kiosk is not None and kiosk.has_terminal and payments.has_terminals()


def checked_method(method: str) -> str:
    """The method of a form. Raises Invalid for a card at a terminal where none stands; orders check all else."""
    if method == payments.CARD_PRESENT and not takes_card_present():
        raise Invalid("payment.method", "method")
    return method


def shown_number(field: str) -> int | None:
    """The number that the form's page showed, such as a total in centavos; None without one, -1 if it is no number."""
    shown = request.form.get(field)
    if shown is None:
        return None
    return int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else -1


def frame(order: OrderView, step: str) -> dict[str, Any]:
    """The variables of layouts/purchase.html: heading, back link, steps and the clock."""
    place = STEPS.index(step)
    return {
        "order": order,
        "screening": order.screening,
        "lines": order_labels.lines(order),
        "poster": poster,
        "film_title": order.screening.film.title_in(locale()),
        "line": screening_line(order.screening),
        "change": order_labels.change(order),
        "step": "payment" if step == "checkout" else step,
        "terminal": takes_card_present(),
        "step_links": {earlier: address(order, earlier) for earlier in STEPS[:place]},
        "back_url": address(order, STEPS[place - 1]),
        **clock(order),
    }


def is_script_request() -> bool:
    """Whether the request comes from a script (by its Accept header), not from a form."""
    return request.accept_mimetypes.best == "application/json"


def extended_by_form(token: str) -> bool:
    """Extend the order if its form was sent by the button for more time (without scripts). Returns whether it was.

    The caller then shows the page as it was filled in and handles nothing else of the form.
    """
    if "more_time" not in request.form:
        return False
    flash(_("+5 minutes") if extend_order(token) else _("You can't extend any further."), "clock")
    return True


def extend_order(token: str) -> bool:
    """Extend the hold; False if no extension is left or the order is over. Raises NotFound."""
    try:
        with db.transaction():
            orders.extend(token, current_actor())
    except (NoMoreExtensions, Conflict):
        return False
    return True
