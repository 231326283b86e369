"""What an order collects at the counter, as its pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from app.orders import service as orders
from app.orders.service import OrderItem, OrderView
from app.products import service as products
from app.products.service import PickupCall, PickupItem
from app.web.locale import locale


@dataclass(frozen=True, slots=True)
class Pickup:
    """The items that the counter has for an order, and the order's place in the queue.

    `can_ask`: the customer may ask for the items now.
    """

    items: tuple[PickupItem, ...] = ()
    call: PickupCall | None = None
    can_ask: bool = False

    @property
    def left(self) -> int:
        return sum(item.left for item in self.items)

    @property
    def is_asked(self) -> bool:
        return self.call is not None and self.call.asked_at is not None

    @property
    def kept(self) -> int:
        """The value in centavos of what was handed out: it is not refunded."""
        return sum(item.kept_value for item in self.items)

    @property
    def handed_out(self) -> list[str]:
        """What was handed out: `Pipoca grande`, `2 × Refri 500 ml`."""
        return [counted(item, item.handed_out) for item in self.items if item.handed_out]

    def state_of(self, line: OrderItem) -> str:
        """What the counter has handed out of a line of the order; empty for nothing."""
        return _state([item for item in self.items if item.product_id == line.product_id])


def of_order(order: OrderView) -> Pickup:
    """The order's pick-up; empty without concessions, and before the payment."""
    if not (order.items and order.paid_at):
        return Pickup()
    items = tuple(products.pickup_items(order.id))
    # An order that an older version completed has no recorded items yet.
    is_open = not items or any(item.left for item in items)
    return Pickup(items, products.pickup_call(order.id), is_open and orders.can_ask_for_pickup(order))


def counted(item: PickupItem, quantity: int) -> str:
    name = item.name_in(locale())
    return f"{quantity} × {name}" if quantity > 1 else name


def _state(items: Sequence[PickupItem]) -> str:
    if not any(item.handed_out for item in items):
        return ""
    if not any(item.left for item in items):
        return _("collected")
    parts = [
        _(
            "%(name)s: %(count)d of %(total)d",
            name=item.name_in(locale()),
            count=item.handed_out,
            total=item.quantity,
        )
        for item in items
        if item.handed_out
    ]
    return _("collected so far: %(parts)s", parts=", ".join(parts))
