"""Two page steps of a purchase: ticket types and concessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import db
from app.core.errors import Conflict, Invalid
from app.core.half_price import KINDS
from app.orders import service as orders
from app.orders.service import HalfPriceGone, OrderOver, OrderView, TypeChoice
from app.products import service as products
from app.products.service import MenuItem, OutOfStock
from app.shop import blueprint, display_cache, labels, order_labels, purchase
from app.web import error_texts, links, page_swap
from app.web.actor import current_actor
from app.web.language import switched_within_form
from app.web.locale import locale

Answer = str | Response | tuple[str, int]
MAX_DIGITS = 6  # of a typed quantity


@blueprint.get("/orders/<token>/types")
def types(token: str) -> Answer:
    order = purchase.own_order(token)
    elsewhere = purchase.redirect_to_fitting_step(order, "types")
    return elsewhere or _types_page(order, _current_choices(order), order.age_confirmed, {})


@blueprint.post("/orders/<token>/types")
def choose_types(token: str) -> Answer:
    choices = _parse_choices()
    confirmed = request.form.get("age") == "yes"
    if switched_within_form() or purchase.extended_by_form(token):
        order = purchase.own_order(token)
        return purchase.redirect_to_fitting_step(order, "types") or _types_page(order, choices, confirmed, {})
    try:
        with db.transaction():
            changed = orders.choose_types(token, choices, current_actor(), age_confirmed=confirmed)
    except OrderOver:
        return redirect(links.order(token), 303)
    except Invalid as error:
        order = purchase.own_order(token)
        wrong = orders.type_problems(order, choices, age_confirmed=confirmed)
        fields = {"age", *(f"seat-{seat.seat_id}" for seat in order.seats)}
        errors = {
            one.field if one.field in fields else "types": error_texts.sentence(one)
            for one in wrong or (error,)
        }
        return _types_page(order, choices, confirmed, errors), 422
    except HalfPriceGone as gone:
        errors = {"types": error_texts.sentence(gone)}
        return _types_page(purchase.own_order(token), choices, confirmed, errors), 409
    purchase.reuse_order(changed)
    return page_swap.next_page("shop.concessions", token=token)


def _parse_choices() -> dict[int, TypeChoice]:
    """The form's ticket type of each seat: `type-12=half`, `kind-12=student`."""
    choices: dict[int, TypeChoice] = {}
    for name, value in request.form.items():
        seat = name.removeprefix("type-")
        if seat != name and seat.isascii() and seat.isdecimal() and len(seat) < 10:
            choices[int(seat)] = TypeChoice(value, request.form.get(f"kind-{seat}") or None)
    return choices


def _current_choices(order: OrderView) -> dict[int, TypeChoice]:
    return {seat.seat_id: TypeChoice(seat.ticket_type, seat.half_kind) for seat in order.seats}


def _types_page(
    order: OrderView, choices: Mapping[int, TypeChoice], age_confirmed: bool, errors: Mapping[str, str]
) -> str:
    left, places = display_cache.half_price_left(order.screening.id)
    return render_template(
        "shop/page_types.html",
        **purchase.frame(order, "types"),
        counted=order_labels.type_counts(order),
        sum_words={
            "full": labels.plural_forms(labels.full_price),
            "half": labels.plural_forms(labels.half_price),
        },
        choices={seat.seat_id: choices.get(seat.seat_id, TypeChoice()) for seat in order.seats},
        age_confirmed=age_confirmed,
        errors=errors,
        seat_kind=labels.seat_kind,
        seat_words=labels.seat,
        names={f"seat-{seat.seat_id}": seat.name for seat in order.seats},
        half_left=left,
        half_places=places,
        kinds=[
            (kind.code, _(kind.name), _(kind.proof), _(kind.note) if kind.note else "")
            for kind in KINDS.values()
        ],
    )


@dataclass(frozen=True, slots=True)
class MenuLine:
    """A line of the menu. `typed` is the quantity as typed, `most` the largest one that can be had."""

    item: MenuItem
    typed: str
    most: int
    error: str


@blueprint.get("/orders/<token>/concessions")
def concessions(token: str) -> Answer:
    order = purchase.own_order(token)
    elsewhere = purchase.redirect_to_fitting_step(order, "concessions")
    return elsewhere or _concessions_page(order, _current_quantities(order), {})


@blueprint.post("/orders/<token>/concessions")
def choose_concessions(token: str) -> Answer:
    typed = _typed_quantities()
    if switched_within_form() or purchase.extended_by_form(token):
        order = purchase.own_order(token)
        return purchase.redirect_to_fitting_step(order, "concessions") or _concessions_page(order, typed, {})
    if request.form.get("go") == "skip":
        typed = {}
    added = request.form.get("add")
    if added is not None:
        typed = _with_one_added(typed, added)
    try:
        with db.transaction():
            changed = orders.choose_concessions(token, _quantities(typed), current_actor())
    except Invalid as error:
        errors = {error.field: error_texts.sentence(error)}
        return _concessions_page(purchase.own_order(token), typed, errors), 422
    except OutOfStock as gone:
        errors = {
            str(product_id): error_texts.out_of_stock(left) for product_id, left in gone.available.items()
        }
        return _concessions_page(purchase.own_order(token), typed, errors), 409
    except Conflict:
        return redirect(links.order(token), 303)
    if added is not None:
        return redirect(f"{links.order(token, 'concessions')}#quantity-{added}", 303)
    purchase.reuse_order(changed)
    step = "concessions" if request.form.get("go") == "stay" else "checkout"
    return page_swap.next_page(f"shop.{step}", token=token)


def _typed_quantities() -> dict[str, str]:
    """The typed quantities by product id: `quantity-3=2`. A repeated field counts once."""
    return {
        name.removeprefix("quantity-"): value.strip()
        for name, value in request.form.items()
        if name.startswith("quantity-")
    }


def _with_one_added(typed: Mapping[str, str], product: str) -> dict[str, str]:
    """The quantities after the button `Add` of a page without scripts.

    A quantity that is not a number stays as typed: its error is shown later.
    """
    before = typed.get(product) or "0"
    readable = before.isascii() and before.isdecimal() and len(before) <= MAX_DIGITS
    return {**typed, product: str(int(before) + 1) if readable else before}


def _quantities(typed: Mapping[str, str]) -> dict[int, int]:
    """The quantities by product id. Raises Invalid for a text that is not a product id or not a whole number."""
    wanted: dict[int, int] = {}
    for product, text in typed.items():
        if text in ("", "0"):
            continue
        if not (product.isascii() and product.isdecimal() and len(product) < 10):
            raise Invalid("products.unknown", product)
        if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
            raise Invalid("products.quantity", product, most=products.MOST_OF_ONE)
        wanted[int(product)] = int(text)
    return wanted


def _current_quantities(order: OrderView) -> dict[str, str]:
    return {str(item.product_id): str(item.quantity) for item in order.items}


def _concessions_page(order: OrderView, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    held = {item.product_id: item.quantity for item in order.items}
    offered = [
        MenuLine(
            item,
            typed.get(str(item.id), "0"),
            min(products.MOST_OF_ONE, item.available + held.get(item.id, 0)),
            errors.get(str(item.id), ""),
        )
        for item in display_cache.menu(order.screening.cinema.id, locale())
    ]
    known = {str(one.item.id) for one in offered}
    combos = [one for one in offered if one.item.kind == "combo"]
    return render_template(
        "shop/page_concessions.html",
        **purchase.frame(order, "concessions"),
        counted=order_labels.item_counts(order),
        sum_before=labels.tickets(len(order.seats)),
        sum_words={"combo": labels.plural_forms(labels.combos), "item": labels.plural_forms(labels.snacks)},
        combos=combos,
        question=labels.popcorn_for(len(order.seats)),
        items=[one for one in offered if one.item.kind != "combo"],
        errors={f"quantity-{product}": error for product, error in errors.items() if product in known},
        names={f"quantity-{line.item.id}": line.item.name for line in offered},
        unknown_errors=[error for product, error in errors.items() if product not in known],
    )
