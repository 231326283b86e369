"""The counter's pages: staff scan a ticket, see what its order has to collect, and hand it out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.core import db
from app.core.codes import order_code
from app.core.errors import BilheteriaError, Conflict, Invalid, NotFound, TooMany
from app.door import blueprint, counter_texts, verdicts
from app.door.counter_place import (
    Counter,
    current_counter,
    remember_counter,
    submitted_counter,
)
from app.door.page_answers import uncached
from app.door.staff import require_staff
from app.events import service as events
from app.orders import service as orders
from app.orders.service import OrderView
from app.products import service as products
from app.products.service import ItemKey
from app.tickets import service as tickets
from app.tickets.service import Admission
from app.users import service as users
from app.users.service import User
from app.web import error_texts
from app.web.actor import current_actor
from app.web.page_swap import next_page
from app.web.security import over_tls
from app.web.sign_in import signed_in_user


@blueprint.get("/staff/counter")
@require_staff
def counter() -> Response:
    return _scan_page(current_counter(request))


@blueprint.get("/staff/counter/place")
def redirect_to_counter() -> Response:
    """Redirect a GET of a form's address: the sign-in returns to it if the session ended before the form was sent."""
    return make_response(redirect(url_for("door.counter"), 303))


@blueprint.post("/staff/counter/place")
@require_staff
def change_counter() -> Response:
    """Change the site or the counter's name, and store it on this device."""
    try:
        chosen = submitted_counter(request)
    except Invalid as error:
        return _scan_page(
            current_counter(request),
            errors={error.field: error_texts.sentence(error)},
            status=error.status,
        )
    response = make_response(redirect(url_for("door.counter"), 303))
    return remember_counter(chosen, response, secure=over_tls())


@blueprint.post("/staff/counter")
@require_staff
def find_pickup() -> Response:
    """Go on to the order of the ticket that was scanned or typed, or that has the typed code: a kiosk names the code to
    people for whom nothing was printed.
    """
    typed = request.form.get("code", "")
    here = current_counter(request)
    if not typed.strip():
        return _scan_page(here, errors={"code": _("Scan a QR code, or type the ticket's code.")}, status=422)
    code = tickets.split_codes(typed)[0]
    try:
        with db.transaction():
            found = tickets.identify(code, current_actor(channel="door"))
            order_id = _order_of(found, code)
            if order_id is not None:
                orders.prepare_pickup(order_id)
    except TooMany as error:
        verdict = verdicts.too_many(error.retry_after)
        return _scan_page(here, errors={"code": f"{verdict.demand}. {verdict.detail}"}, status=error.status)
    if order_id is None:
        return _scan_page(here, errors={"code": counter_texts.refused_code(found.verdict)}, status=422)
    if found.ticket is None:
        return next_page("door.pickup", order_id=order_id, by="code")
    return next_page("door.pickup", order_id=order_id)


def _order_of(found: Admission, code: str) -> uuid.UUID | None:
    """The order of the ticket, or the one that has the code; None if there is none."""
    if found.verdict == "identified" and found.ticket is not None:
        return found.ticket.order_id
    order = orders.find_by_code(order_code(code)) if found.verdict == "order_code" else None
    return order.id if order is not None else None


@blueprint.get("/staff/counter/orders/<uuid:order_id>")
@require_staff
def pickup(order_id: uuid.UUID, by: str = "") -> Response:
    """Show what an order has to collect; with `by=code` also what to ask somebody who has no ticket."""
    return _order_page(order_id, by_code=(by or request.args.get("by")) == "code")


@blueprint.get("/staff/counter/orders/<uuid:order_id>/<any(handouts, undo, queue):part>")
def redirect_to_pickup(order_id: uuid.UUID, part: str) -> Response:
    return make_response(redirect(url_for("door.pickup", order_id=order_id), 303))


@blueprint.post("/staff/counter/orders/<uuid:order_id>/handouts")
@require_staff
def hand_out(order_id: uuid.UUID) -> Response:
    """Hand out the quantities of the form; a form that is sent twice hands out once."""
    here = current_counter(request)
    try:
        with db.transaction():
            orders.hand_out(
                order_id,
                _wanted(),
                current_actor(channel="door"),
                cinema_id=here.cinema_id,
                counter=here.name,
                act_id=_act_id(),
            )
    except (Conflict, Invalid) as error:
        return _order_page(order_id, error=counter_texts.refusal(error), status=error.status)
    return next_page("door.pickup", order_id=order_id)


@blueprint.post("/staff/counter/orders/<uuid:order_id>/undo")
@require_staff
def undo_handout(order_id: uuid.UUID) -> Response:
    """Undo a hand-out of the last minutes; it stays recorded."""
    try:
        act_id = uuid.UUID(request.form.get("handout", ""))
    except ValueError:
        abort(400)
    try:
        with db.transaction():
            orders.undo_handout(
                order_id,
                act_id,
                current_actor(channel="door"),
                cinema_id=current_counter(request).cinema_id,
            )
    except Conflict as error:
        return _order_page(order_id, error=counter_texts.refusal(error), status=error.status)
    return next_page("door.pickup", order_id=order_id)


def _wanted() -> Mapping[ItemKey, int]:
    """The quantities in the form: fields `item-<product>-<part>`. Raises Invalid."""
    wanted: dict[ItemKey, int] = {}
    for name, value in request.form.items():
        if not name.startswith("item-"):
            continue
        product_id, _dash, part_id = name.removeprefix("item-").partition("-")
        numbers = (product_id, part_id, value.strip() or "0")
        if not all(one.isascii() and one.isdecimal() and len(one) < 8 for one in numbers):
            raise Invalid("handout.quantity", name)
        wanted[int(product_id), int(part_id)] = int(numbers[2])
    return wanted


def _act_id() -> uuid.UUID:
    """The once-token of the form. Raises Invalid without one."""
    try:
        return uuid.UUID(request.form.get("act", ""))
    except ValueError:
        raise Invalid("order.once") from None


def _scan_page(here: Counter, *, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    values = _template_values(here) | {
        "errors": errors or {},
        "typed_code": request.form.get("code", "")[:400] if errors else "",
        "typed_name": request.form.get("name", here.name)[:400],
    }
    return uncached(render_template("door/page_counter.html", **values), status)


def _order_page(
    order_id: uuid.UUID, *, by_code: bool = False, error: str = "", status: int = 200
) -> Response:
    here = current_counter(request)
    try:
        order = orders.by_id(order_id)
    except NotFound:
        abort(404)
    items = products.pickup_items(order_id)
    values = _template_values(here) | {
        "order": order,
        "screening": order.screening,
        "items": items,
        "left": sum(item.left for item in items),
        "handouts": products.handouts(order_id),
        "call": products.pickup_call(order_id),
        "refused": _refusal_of(order, here),
        "by_code": by_code,
        "act_id": uuid.uuid4(),
        "by_name": counter_texts.by_name,
        "returned": bool(order.email and order.is_paid and users.address_state(order.email).returned),
        "error": error,
        "now": events.now(),
        "errors": {},
        "typed_name": here.name,
    }
    return uncached(render_template("door/page_counter_order.html", **values), status)


def _refusal_of(order: OrderView, here: Counter) -> str:
    """Why nothing of the order is handed out at this counter; empty if it may be."""
    error: BilheteriaError | None = None
    if not order.is_paid:
        error = orders.WrongState(order.state)
    elif order.screening.cinema.id != here.cinema_id:
        error = orders.OtherSite(order.screening.cinema.name)
    return counter_texts.refusal(error) if error is not None else ""


def _template_values(here: Counter) -> dict[str, object]:
    return {
        "counter": here,
        "cinemas": events.cinemas(),
        "longest_name": products.MAX_COUNTER_LENGTH,
        "staff": _staff(),
    }


def _staff() -> User:
    user = signed_in_user()
    assert user is not None
    return user
