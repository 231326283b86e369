"""Who goes, and what they eat: ticket types and concessions of an order that is being bought."""

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
from app.shop import blueprint, display_cache, labels, purchase
from app.web import error_texts, links, page_swap
from app.web.actor import current_actor
from app.web.language import locale, switched_within_form

Answer = str | Response | tuple[str, int]
DIGITS = 6  # of a quantity that is read at all


@blueprint.get("/orders/<token>/types")
def types(token: str) -> Answer:
    order = purchase.own_order(token)
    return purchase.at_step(order, "types") or _types_page(order, _chosen(order), order.age_confirmed, {})


@blueprint.post("/orders/<token>/types")
def choose_types(token: str) -> Answer:
    choices = _choices()
    confirmed = request.form.get("age") == "yes"
    if switched_within_form() or purchase.asked_for_time(token):
        order = purchase.own_order(token)
        return purchase.at_step(order, "types") or _types_page(order, choices, confirmed, {})
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
    purchase.changed_order(changed)
    return page_swap.go_on("shop.concessions", token=token)


def _choices() -> dict[int, TypeChoice]:
    """What the form says for each seat: `type-12=half`, `kind-12=student`."""
    choices: dict[int, TypeChoice] = {}
    for name, value in request.form.items():
        seat = name.removeprefix("type-")
        if seat != name and seat.isascii() and seat.isdecimal() and len(seat) < 10:
            choices[int(seat)] = TypeChoice(value, request.form.get(f"kind-{seat}") or None)
    return choices


def _chosen(order: OrderView) -> dict[int, TypeChoice]:
    return {seat.seat_id: TypeChoice(seat.ticket_type, seat.half_kind) for seat in order.seats}


def _types_page(
    order: OrderView, choices: Mapping[int, TypeChoice], age_confirmed: bool, errors: Mapping[str, str]
) -> str:
    left, places = display_cache.half_price_left(order.screening.id)
    return render_template(
        "shop/page_types.html",
        **purchase.frame(order, "types"),
        counted=purchase.counted_by_type(order),
        sum_words={"full": labels.forms(labels.full_price), "half": labels.forms(labels.half_price)},
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
class Offered:
    """A line of the menu as the page shows it; `typed` is the quantity, or what was typed for it."""

    item: MenuItem
    typed: str
    most: int
    error: str


@blueprint.get("/orders/<token>/concessions")
def concessions(token: str) -> Answer:
    order = purchase.own_order(token)
    return purchase.at_step(order, "concessions") or _concessions_page(order, _held(order), {})


@blueprint.post("/orders/<token>/concessions")
def choose_concessions(token: str) -> Answer:
    typed = _typed()
    if switched_within_form() or purchase.asked_for_time(token):
        order = purchase.own_order(token)
        return purchase.at_step(order, "concessions") or _concessions_page(order, typed, {})
    if request.form.get("go") == "skip":
        typed = {}
    added = request.form.get("add")
    if added is not None:
        typed = _with_one_more(typed, added)
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
    purchase.changed_order(changed)
    step = "concessions" if request.form.get("go") == "stay" else "checkout"
    return page_swap.go_on(f"shop.{step}", token=token)


def _typed() -> dict[str, str]:
    """What was typed, by product id: `quantity-3=2`. A repeated field counts once."""
    return {
        name.removeprefix("quantity-"): value.strip()
        for name, value in request.form.items()
        if name.startswith("quantity-")
    }


def _with_one_more(typed: Mapping[str, str], product: str) -> dict[str, str]:
    """`Add` of a page whose script does not run. What is no number stays as it was typed, and is told."""
    before = typed.get(product) or "0"
    readable = before.isascii() and before.isdecimal() and len(before) <= DIGITS
    return {**typed, product: str(int(before) + 1) if readable else before}


def _quantities(typed: Mapping[str, str]) -> dict[int, int]:
    """Raises Invalid for what is no product and no whole number."""
    wanted: dict[int, int] = {}
    for product, text in typed.items():
        if text in ("", "0"):
            continue
        if not (product.isascii() and product.isdecimal() and len(product) < 10):
            raise Invalid("products.unknown", product)
        if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS):
            raise Invalid("products.quantity", product, most=products.MOST_OF_ONE)
        wanted[int(product)] = int(text)
    return wanted


def _held(order: OrderView) -> dict[str, str]:
    return {str(item.product_id): str(item.quantity) for item in order.items}


def _concessions_page(order: OrderView, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    held = {item.product_id: item.quantity for item in order.items}
    offered = [
        Offered(
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
        counted=purchase.counted(order),
        sum_before=labels.tickets(len(order.seats)),
        sum_words={"combo": labels.forms(labels.combos), "item": labels.forms(labels.snacks)},
        combos=combos,
        question=labels.popcorn_for(len(order.seats)),
        items=[one for one in offered if one.item.kind != "combo"],
        errors={f"quantity-{product}": error for product, error in errors.items() if product in known},
        names={f"quantity-{line.item.id}": line.item.name for line in offered},
        strange=[error for product, error in errors.items() if product not in known],
    )
