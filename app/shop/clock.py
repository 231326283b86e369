"""The countdown of an open order, as pages show it."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.orders.service import OrderView
from app.web import links


def clock(order: OrderView) -> dict[str, Any]:
    """The variables of the countdown: deadline and current time in Unix seconds, and the addresses for its script."""
    return {
        "deadline": int(order.deadline.timestamp()),
        "server_now": int(order.read_at.timestamp()),
        "extend_url": links.order(order.token, "extensions") if order.can_extend else None,
        "clock_url": links.order(order.token, "clock"),
        "over_url": url_for("shop.seats", screening_id=order.screening.id),
    }
