"""Access tokens (JWT) of an identity provider: signature, issuer, audience and times are checked.

Cognito's access tokens name the client (`client_id`, `token_use`) and no audience; those of other providers have an
`aud` (RFC 9068). Both are understood. ID tokens are refused: they are for the client that signed a person in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, RSAKey

from app.adapters import incoming_json
from app.adapters.identity.signing_keys import KeysUnavailable, SigningKeys, UnknownKey

__all__ = ["AccessToken", "AccessTokens", "ExpiredToken", "KeysUnavailable", "RefusedToken"]

ALGORITHM: Final = "RS256"  # fixed: what a token says of its algorithm is never followed
LEEWAY: Final = 30  # seconds by which the provider's clock may differ
MOST_LETTERS: Final = 8192
_TYPES = ("", "jwt", "at+jwt", "application/at+jwt")
_ID_TOKEN_CLAIMS = ("nonce", "at_hash", "c_hash")
_REGISTRY = jws.JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)


class RefusedToken(Exception):
    """The token is not valid here. The message is for the log, and holds nothing of the token."""


class ExpiredToken(RefusedToken):
    """The token was valid, and its time is over."""


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
        if len(token) > MOST_LETTERS:
            raise RefusedToken("too long")
        claims = self._claims(token)
        self._check_origin(claims)
        _check_times(claims, now.timestamp())
        return _token(claims)

    def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            signed = jws.deserialize_compact(token.encode(), self._key, registry=_REGISTRY)
            claims = incoming_json.read(signed.payload)
        except UnknownKey:
            raise RefusedToken("unknown key") from None
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise RefusedToken(type(error).__name__) from None  # joserfc relies on the types in a header
        if not isinstance(claims, dict):
            raise RefusedToken("no claims")
        return claims

    def _key(self, signed: GuestProtocol) -> RSAKey:
        header = signed.headers()
        kid, kind = header.get("kid"), header.get("typ", "")
        if header.get("alg") != ALGORITHM or "crit" in header:
            raise RefusedToken("algorithm or critical header")
        if not isinstance(kind, str) or kind.lower() not in _TYPES:
            raise RefusedToken("type")
        if not isinstance(kid, str):
            raise RefusedToken("no key id")
        return self._keys.key(kid)

    def _check_origin(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") != self._issuer:
            raise RefusedToken("issuer")
        if claims.get("token_use", "access") != "access" or not claims.keys().isdisjoint(_ID_TOKEN_CLAIMS):
            raise RefusedToken("no access token")
        if "aud" in claims:
            if self._audiences.isdisjoint(_texts(claims["aud"])):
                raise RefusedToken("audience")
        elif "token_use" not in claims or not _text(claims, "client_id"):
            raise RefusedToken("neither audience nor client")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    """`exp` is required; `nbf` and `iat` must not be in the future."""
    if _seconds(claims, "exp") <= now - LEEWAY:
        raise ExpiredToken
    if any(_seconds(claims, name) > now + LEEWAY for name in ("nbf", "iat") if name in claims):
        raise RefusedToken("not valid yet")


def _token(claims: Mapping[str, Any]) -> AccessToken:
    verified = claims.get("email_verified") in (True, "true")
    return AccessToken(
        issuer=_text(claims, "iss"),
        subject=_text(claims, "sub"),
        client_id=_text(claims, "client_id") or _text(claims, "azp"),
        names_audience="aud" in claims,
        scopes=frozenset(_text(claims, "scope").split()),
        groups=frozenset(_texts(claims.get("cognito:groups", claims.get("groups", [])))),
        email=_text(claims, "email") or None if verified else None,
        name=_text(claims, "name"),
    )


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedToken(f"{name} is no time")
    return float(value)


def _text(claims: Mapping[str, Any], name: str) -> str:
    """The claim, which is a text or missing."""
    value = claims.get(name, "")
    if not isinstance(value, str):
        raise RefusedToken(f"{name} is no text")
    return value


def _texts(value: object) -> list[str]:
    """A text, or a list of texts."""
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in values):
        raise RefusedToken("a claim is no text")
    return [str(one) for one in values]
