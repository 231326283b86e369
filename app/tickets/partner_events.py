"""What webhooks report to partners about tickets; docs/webhooks.md has the schemas.

Neither a ticket's code nor its QR text is sent: each of them admits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from app.core import partner_events
from app.tickets.views import IssueFacts, Ticket


def publish_issued(facts: IssueFacts, tickets: Sequence[Ticket], issued_at: datetime) -> None:
    """Report the tickets of an order."""
    data = {
        "order": {"code": facts.order_code},
        "screening": facts.screening_id,
        "tickets": [
            {"serial": one.serial, "seat": one.seat_id, "type": one.ticket_type, "price": one.price}
            for one in tickets
        ],
    }
    partner_events.publish(partner_events.TICKETS_ISSUED, facts.partner_id, facts.order_id, issued_at, data)


def publish_admitted(row: Row[Any], admitted_at: datetime) -> None:
    """Report a person's admission. `row` has the columns of the ticket and the facts of its issue.

    Nothing is reported when somebody comes back whom a supervisor had let out.
    """
    if row.left_at is not None or row.facts.get("partner_id") is None:
        return
    facts = IssueFacts.of(row.facts)
    data = {
        "order": {"code": facts.order_code},
        "screening": facts.screening_id,
        "ticket": {"serial": f"{facts.order_code}-{row.number}", "seat": row.seat_id},
        "admitted_at": admitted_at.isoformat(),
    }
    partner_events.publish(
        partner_events.TICKET_ADMITTED, facts.partner_id, facts.order_id, admitted_at, data
    )
