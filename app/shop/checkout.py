"""The last step before paying, more time for it, and giving up."""

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
from app.shop import blueprint, purchase
from app.web import error_texts, links, page_swap
from app.web.actor import current_actor
from app.web.language import switched_within_form
from app.web.security import safe_next
from app.web.sign_in import signed_in_user

Answer = str | Response | tuple[str, int]


@blueprint.get("/orders/<token>/checkout")
def checkout(token: str) -> Answer:
    order = purchase.own_order(token)
    elsewhere = purchase.at_step(order, "checkout")
    if elsewhere is not None:
        return elsewhere
    user = signed_in_user()
    typed = {
        "name": order.name or (user.name if user else ""),
        "email": order.email or _email_waited_with(order) or (user.email if user else ""),
        "cpf": order.cpf or "",
        "method": order.method or "pix",
    }
    return _checkout_page(order, typed, {})


def _email_waited_with(order: OrderView) -> str | None:
    """Who waited for these seats has typed an e-mail already."""
    return reservations.email_of_offer(order.reservation_id) if order.from_offer else None


@blueprint.post("/orders/<token>/checkout")
def check_out(token: str) -> Answer:
    typed = {name: request.form.get(name, "") for name in ("name", "email", "cpf", "method")}
    if switched_within_form() or purchase.asked_for_time(token):
        order = purchase.own_order(token)
        return purchase.at_step(order, "checkout") or _checkout_page(order, typed, {})
    try:
        with db.transaction():
            orders.check_out(
                token,
                current_actor(),
                name=typed["name"],
                email=typed["email"],
                cpf=typed["cpf"],
                method=typed["method"],
                shown_total=_shown(),
                shown_revision=purchase.shown_revision(),
                return_url=purchase.return_url(token),
            )
    except Invalid as error:
        order = purchase.own_order(token)
        elsewhere = purchase.at_step(order, "checkout")
        if elsewhere is not None:
            return elsewhere
        wrong = orders.buyer_problems(typed["name"], typed["email"], typed["cpf"])
        errors = {one.field: error_texts.sentence(one) for one in (*wrong, error)}
        return _checkout_page(order, typed, errors), 422
    except (TotalChanged, PresentationChanged):
        # The snacks of another tab, or another print: it is said before it is charged.
        return _checkout_page(purchase.own_order(token), typed, {}), 409
    except (OrderOver, WrongState):
        return redirect(links.order(token), 303)
    except Conflict:  # two tabs at once: the other one's charge stands
        pass
    return page_swap.go_on("shop.payment", token=token)


def _shown() -> int | None:
    """The total that the page said; None where a form says none."""
    shown = request.form.get("shown")
    if shown is None:
        return None
    return int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else -1


def _checkout_page(order: OrderView, typed: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "shop/page_checkout.html",
        **purchase.frame(order, "checkout"),
        counted=purchase.counted(order),
        typed=typed,
        errors=errors,
        changed=_shown() not in (None, order.total),
        signed_in=signed_in_user() is not None,
    )


@blueprint.post("/orders/<token>/extensions")
def extend(token: str) -> Response | tuple[Response, int]:
    """A few more minutes: back to the page that asked, or the new clock for the script that asked."""
    status = 200 if purchase.extended(token) else 409
    if not purchase.wants_json():
        if status == 200:
            flash(_("+5 minutes"), "clock")
        return redirect(_page_that_asked(token), 303)
    return jsonify(_clock(purchase.own_order(token))), status


@blueprint.get("/orders/<token>/clock")
def clock(token: str) -> Response | tuple[Response, int]:
    """The deadline, for a page that may have slept; 409 once the order is no longer being put together."""
    order = purchase.own_order(token)
    return jsonify(_clock(order)), 200 if order.is_draft and order.is_open else 409


def _clock(order: OrderView) -> dict[str, Any]:
    return {
        "deadline": int(order.deadline.timestamp()),
        "now": int(order.read_at.timestamp()),
        "more": order.can_extend,
    }


def _page_that_asked(token: str) -> str:
    """A page of this very order, from the Referer; else the order's own, which knows the step that fits."""
    asked = urlsplit(request.referrer or "")
    own = links.order(token)
    return asked.path if asked.netloc == request.host and asked.path.startswith(f"{own}/") else own


@blueprint.post("/orders/<token>/end")
def abandon(token: str) -> Response:
    """Seats and snacks go back at once; on to where one was (`next`), else to the map of the same screening.

    The next page offers to take the seats again, while they are free.
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
