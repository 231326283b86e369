"""The page of a request in the waiting list: join, place in line, offer, leave."""

from __future__ import annotations

from flask import Response, redirect, render_template, request, url_for
from htmx_flask import make_response

from app.core import db, throttle
from app.core.config import settings
from app.core.errors import BilheteriaError, Conflict, Invalid, TooMany
from app.core.money import format_money
from app.events import service as events
from app.events.service import ScreeningClosed
from app.orders import service as orders
from app.orders.service import AlreadyStarted
from app.reservations import service as reservations
from app.reservations.service import EXPIRED, OFFERED, RESERVED, OfferOver, Request
from app.shop import blueprint, purchase
from app.shop.labels import seats_in_words
from app.shop.screening_line import screening_line
from app.shop.seat_form import parse_quantity
from app.shop.seat_page import closed_page, sorted_seats
from app.web import error_texts, links
from app.web.actor import current_actor
from app.web.locale import locale
from app.web.security import address_key, current_visitor

TRIES = 12  # for one request
TRIES_OF_AN_ADDRESS = 400  # for all requests: many people before a sold-out screening may share one address
TRIES_SECONDS = 600


@blueprint.get("/requests/<token>")
def waiting(token: str) -> Response:
    return _page(reservations.request(token))


@blueprint.get("/requests/<token>/state")
def waiting_state(token: str) -> Response:
    """The part of the page that is polled, for a page that shows the state `seen`.

    Only the whole page has the clock of an offer: the part announces the offer and links to the page, without a button
    that could be pressed by mistake. A page with a clock is loaded again when its offer is over.
    """
    values = _context(reservations.request(token))
    with_clock, offered = request.args.get("seen") == OFFERED, values["state"] == OFFERED
    if with_clock and not offered:
        return make_response("", 204, refresh=True)
    return make_response(render_template("shop/_waiting.html", **values, is_news=offered and not with_clock))


@blueprint.post("/requests/<token>")
def wait(token: str) -> Response:
    """Join the waiting list with an e-mail, or change quantity or e-mail without losing the place."""
    current = reservations.request(token)
    typed = {"quantity": request.form.get("quantity", "")[:20], "email": request.form.get("email", "")[:400]}
    try:
        throttle.hit("waiting-list", token, limit=TRIES, seconds=TRIES_SECONDS)
        throttle.hit("waiting-list-from", address_key(), limit=TRIES_OF_AN_ADDRESS, seconds=TRIES_SECONDS)
        quantity = parse_quantity(typed["quantity"])
        with db.transaction():
            reservations.wait_for_seats(token, quantity, typed["email"])
    except ScreeningClosed as error:
        return closed_page(events.screening(current.screening_id), error)
    except (Invalid, Conflict, TooMany) as error:
        return _page(current, error=error, typed=typed)
    return _redirect_to_request(token)


@blueprint.post("/requests/<token>/cancellation")
def leave_waiting_list(token: str) -> Response:
    try:
        with db.transaction():
            reservations.cancel_request(token)
    except Conflict:
        pass  # the customer has taken the seats in the meantime, and the page shows it
    return _redirect_to_request(token)


@blueprint.post("/requests/<token>/orders")
def take_offer(token: str) -> Response:
    """Start an order with the offered seats: 303 to its ticket types."""
    actor = current_actor(begins=True)
    try:
        with db.transaction():
            started = orders.start_from_offer(token, actor)
    except AlreadyStarted as error:
        return purchase.redirect_to_order(error.token)
    except ScreeningClosed as error:
        return closed_page(events.screening(reservations.request(token).screening_id), error)
    except OfferOver as error:
        return _page(reservations.request(token), error=error)
    return purchase.redirect_to_order(started.token)


def _redirect_to_request(token: str) -> Response:
    return make_response(redirect(url_for("shop.waiting", token=token), 303))


def _page(
    current: Request, *, error: BilheteriaError | None = None, typed: dict[str, str] | None = None
) -> Response:
    body = render_template("shop/page_waiting.html", **_context(current, error, typed))
    response = make_response(body, error.status if error else 200, {"Cache-Control": "private, no-store"})
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _context(
    current: Request, error: BilheteriaError | None = None, typed: dict[str, str] | None = None
) -> dict[str, object]:
    screening = events.screening(current.screening_id)
    shown = typed or {"quantity": str(current.quantity), "email": current.email or ""}
    errors = {}
    if isinstance(error, Invalid):
        errors[error.field] = error_texts.sentence(error, error_texts.WAITING_LIST)
    over = (
        current.state == OFFERED
        and current.offered_until is not None
        and current.offered_until <= events.now()
    )
    return {
        "seat_request": current,
        "state": EXPIRED if over else current.state,
        "screening": screening,
        "film_title": screening.film.title_in(locale()),
        "line": screening_line(screening),
        "back_url": url_for("shop.seats", screening_id=screening.id),
        "typed": shown,
        "errors": errors,
        "offer_minutes": settings().holds.offer_minutes,
        "error_text": error_texts.sentence(error) if error and not errors else "",
        "order": _order_address(current),
        "closed": not events.on_sale(screening),
        **_offer(current),
    }


def _offer(current: Request) -> dict[str, object]:
    """The variables of an offer: seats, their names, total and clock; empty without one."""
    if current.offer is None or current.offered_until is None:
        return {}
    screening = events.screening(current.screening_id)
    seats = sorted_seats(screening, current.offer.seat_ids)
    total = sum(screening.prices[seat.zone_id] for seat in seats)
    return {
        "seats": seats,
        "seats_in_words": seats_in_words([seat.name for seat in seats]),
        "total": format_money(total, locale()),
        "deadline": int(current.offered_until.timestamp()) if current.state == OFFERED else None,
        "server_now": int(events.now().timestamp()),
    }


def _order_address(current: Request) -> str:
    """The address of the order made from the offer, for the browser that made it; else empty."""
    known = current_visitor() if current.state == RESERVED and current.offer is not None else None
    mine = orders.open_orders_of(known) if known else []
    tokens = (one.token for one in mine if current.offer and one.reservation_id == current.offer.id)
    return next(map(links.order, tokens), "")
