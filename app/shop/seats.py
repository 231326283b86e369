"""The seat map's routes: start an order with seats, change them within the hold, and follow them live."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import db, throttle
from app.core.actor import Actor
from app.core.config import settings
from app.core.errors import BilheteriaError, Conflict, Invalid, TooMany
from app.events import service as events
from app.events.service import Screening, ScreeningClosed
from app.orders import service as orders
from app.orders.service import AlreadyStarted, OrderOver, OrderView, StartedWithOtherSeats
from app.reservations import live
from app.reservations import service as reservations
from app.reservations.service import NothingFits, SeatsLost, SingleSeatLeft, TooManyHolds
from app.shop import blueprint, purchase, taken_seats
from app.shop.labels import seats_in_words
from app.shop.screening_line import screening_line
from app.shop.seat_form import SeatForm, parse_seat_form
from app.shop.seat_page import (
    closed_page,
    lost_seats_page,
    page,
    seat_names,
    single_seat_page,
)
from app.web import error_texts, links
from app.web.actor import current_actor
from app.web.language import switched_within_form
from app.web.locale import locale
from app.web.security import address_key

JOINS_OF_A_VISITOR = 20  # waiting lists
JOINS_OF_AN_ADDRESS = 400  # Many people before a sold-out screening may share one address.
JOINS_SECONDS = 600


@blueprint.get("/screenings/<int:screening_id>")
def seats(screening_id: int) -> Response:
    screening = events.screening(screening_id)
    try:
        events.ensure_on_sale(screening)
    except ScreeningClosed as error:
        return closed_page(screening, error)
    here = (order for order in purchase.open_orders() if order.screening.id == screening_id)
    return page(screening, order_elsewhere=next(here, None))


@blueprint.post("/screenings/<int:screening_id>/orders")
def start_order(screening_id: int) -> Response:
    """Start an order with each `seat`, or with the best `quantity` together. 303 to the order or the waiting list.

    `replaces` is the token of an order that ends when the new one starts.
    """
    screening = events.screening(screening_id)
    if switched_within_form():
        return _unsubmitted_page(screening)
    form = SeatForm()
    try:
        form = parse_seat_form()
        token = _start(screening, form)
    except AlreadyStarted as error:
        return purchase.redirect_to_order(error.token)
    except StartedWithOtherSeats as error:
        # The back button led here: change the seats of the order that this page began.
        return _change_seats(purchase.own_order(error.token), form)
    except NothingFits as error:
        if current_actor().channel == "kiosk":  # the waiting list needs an e-mail, and the person stands here
            return _nothing_fits_page(screening, error.quantity)
        return _to_waiting_list(screening, form, error.quantity)
    except ScreeningClosed as error:
        return closed_page(screening, error)
    except SingleSeatLeft as error:
        return single_seat_page(screening, error.seat_ids, error.shift)
    except SeatsLost as error:
        taken_seats.put(screening_id, error.states)
        return lost_seats_page(screening, error)
    except TooManyHolds as error:
        return _too_many_orders_page(screening, form, error)
    except (Invalid, Conflict) as error:
        return _error_page(screening, form, error)
    taken_seats.expire(screening_id)
    return purchase.redirect_to_order(token)


def _start(screening: Screening, form: SeatForm) -> str:
    """Start the order. Returns its token."""
    actor = current_actor(begins=True)
    if taken_seats.seemed_taken(screening.id, form.seat_ids):
        orders.ensure_free(screening.id, form.seat_ids, actor, once=form.once)
    # Pages of the previous version send the token as `instead_of`.
    replaces = request.form.get("replaces") or request.form.get("instead_of") or None
    with db.transaction():
        if form.quantity is not None:
            started = orders.start_with_best(
                screening.id, form.quantity, actor, once=form.once, replaces=replaces
            )
        else:
            started = orders.start_with_seats(
                screening.id,
                form.seat_ids,
                actor,
                once=form.once,
                single_seat_rule=not form.kept,
                replaces=replaces,
            )
    if started.replaces is not None:
        _abandon(started.replaces, actor)
    return started.token


def _abandon(token: str, actor: Actor) -> None:
    """Give up an order that another one replaces. Raises NotFound for another visitor's order."""
    try:
        with db.transaction():
            orders.abandon(token, actor)
    except Conflict:
        pass  # It was paid in another tab.


def _too_many_orders_page(screening: Screening, form: SeatForm, error: TooManyHolds) -> Response:
    """The page of a visitor with too many open orders: each can be given up for the new one."""
    body = render_template(
        "shop/page_several_already.html",
        screening=screening,
        film_title=screening.film.title_in(locale()),
        line=screening_line(screening),
        back_url=url_for("shop.seats", screening_id=screening.id),
        form=form,
        wanted=seats_in_words(seat_names(screening, form.seat_ids)) if form.seat_ids else "",
        whose_limit=error.whose,
        minutes=-(-error.retry_after // 60),
    )
    return make_response(body, error.status, {"Retry-After": str(error.retry_after)})


def _unsubmitted_page(screening: Screening, order: OrderView | None = None) -> Response:
    """The map with the ticked seats, for a form that was not sent to be ordered."""
    try:
        events.ensure_on_sale(screening)
        form = parse_seat_form(with_quantity=False)
    except ScreeningClosed as error:
        return closed_page(screening, error)
    except Invalid:
        form = SeatForm()
    here = (mine for mine in purchase.open_orders() if mine.screening.id == screening.id)
    return page(
        screening,
        chosen=_existing_seats(screening, form),
        order=order,
        order_elsewhere=None if order else next(here, None),
    )


def _existing_seats(screening: Screening, form: SeatForm) -> list[int]:
    """The ids in the form that are seats of the auditorium, each once."""
    by_id = events.seat_plan(screening.auditorium_id).by_id
    return [seat_id for seat_id in dict.fromkeys(form.seat_ids) if seat_id in by_id]


def _nothing_fits_page(screening: Screening, quantity: int) -> Response:
    text = ngettext(
        "There is no free seat at the moment.",
        "There are no %(num)d free seats side by side. Ask for fewer, or choose on the map.",
        quantity,
    )
    return page(screening, status=409, error_text=text, quantity=quantity)


def _to_waiting_list(screening: Screening, form: SeatForm, quantity: int) -> Response:
    """Open a request and lead to its page.

    Throttled by visitor and by address: each try writes a row, and a program may come as a new visitor each time.
    """
    actor = current_actor(begins=True)
    try:
        throttle.hit("join", actor.visitor, limit=JOINS_OF_A_VISITOR, seconds=JOINS_SECONDS)
        throttle.hit("join from", actor.address_key, limit=JOINS_OF_AN_ADDRESS, seconds=JOINS_SECONDS)
    except TooMany as error:
        response = _error_page(screening, form, error)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    with db.transaction():
        opened = reservations.open_request(screening, quantity, actor)
    return make_response(redirect(url_for("shop.waiting", token=opened.token), 303))


def _error_page(
    screening: Screening, form: SeatForm, error: BilheteriaError, order: OrderView | None = None
) -> Response:
    """The map with the error and the seats that were chosen."""
    chosen = _existing_seats(screening, form)
    if isinstance(error, Invalid) and error.code == "seats.too_many":
        chosen = chosen[: settings().holds.max_seats]
    return page(
        screening,
        status=error.status,
        chosen=chosen,
        error_text=error_texts.sentence(error),
        quantity=request.form["quantity"][:20] if "quantity" in request.form else None,
        order=order,
    )


@blueprint.get("/orders/<token>/seats")
def change_seats(token: str) -> Response:
    """The map with the order's seats chosen. The deadline stays."""
    order = purchase.own_order(token)
    if elsewhere := purchase.redirect_to_fitting_step(order, "seats"):
        return make_response(elsewhere)
    return page(order.screening, chosen=[seat.seat_id for seat in order.seats], order=order)


@blueprint.post("/orders/<token>/seats")
def write_changed_seats(token: str) -> Response:
    order = purchase.own_order(token)
    is_unsubmitted = switched_within_form()
    if purchase.extended_by_form(token):
        is_unsubmitted, order = True, purchase.own_order(token)
    if elsewhere := purchase.redirect_to_fitting_step(order, "seats"):
        return make_response(elsewhere)
    if is_unsubmitted:
        return _unsubmitted_page(order.screening, order)
    try:
        form = parse_seat_form(with_quantity=False)
    except Invalid as error:
        return _error_page(order.screening, SeatForm(), error, order)
    return _change_seats(order, form)


def _change_seats(order: OrderView, form: SeatForm) -> Response:
    screening = order.screening
    try:
        with db.transaction():
            orders.change_seats(order.token, form.seat_ids, current_actor(), single_seat_rule=not form.kept)
    except OrderOver:
        return make_response(redirect(links.order(order.token), 303))
    except ScreeningClosed as error:
        return closed_page(screening, error)
    except SingleSeatLeft as error:
        return single_seat_page(screening, error.seat_ids, error.shift, order=order)
    except SeatsLost as error:
        return lost_seats_page(screening, error, order=order)
    except (Invalid, Conflict) as error:
        return _error_page(screening, form, error, order)
    taken_seats.expire(screening.id)
    return purchase.redirect_to_order(order.token)


@blueprint.get("/screenings/<int:screening_id>/seats.json")
def seats_json(screening_id: int) -> Response:
    """The taken seats with their expiry, for pages whose stream fails."""
    events.screening(screening_id)
    response = make_response(taken_seats.read(screening_id).json())
    response.headers["Content-Type"] = "application/json"
    return response


@blueprint.get("/screenings/<int:screening_id>/events")
def seat_events(screening_id: int) -> Response:
    """Server-sent events: the taken seats, then every change. It holds no connection of the pool."""
    events.screening(screening_id)
    try:
        stream = live.feed().stream(screening_id, address_key())
    except live.TooManyStreams:
        return Response(_("Too many are looking at this map."), 503, {"Retry-After": "30"})
    response = Response(stream, mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response
