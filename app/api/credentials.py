"""The credentials of a request: the bearer token in its header Authorization (RFC 6750).

A device of the cinema sends the token that it got when it was paired. People and partners send an access token of the
identity provider; it has dots, a device's token has none.
"""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from werkzeug.exceptions import ServiceUnavailable

from app.api import refusals
from app.api.caller import GUEST, Caller
from app.core import db, telemetry
from app.core.config import settings
from app.core.errors import Invalid, NotFound
from app.events import service as events
from app.users import service as users
from app.users.service import User
from app.web.locale import locale

if TYPE_CHECKING:
    from app.adapters.identity.access_tokens import AccessToken, AccessTokens

log = logging.getLogger("bilheteria.api")

MOST_LETTERS = 8200  # of the whole header
_BEARER = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*) *", re.IGNORECASE)


def caller_of(authorization: str | None) -> Caller:
    """The caller with this value of the header; without the header a guest. Raises Refused, ServiceUnavailable."""
    if authorization is None:
        return GUEST
    found = _BEARER.fullmatch(authorization) if len(authorization) <= MOST_LETTERS else None
    if found is None:
        raise refusals.token_refused()
    if "." not in found[1]:
        return _device(found[1])
    token = _access_token(found[1])
    return _partner(token) if token.is_of_client else _person(token)


def _device(token: str) -> Caller:
    try:
        device = users.authenticate_device(token)
    except NotFound:
        raise refusals.token_refused() from None
    return Caller(grants=frozenset({f"device:{device.kind}"}), device=device)


def _access_token(token: str) -> AccessToken:
    config = settings().identity
    if config.issuer is None:
        raise refusals.token_refused()
    from app.adapters.identity.access_tokens import ExpiredToken, KeysUnavailable, RefusedToken

    now = events.now()  # the database's time: this machine's clock may be wrong
    db.release_connection()  # the provider may have to be asked over the network
    try:
        return _access_tokens(config.issuer, config.jwks, config.audiences).read(token, now)
    except ExpiredToken:
        raise refusals.token_refused("token.expired") from None
    except RefusedToken as error:
        log.info("access token refused", extra={"reason": str(error)})
        raise refusals.token_refused() from None
    except KeysUnavailable as error:
        raise ServiceUnavailable(retry_after=error.retry_after) from None


@lru_cache(maxsize=4)
def _access_tokens(issuer: str, jwks: str, audiences: tuple[str, ...]) -> AccessTokens:
    from app.adapters.identity.access_tokens import AccessTokens  # imported here: it takes memory
    from app.adapters.identity.signing_keys import SigningKeys

    return AccessTokens(issuer, SigningKeys(jwks, calls=telemetry.call), audiences)


def _partner(token: AccessToken) -> Caller:
    """The partner's system, which may do what its token and its registration both allow."""
    try:
        partner = users.partner_of_client(token.client_id)
    except NotFound:
        raise refusals.token_refused() from None
    if not partner.is_active:
        raise refusals.not_allowed(code="partner.blocked")
    return Caller(grants=partner.scopes & token.scopes, partner=partner)


def _person(token: AccessToken) -> Caller:
    """The account of a person who signed in with one of our clients; their roles are those of the token's groups."""
    if not token.names_audience and token.client_id not in settings().identity.audiences:
        raise refusals.token_refused()
    try:
        user = _account(token)
    except (NotFound, Invalid):
        raise refusals.not_allowed(code="account.unknown") from None
    return Caller(grants=users.roles_of_groups(token.groups), user=user)


def _account(token: AccessToken) -> User:
    try:
        return users.account_of_subject(token.issuer, token.subject)
    except NotFound:
        if not token.subject or token.email is None:
            raise
    with db.transaction():
        return users.adopt_subject(token.issuer, token.subject, token.email, token.name, locale())
