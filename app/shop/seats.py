"""The seat map: choosing seats, or the best together; live; and changing them later without losing the hold."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

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
from app.shop import blueprint, display_cache, purchase
from app.shop.labels import screening_line, seats_in_words
from app.shop.seat_form import SeatForm, parse_seat_form
from app.shop.seat_page import (
    closed_page,
    lone_seat_question,
    lost_seats_question,
    names_of,
    page,
)
from app.web import error_texts, links
from app.web.actor import current_actor
from app.web.language import locale, switched_within_form
from app.web.security import address_key

JOINS_OF_A_VISITOR = 20  # of waiting lists
JOINS_OF_AN_ADDRESS = 400  # a crowd before a full house sits behind one address
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
    """`seat` once a seat, or `quantity` for the best together → 303 to the order, or to the waiting list.

    `instead_of` is the token of an order that is given up for it.
    """
    screening = events.screening(screening_id)
    if switched_within_form():
        return _as_chosen(screening)
    wish = SeatForm()
    try:
        wish = parse_seat_form()
        token = _start(screening, wish)
    except AlreadyStarted as error:
        return purchase.redirect_to_order(error.token)
    except StartedWithOtherSeats as error:  # the browser went back to this page and asks for other seats
        return _change(purchase.own_order(error.token), wish)
    except NothingFits as error:
        return _to_waiting_list(screening, wish, error.quantity)
    except ScreeningClosed as error:
        return closed_page(screening, error)
    except SingleSeatLeft as error:
        return lone_seat_question(screening, error.seat_ids, error.shift)
    except SeatsLost as error:
        display_cache.put_taken_seats(screening_id, error.states)
        return lost_seats_question(screening, error)
    except TooManyHolds as error:
        return _several_already(screening, wish, error)
    except (Invalid, Conflict) as error:
        return _again(screening, wish, error)
    display_cache.expire_taken_seats(screening_id)
    return purchase.redirect_to_order(token)


def _start(screening: Screening, wish: SeatForm) -> str:
    """The token of the order that has the seats."""
    actor = current_actor(begins=True)
    if display_cache.seemed_taken(screening.id, wish.seat_ids):
        orders.ensure_free(screening.id, wish.seat_ids, actor, once=wish.once)
    given_up = request.form.get("instead_of") or None
    with db.transaction():
        if wish.quantity is not None:
            started = orders.start_with_best(
                screening.id, wish.quantity, actor, once=wish.once, instead_of=given_up
            )
        else:
            started = orders.start_with_seats(
                screening.id,
                wish.seat_ids,
                actor,
                once=wish.once,
                single_seat_rule=not wish.kept,
                instead_of=given_up,
            )
    if started.instead_of is not None:
        _let_go(started.instead_of, actor)
    return started.token


def _let_go(token: str, actor: Actor) -> None:
    """An order in whose place another one comes. Raises NotFound for somebody else's."""
    try:
        with db.transaction():
            orders.abandon(token, actor)
    except Conflict:
        pass  # paid meanwhile, in another tab


def _several_already(screening: Screening, wish: SeatForm, error: TooManyHolds) -> Response:
    """Where the orders are that must end first, and the wish again, with each of them given up for it."""
    body = render_template(
        "shop/page_several_already.html",
        screening=screening,
        film_title=screening.film.title_in(locale()),
        line=screening_line(screening),
        back_url=url_for("shop.seats", screening_id=screening.id),
        wish=wish,
        wanted=seats_in_words(names_of(screening, wish.seat_ids)) if wish.seat_ids else "",
        whose_limit=error.whose,
        minutes=-(-error.retry_after // 60),
    )
    return make_response(body, error.status, {"Retry-After": str(error.retry_after)})


def _as_chosen(screening: Screening, order: OrderView | None = None) -> Response:
    """The map with what is ticked and not asked for yet."""
    try:
        events.ensure_on_sale(screening)
        wish = parse_seat_form(with_quantity=False)
    except ScreeningClosed as error:
        return closed_page(screening, error)
    except Invalid:
        wish = SeatForm()
    here = (mine for mine in purchase.open_orders() if mine.screening.id == screening.id)
    return page(
        screening,
        chosen=_known(screening, wish),
        order=order,
        order_elsewhere=None if order else next(here, None),
    )


def _known(screening: Screening, wish: SeatForm) -> list[int]:
    """The seats of the wish that there are, each once."""
    by_id = events.seat_plan(screening.auditorium_id).by_id
    return [seat_id for seat_id in dict.fromkeys(wish.seat_ids) if seat_id in by_id]


def _to_waiting_list(screening: Screening, wish: SeatForm, quantity: int) -> Response:
    """Each try writes a row, and a script comes as a new visitor each time: both are counted."""
    actor = current_actor(begins=True)
    try:
        throttle.hit("join", actor.visitor, limit=JOINS_OF_A_VISITOR, seconds=JOINS_SECONDS)
        throttle.hit("join from", actor.address_key, limit=JOINS_OF_AN_ADDRESS, seconds=JOINS_SECONDS)
    except TooMany as error:
        response = _again(screening, wish, error)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    with db.transaction():
        opened = reservations.open_request(screening, quantity, actor)
    return make_response(redirect(url_for("shop.waiting", token=opened.token), 303))


def _again(
    screening: Screening, wish: SeatForm, error: BilheteriaError, order: OrderView | None = None
) -> Response:
    """The map again, saying what was wrong, with what was chosen as far as there are such seats."""
    chosen = _known(screening, wish)
    if isinstance(error, Invalid) and error.code == "seats.too_many":
        chosen = chosen[: settings().holds.max_seats]
    return page(
        screening,
        status=error.status,
        chosen=chosen,
        complaint=error_texts.sentence(error),
        quantity=request.form["quantity"][:20] if "quantity" in request.form else None,
        order=order,
    )


@blueprint.get("/orders/<token>/seats")
def change_seats(token: str) -> Response:
    """The map with the order's seats chosen; its clock runs on."""
    order = purchase.own_order(token)
    if elsewhere := purchase.at_step(order, "seats"):
        return make_response(elsewhere)
    return page(order.screening, chosen=[seat.seat_id for seat in order.seats], order=order)


@blueprint.post("/orders/<token>/seats")
def write_changed_seats(token: str) -> Response:
    order = purchase.own_order(token)
    as_chosen = switched_within_form()
    if purchase.asked_for_time(token):
        as_chosen, order = True, purchase.own_order(token)
    if elsewhere := purchase.at_step(order, "seats"):
        return make_response(elsewhere)
    if as_chosen:
        return _as_chosen(order.screening, order)
    try:
        wish = parse_seat_form(with_quantity=False)
    except Invalid as error:
        return _again(order.screening, SeatForm(), error, order)
    return _change(order, wish)


def _change(order: OrderView, wish: SeatForm) -> Response:
    screening = order.screening
    try:
        with db.transaction():
            orders.change_seats(order.token, wish.seat_ids, current_actor(), single_seat_rule=not wish.kept)
    except OrderOver:
        return make_response(redirect(links.order(order.token), 303))
    except ScreeningClosed as error:
        return closed_page(screening, error)
    except SingleSeatLeft as error:
        return lone_seat_question(screening, error.seat_ids, error.shift, order=order)
    except SeatsLost as error:
        return lost_seats_question(screening, error, order=order)
    except (Invalid, Conflict) as error:
        return _again(screening, wish, error, order)
    display_cache.expire_taken_seats(screening.id)
    return purchase.redirect_to_order(order.token)


@blueprint.get("/screenings/<int:screening_id>/seats.json")
def seats_json(screening_id: int) -> Response:
    """The taken seats and until when, for pages whose stream fails."""
    events.screening(screening_id)
    response = make_response(display_cache.taken_seats(screening_id).json())
    response.headers["Content-Type"] = "application/json"
    return response


@blueprint.get("/screenings/<int:screening_id>/events")
def seat_events(screening_id: int) -> Response:
    """Server-sent events: the taken seats, then every change. Holds no connection of the pool."""
    events.screening(screening_id)
    try:
        stream = live.feed().stream(screening_id, address_key())
    except live.TooManyStreams:
        return Response(_("Too many are looking at this map."), 503, {"Retry-After": "30"})
    response = Response(stream, mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response
