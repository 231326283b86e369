"""The page step before the payment, the extension of a hold, and the end of an order that is given up."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import flash, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import db
from app.core.errors import Conflict, Invalid
from app.orders import service as orders
from app.orders.service import OrderOver, OrderView, PresentationChanged, TotalChanged, WrongState
from app.reservations import service as reservations
from app.shop import blueprint, order_labels, purchase
from app.web import error_texts, links, page_swap
from app.web.actor import current_actor
from app.web.language import switched_within_form
from app.web.security import safe_next
from app.web.sign_in import signed_in_user

Answer = str | Response | tuple[str, int]


@blueprint.get("/orders/<token>/checkout")
def checkout(token: str) -> Answer:
    order = purchase.own_order(token)
    elsewhere = purchase.redirect_to_fitting_step(order, "checkout")
    if elsewhere is not None:
        return elsewhere
    user = signed_in_user()
    typed = {
        "name": order.name or (user.name if user else ""),
        "email": order.email or _waiting_list_email(order) or (user.email if user else ""),
        "cpf": order.cpf or "",
        "method": order.method or "pix",
    }
    return _checkout_page(order, typed, {})


def _waiting_list_email(order: OrderView) -> str | None:
    """The e-mail that was given to the waiting list, for seats that came from an offer."""
    return reservations.email_of_offer(order.reservation_id) if order.from_offer else None


@blueprint.post("/orders/<token>/checkout")
def check_out(token: str) -> Answer:
    typed = {name: request.form.get(name, "") for name in ("name", "email", "cpf", "method")}
    if switched_within_form() or purchase.extended_by_form(token):
        order = purchase.own_order(token)
        return purchase.redirect_to_fitting_step(order, "checkout") or _checkout_page(order, typed, {})
    try:
        with db.transaction():
            changed = orders.check_out(
                token,
                current_actor(),
                name=typed["name"],
                email=typed["email"],
                cpf=typed["cpf"],
                method=purchase.checked_method(typed["method"]),
                shown_total=purchase.shown_number("shown"),
                shown_revision=purchase.shown_number("revision"),
                return_url=purchase.return_url(token),
            )
    except Invalid as error:
        order = purchase.own_order(token)
        elsewhere = purchase.redirect_to_fitting_step(order, "checkout")
        if elsewhere is not None:
            return elsewhere
        contact_required = current_actor().channel != "kiosk"
        wrong = orders.buyer_problems(
            typed["name"], typed["email"], typed["cpf"], contact_required=contact_required
        )
        errors = {one.field: error_texts.sentence(one) for one in (*wrong, error)}
        return _checkout_page(order, typed, errors), 422
    except (TotalChanged, PresentationChanged):
        # Another tab changed the snacks, or the screening changed: show the new total before it is charged.
        return _checkout_page(purchase.own_order(token), typed, {}), 409
    except (OrderOver, WrongState):
        return redirect(links.order(token), 303)
    except Conflict:  # Another tab has begun a charge: keep that one.
        pass
    else:
        purchase.reuse_order(changed)
    return page_swap.next_page("shop.payment", token=token)


def _checkout_page(order: OrderView, typed: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "shop/page_checkout.html",
        **purchase.frame(order, "checkout"),
        counted=order_labels.item_counts(order),
        typed=typed,
        errors=errors,
        changed=purchase.shown_number("shown") not in (None, order.total),
        signed_in=signed_in_user() is not None,
    )


@blueprint.post("/orders/<token>/extensions")
def extend(token: str) -> Response | tuple[Response, int]:
    """Extend the hold; answer a script with the new clock, a form with the page that it came from."""
    status = 200 if purchase.extend_order(token) else 409
    if not purchase.is_script_request():
        if status == 200:
            flash(_("+5 minutes"), "clock")
        return redirect(_referring_page(token), 303)
    return jsonify(_clock(purchase.own_order(token))), status


@blueprint.get("/orders/<token>/clock")
def clock(token: str) -> Response | tuple[Response, int]:
    """The deadline, for a page of a device that may have slept; 409 when the order is no draft any more."""
    order = purchase.own_order(token)
    return jsonify(_clock(order)), 200 if order.is_draft and order.is_open else 409


def _clock(order: OrderView) -> dict[str, Any]:
    return {
        "deadline": int(order.deadline.timestamp()),
        "now": int(order.read_at.timestamp()),
        "more": order.can_extend,
    }


def _referring_page(token: str) -> str:
    """The path in the Referer if it is a page of this order, else the order's own page."""
    asked = urlsplit(request.referrer or "")
    own = links.order(token)
    return asked.path if asked.netloc == request.host and asked.path.startswith(f"{own}/") else own


@blueprint.post("/orders/<token>/end")
def abandon(token: str) -> Response:
    """Give the order up: seats and snacks are free at once. Leads to `next`, else to the map of the screening.

    The next page offers to take the seats again while they are free.
    """
    try:
        with db.transaction():
            orders.abandon(token, current_actor())
    except WrongState:
        return redirect(links.order(token), 303)
    flash(token, purchase.GIVEN_UP)
    return redirect(
        safe_next(request.form.get("next"), links.screening(orders.order(token).screening.id)), 303
    )
