"""Rate limits of the API: requests by network address."""

from __future__ import annotations

from app.core import throttle
from app.web.security import address_key

REQUESTS = 600
SECONDS = 60
MAILS, MAILS_SECONDS = 400, 600  # as for the pages of the waiting list, and counted with them


def count_request() -> None:
    """Count this request. Raises TooMany."""
    throttle.hit("api", address_key(), limit=REQUESTS, seconds=SECONDS)


def count_mail() -> None:
    """Count this request to the waiting list, which sends a mail. Raises TooMany."""
    throttle.hit("waiting-list-from", address_key(), limit=MAILS, seconds=MAILS_SECONDS)
