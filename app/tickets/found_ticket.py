"""The ticket that a scanned or typed text names."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from app.tickets import qr


class FoundTicket(NamedTuple):
    """The ticket of a text; there may be none with this id. `payload` is that of a QR code, None for a typed code."""

    id: uuid.UUID
    payload: qr.Payload | None
