"""The identity provider whose pages sign people in, by the settings BILHETERIA_OIDC_…; without them passwords do."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from app.core import telemetry
from app.core.config import settings

if TYPE_CHECKING:
    from app.adapters.identity.hosted import HostedSignIn


def hosted_provider() -> HostedSignIn | None:
    """The provider; None where people sign in with a password here."""
    config = settings().identity
    if not config.signs_in or config.issuer is None:
        return None
    return _provider(
        config.issuer, config.discovery_address, config.jwks, config.client_id, config.client_key
    )


@lru_cache(maxsize=4)
def _provider(issuer: str, discovery: str, jwks: str, client_id: str, client_key: str) -> HostedSignIn:
    from app.adapters.identity.hosted import HostedSignIn, Registration  # imported here: it takes memory
    from app.adapters.identity.signing_keys import SigningKeys

    registration = Registration(issuer, discovery, client_id, client_key)
    return HostedSignIn(registration, SigningKeys(jwks, calls=telemetry.call), calls=telemetry.call)
