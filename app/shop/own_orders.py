"""The page of an account's orders: open ones, those of screenings to come, and earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from app.orders import service as orders
from app.orders.service import OrderView
from app.shop import blueprint, order_labels
from app.shop.posters import poster
from app.users import service as users
from app.web.sign_in import require_account, signed_in_user


@dataclass(frozen=True, slots=True)
class OwnOrders:
    """The groups of an account's orders: `waiting` and `earlier` by date, newest first, `to_come` by screening."""

    waiting: tuple[OrderView, ...]
    to_come: tuple[OrderView, ...]
    earlier: tuple[OrderView, ...]

    @classmethod
    def of(cls, found: Sequence[OrderView]) -> OwnOrders:
        waiting = tuple(order for order in found if order.is_open or order.is_reseat_offered)
        to_come = [order for order in found if order.is_paid and _is_to_come(order)]
        known = {order.id for order in (*waiting, *to_come)}
        return cls(
            waiting,
            tuple(sorted(to_come, key=lambda order: order.screening.starts_at)),
            tuple(order for order in found if order.id not in known),
        )


def _is_to_come(order: OrderView) -> bool:
    """Whether the film has not ended: a customer who comes late still needs the tickets."""
    return order.read_at < order.screening.ends_at


@blueprint.get("/account/orders")
@require_account
def own_orders() -> ResponseReturnValue:
    user = signed_in_user()
    assert user is not None
    found = OwnOrders.of(orders.of_account(user.id, user.verified_email))
    page = render_template(
        "shop/page_own_orders.html",
        waiting=found.waiting,
        to_come=found.to_come,
        earlier=found.earlier,
        user=user,
        returned=users.address_state(user.email).returned,
        poster=poster,
        change_of=order_labels.change,
    )
    return page, 200, {"Cache-Control": "no-store"}
