"""Rate limits of the API: requests by network address."""

from __future__ import annotations

from app.core import throttle
from app.web.security import address_key

REQUESTS = 600
SECONDS = 60


def count_request() -> None:
    """Count this request. Raises TooMany."""
    throttle.hit("api", address_key(), limit=REQUESTS, seconds=SECONDS)
