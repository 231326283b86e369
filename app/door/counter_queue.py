"""The queue of the counter: orders by session, called one by one; and the screen in the foyer with their numbers."""

from __future__ import annotations

import uuid

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.core import db
from app.core.errors import Conflict
from app.core.i18n import LOCALES, translate
from app.door import blueprint, counter_texts
from app.door.counter_place import current_counter
from app.door.page_answers import uncached
from app.door.staff import require_staff
from app.events import service as events
from app.events.service import Screening
from app.orders import service as orders
from app.products import service as products
from app.products.service import PickupCall
from app.web.page_swap import asked_by_htmx, next_page, redirect_by_navigation

SCREEN_NUMBERS = 8  # on the screen in the foyer, the newest one large


@blueprint.after_request
def navigate_to_sign_in(response: Response) -> Response:
    """Let a page that polls go to the sign-in when the session has ended."""
    is_counter = request.path.startswith(url_for("door.counter"))
    return redirect_by_navigation(response) if is_counter else response


@blueprint.get("/staff/counter/queue")
@require_staff
def queue() -> Response:
    return _queue_page()


@blueprint.get("/staff/counter/queue/orders")
@require_staff
def queue_orders() -> Response:
    """The queue alone, for the page that polls it."""
    if not asked_by_htmx():  # after a sign-in
        return make_response(redirect(url_for("door.queue"), 303))
    return uncached(render_template("door/_counter_queue.html", **_queue_values()))


@blueprint.post("/staff/counter/queue")
@require_staff
def move_in_queue() -> Response:
    """Call an order, or let it wait again."""
    cinema_id = current_counter(request).cinema_id
    field = "call" if "call" in request.form else "wait"
    try:
        order_id = uuid.UUID(request.form.get(field, ""))
        with db.transaction():
            move = products.call_pickup if field == "call" else products.stop_calling_pickup
            move(order_id, cinema_id=cinema_id)
    except ValueError:
        return make_response(redirect(url_for("door.queue"), 303))
    except Conflict as error:
        return _queue_answer(error=counter_texts.refusal(error), status=error.status)
    if not asked_by_htmx():
        return make_response(redirect(url_for("door.queue"), 303))
    return _queue_answer()


def _queue_answer(*, error: str = "", status: int = 200) -> Response:
    if not asked_by_htmx():
        return _queue_page(error=error, status=status)
    return uncached(render_template("door/_counter_queue.html", **_queue_values(), error=error))


@blueprint.post("/staff/counter/orders/<uuid:order_id>/queue")
@require_staff
def join_queue(order_id: uuid.UUID) -> Response:
    """Put an order into the queue: the customer waits, and is called when it is ready."""
    try:
        with db.transaction():
            orders.queue_pickup(order_id, cinema_id=current_counter(request).cinema_id)
    except Conflict:
        return make_response(redirect(url_for("door.pickup", order_id=order_id), 303))
    return next_page("door.pickup", order_id=order_id)


@blueprint.get("/staff/counter/screen")
@require_staff
def screen() -> Response:
    """The screen in the foyer: numbers without names, in both languages."""
    return uncached(render_template("door/page_counter_screen.html", **_screen_values()))


@blueprint.get("/staff/counter/screen/numbers")
@require_staff
def screen_numbers() -> Response:
    """The numbers alone, for the screen that polls them."""
    if not asked_by_htmx():  # after a sign-in
        return make_response(redirect(url_for("door.screen"), 303))
    return uncached(render_template("door/_counter_numbers.html", **_screen_values()))


def _queue_page(*, error: str = "", status: int = 200) -> Response:
    body = render_template("door/page_counter_queue.html", **_queue_values(), error=error)
    return uncached(body, status)


def _queue_values() -> dict[str, object]:
    here = current_counter(request)
    queued = products.pickup_queue(here.cinema_id)
    return {"counter": here, "sessions": _by_screening(queued), "now": events.now(), "title": _("Queue")}


def _by_screening(queued: list[PickupCall]) -> list[tuple[Screening, list[PickupCall]]]:
    """The queue by screening, in the order of their start."""
    sessions: dict[int, list[PickupCall]] = {}
    for one in queued:
        sessions.setdefault(one.screening_id, []).append(one)
    return [(events.screening(screening_id), calls) for screening_id, calls in sessions.items()]


def _screen_values() -> dict[str, object]:
    here = current_counter(request)
    called = products.called_pickups(here.cinema_id, most=SCREEN_NUMBERS)
    waiting = [one for one in products.pickup_queue(here.cinema_id) if one.is_waiting and one.asked_at]
    return {
        "counter": here,
        "called": called,
        "waiting": waiting[:SCREEN_NUMBERS],
        "languages": [(one.replace("_", "-"), _screen_texts(one)) for one in LOCALES],
    }


def _screen_texts(language: str) -> dict[str, str]:
    """What the screen says beside the numbers: it shows every language at once."""
    return {
        "title": translate(language, "Pick-up"),
        "ready": translate(language, "is ready"),
        "idle": translate(language, "Show the QR of your ticket at the counter."),
        "waiting": translate(language, "Being prepared"),
        "stale": translate(language, "No connection: the numbers may be out of date."),
    }
