"""Orders: begin one with seats, choose types and snacks, read it, give it up."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response

from app.api import order_access
from app.api.idempotent import key_of_request
from app.api.identity import require
from app.api.order_access import READERS, WRITERS
from app.api.order_schemas import ConcessionsSchema, NewOrderSchema, OrderSchema, TypesSchema
from app.api.resource import Resource
from app.core import db
from app.core.errors import Invalid
from app.core.throttle import keyed_hash
from app.orders import service as orders
from app.orders.service import OrderView, TypeChoice

SERVICE, PATH = "orders", "/orders"
blueprint = Resource("orders", about="Orders. The token of an order is all that a guest needs")


@blueprint.act("", NewOrderSchema, allowed=WRITERS, guests=True)
@blueprint.response(201, OrderSchema)
@blueprint.doc(operationId="createOrder")
def create_order(screening: int, seats: list[int] | None, quantity: int | None) -> object:
    """Begin an order, which holds its seats until a deadline

    Name the `seats`, or ask for the best `quantity` together.

    409 `seats.lost` if one of them has gone, with free ones that replace it; 409 `seats.nothing_fits` if there are not
    so many together, with the address of the waiting list.
    """
    if (seats is None) == (quantity is None):
        raise Invalid("seats.none", "seats")
    actor = order_access.new_owner(screening, key_of_request())
    once = keyed_hash(key_of_request())
    if seats is not None:
        started = orders.start_with_seats(screening, seats, actor, once=once)
    else:
        started = orders.start_with_best(screening, quantity or 0, actor, once=once)
    return order_access.created(started)


@blueprint.get("/<token>")
@require(*READERS, guests=True)
@blueprint.response(200, OrderSchema)
@blueprint.doc(operationId="readOrder")
def read_order(token: str) -> OrderView:
    """Read an order"""
    return order_access.order_to_read(token)


@blueprint.put("/<token>/types")
@require(*WRITERS, guests=True)
@blueprint.body(TypesSchema)
@blueprint.response(200, OrderSchema)
@blueprint.doc(operationId="chooseTypes")
def choose_types(token: str, seats: list[dict[str, Any]], age_confirmed: bool) -> OrderView:
    """Choose full or half price for every seat"""
    choices = {one["seat"]: TypeChoice(one["type"], one["half_kind"]) for one in seats}
    owner = order_access.owner_of(token)
    with db.transaction():
        return orders.choose_types(token, choices, owner, age_confirmed=age_confirmed)


@blueprint.put("/<token>/concessions")
@require(*WRITERS, guests=True)
@blueprint.body(ConcessionsSchema)
@blueprint.response(200, OrderSchema)
@blueprint.doc(operationId="chooseConcessions")
def choose_concessions(token: str, items: list[dict[str, int]]) -> OrderView:
    """Choose the order's snacks; they replace those chosen before"""
    wanted = {one["product"]: one["quantity"] for one in items}
    owner = order_access.owner_of(token)
    with db.transaction():
        return orders.choose_concessions(token, wanted, owner)


@blueprint.delete("/<token>")
@require(*WRITERS, guests=True)
@blueprint.response(204)
@blueprint.doc(operationId="giveUpOrder")
def give_up_order(token: str) -> Response:
    """Give up an unpaid order: its seats are free at once

    409 `order.state` for an order that is paid.
    """
    owner = order_access.owner_of(token)
    with db.transaction():
        orders.abandon(token, owner)
    return make_response("", 204)
