"""Refusals of the API's callers: 401 for a token that is missing or wrong, 403 for one that does not allow the request.

Both carry the header WWW-Authenticate (RFC 6750).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from app.core.errors import BilheteriaError

REALM = "bilheteria"
Status = Literal[401, 403]


class Refused(BilheteriaError):
    """The caller is not let in. `code` is stable; `challenge` is the value of the header WWW-Authenticate."""

    def __init__(self, status: Status, code: str, challenge: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.challenge = challenge


def token_missing() -> Refused:
    """The request needs a token and has none."""
    return Refused(401, "token.missing", f'Bearer realm="{REALM}"')


def token_refused(code: str = "token.invalid") -> Refused:
    """The token is not valid; `code` is `token.invalid` or `token.expired`."""
    return Refused(401, code, f'Bearer realm="{REALM}", error="invalid_token"')


def not_allowed(allowed: Collection[str] = (), code: str = "token.scope") -> Refused:
    """The token is valid, but does not allow this request: one of the scopes in `allowed` would."""
    scopes = " ".join(sorted(one for one in allowed if "/" in one))
    named = f', scope="{scopes}"' if scopes else ""
    return Refused(403, code, f'Bearer realm="{REALM}", error="insufficient_scope"{named}')
