"""Access tokens (JWT) of an identity provider: signature, issuer, audience and times are checked.

Cognito's access tokens name the client (`client_id`, `token_use`) and no audience; those of other providers have an
`aud` (RFC 9068). Both are understood. ID tokens are refused: they are for the client that signed a person in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.adapters.identity import signed_tokens
from app.adapters.identity.signed_tokens import ExpiredToken, RefusedToken, text_of, texts_of
from app.adapters.identity.signing_keys import KeysUnavailable, SigningKeys

__all__ = ["AccessToken", "AccessTokens", "ExpiredToken", "KeysUnavailable", "RefusedToken"]

_TYPES = ("", "jwt", "at+jwt", "application/at+jwt")
_ID_TOKEN_CLAIMS = ("nonce", "at_hash", "c_hash")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A valid token. `subject` is the provider's id of the person, or of the client that acts for itself.

    `names_audience`: the token is made for us. Otherwise (Cognito) the caller must know the client. `email` is one that
    the provider has verified, if the token has it.
    """

    issuer: str
    subject: str
    client_id: str
    names_audience: bool
    scopes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    email: str | None = None
    name: str = ""

    @property
    def is_of_client(self) -> bool:
        """Whether a client acts for itself (client credentials), and no person signed in."""
        return bool(self.client_id) and self.subject == self.client_id


class AccessTokens:
    """Checks the tokens of one issuer, made for one of `audiences`."""

    def __init__(self, issuer: str, keys: SigningKeys, audiences: Sequence[str]) -> None:
        self._issuer = issuer
        self._keys = keys
        self._audiences = frozenset(audiences)

    def read(self, token: str, now: datetime) -> AccessToken:
        """Check the token at the time `now`. It may ask the provider for its keys over the network.

        Raises RefusedToken, ExpiredToken, KeysUnavailable.
        """
        claims = signed_tokens.claims(token, self._keys, _TYPES)
        self._check_origin(claims)
        signed_tokens.check_times(claims, now)
        return _token(claims)

    def _check_origin(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") != self._issuer:
            raise RefusedToken("issuer")
        if claims.get("token_use", "access") != "access" or not claims.keys().isdisjoint(_ID_TOKEN_CLAIMS):
            raise RefusedToken("no access token")
        if "aud" in claims:
            if self._audiences.isdisjoint(texts_of(claims["aud"])):
                raise RefusedToken("audience")
        elif "token_use" not in claims or not text_of(claims, "client_id"):
            raise RefusedToken("neither audience nor client")


def _token(claims: Mapping[str, Any]) -> AccessToken:
    return AccessToken(
        issuer=text_of(claims, "iss"),
        subject=text_of(claims, "sub"),
        client_id=text_of(claims, "client_id") or text_of(claims, "azp"),
        names_audience="aud" in claims,
        scopes=frozenset(text_of(claims, "scope").split()),
        groups=signed_tokens.groups(claims),
        email=signed_tokens.verified_email(claims),
        name=text_of(claims, "name"),
    )
