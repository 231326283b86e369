"""Sales of devices, for the page on which managers see them."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from app.core import db
from app.core.state_machine import one_of
from app.orders.states import PAID

_SALES = text(
    f"""
    select device, count(*) as orders, sum(total) as revenue from orders.orders
    where device = any(:devices) and paid_at >= :since and {one_of("state", (PAID,))} group by device
    """  # noqa: S608 (no value is put in)
)


@dataclass(frozen=True, slots=True)
class DeviceSales:
    """Paid orders of a device that were not cancelled; `revenue` is in centavos, with concessions."""

    orders: int = 0
    revenue: int = 0


def sales_of_devices(devices: Collection[uuid.UUID], since: datetime) -> dict[uuid.UUID, DeviceSales]:
    """The sales of each device since a moment; a device without any is left out."""
    rows = db.session().execute(_SALES, {"devices": list(devices), "since": since})
    return {row.device: DeviceSales(row.orders, int(row.revenue)) for row in rows}
