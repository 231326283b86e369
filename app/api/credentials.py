"""The credentials of a request: the bearer token in its header Authorization (RFC 6750).

A device of the cinema sends the token that it got when it was paired.
"""

from __future__ import annotations

import re

from app.api import refusals
from app.api.caller import GUEST, Caller
from app.core import db
from app.core.errors import NotFound
from app.users import service as users

MOST_LETTERS = 8192
_BEARER = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*) *", re.IGNORECASE)


def caller_of(authorization: str | None) -> Caller:
    """The caller with this value of the header; without the header a guest. Raises Refused."""
    if authorization is None:
        return GUEST
    found = _BEARER.fullmatch(authorization) if len(authorization) <= MOST_LETTERS else None
    if found is None:
        raise refusals.token_refused()
    return _device(found[1])


def _device(token: str) -> Caller:
    try:
        with db.reading():
            device = users.authenticate_device(token)
    except NotFound:
        raise refusals.token_refused() from None
    return Caller(grants=frozenset({f"device:{device.kind}"}), device=device)
