"""Rate limits of the API: requests a minute, of a partner, a device, or a network address.

Every answer says what is left, by the headers of the draft `draft-ietf-httpapi-ratelimit-headers`.
"""

from __future__ import annotations

from flask import Response, g

from app.api.caller import Caller
from app.core import throttle
from app.core.errors import TooMany
from app.web.security import address_key

REQUESTS = 600  # of an address or a device; a partner has its own limit
SECONDS = 60
MAILS, MAILS_SECONDS = 400, 600  # as for the pages of the waiting list, and counted with them


def count_request(caller: Caller) -> None:
    """Count this request. Raises TooMany."""
    name, limit, key = _limit_of(caller)
    g.rate_limit = {"RateLimit-Policy": f'"{name}";q={limit};w={SECONDS}'}
    try:
        window = throttle.hit("api", key, limit=limit, seconds=SECONDS)
    except TooMany as error:
        g.rate_limit["RateLimit"] = f'"{name}";r=0;t={error.retry_after}'
        raise
    g.rate_limit["RateLimit"] = f'"{name}";r={window.tries_left};t={window.seconds}'


def count_mail() -> None:
    """Count this request to the waiting list, which sends a mail. Raises TooMany."""
    throttle.hit("waiting-list-from", address_key(), limit=MAILS, seconds=MAILS_SECONDS)


def add_headers(response: Response) -> Response:
    """Say the caller's limit and what is left of it."""
    response.headers.update(g.get("rate_limit", {}))
    return response


def _limit_of(caller: Caller) -> tuple[str, int, str]:
    """The name of the limit that counts for the caller, its requests, and what it counts."""
    if caller.partner is not None:
        return "partner", caller.partner.requests_per_minute, caller.key
    if caller.device is not None:
        return "device", REQUESTS, caller.key
    return "address", REQUESTS, address_key()
