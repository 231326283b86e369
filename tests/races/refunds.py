"""A refund of an order's tickets, as one of several acts at once."""

from __future__ import annotations

import uuid

from app.core import db
from app.tickets import service


def refund(order_id: uuid.UUID) -> str:
    """Revoke the tickets of an order; returns what came of it, "refunded" or "kept"."""
    try:
        with db.transaction():
            service.revoke(order_id)
    except service.AlreadyAdmitted:
        return "kept"
    return "refunded"
