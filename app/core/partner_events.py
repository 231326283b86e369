"""The events that webhooks report to partners about the orders that they made; docs/webhooks.md has their schemas.

A service that changes such an order calls `publish` in the transaction of the change. The data names the order by its
code, and contains no token that would open it and no personal data: the receiver asks the API for more.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from app.core import outbox
from app.core.messages import PartnerOrderChanged

ORDER_PAID: Final = "order.paid"
TICKETS_ISSUED: Final = "tickets.issued"
TICKET_ADMITTED: Final = "ticket.admitted"
ORDER_REFUNDED: Final = "order.refunded"
EVENTS: Final = (ORDER_PAID, TICKETS_ISSUED, TICKET_ADMITTED, ORDER_REFUNDED)
# Increase it when a receiver of the previous version could not read the data; new members do not need it.
VERSION: Final = 1


def publish(
    event: str, partner_id: int | None, order_id: uuid.UUID, happened_at: datetime, data: Mapping[str, Any]
) -> None:
    """Report an event in the caller's transaction; nothing happens for an order that no partner made.

    `data` are JSON values: amounts in centavos, times ISO 8601 in UTC.
    """
    if partner_id is None:
        return
    outbox.publish(PartnerOrderChanged(partner_id, str(order_id), event, happened_at.isoformat(), dict(data)))
