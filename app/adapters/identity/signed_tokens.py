"""What all tokens (JWT) of an identity provider have in common: a signature, times, and claims about a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, RSAKey

from app.adapters import incoming_json
from app.adapters.identity.signing_keys import SigningKeys, UnknownKey

ALGORITHM: Final = "RS256"  # fixed: what a token says of its algorithm is never followed
LEEWAY: Final = 30  # seconds by which the provider's clock may differ
MOST_LETTERS: Final = 8192
_REGISTRY = jws.JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)


class RefusedToken(Exception):
    """The token is not valid here. The message is for the log, and holds nothing of the token."""


class ExpiredToken(RefusedToken):
    """The token was valid, and its time is over."""


def claims(token: str, keys: SigningKeys, types: Collection[str]) -> Mapping[str, Any]:
    """The claims of a token whose signature is right, and whose header has one of `types` (in lower case).

    It may ask the provider for its keys over the network. Raises RefusedToken, KeysUnavailable.
    """

    def key(signed: GuestProtocol) -> RSAKey:
        return _key(signed, keys, types)

    if len(token) > MOST_LETTERS:
        raise RefusedToken("too long")
    try:
        signed = jws.deserialize_compact(token.encode(), key, registry=_REGISTRY)
        found = incoming_json.read(signed.payload)
    except UnknownKey:
        raise RefusedToken("unknown key") from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RefusedToken(type(error).__name__) from None  # joserfc relies on the types in a header
    if not isinstance(found, dict):
        raise RefusedToken("no claims")
    return found


def _key(signed: GuestProtocol, keys: SigningKeys, types: Collection[str]) -> RSAKey:
    header = signed.headers()
    kid, kind = header.get("kid"), header.get("typ", "")
    if header.get("alg") != ALGORITHM or "crit" in header:
        raise RefusedToken("algorithm or critical header")
    if not isinstance(kind, str) or kind.lower() not in types:
        raise RefusedToken("type")
    if not isinstance(kid, str):
        raise RefusedToken("no key id")
    return keys.key(kid)


def check_times(found: Mapping[str, Any], now: datetime) -> None:
    """`exp` is required; `nbf` and `iat` must not be in the future. Raises ExpiredToken, RefusedToken."""
    at = now.timestamp()
    if _seconds(found, "exp") <= at - LEEWAY:
        raise ExpiredToken
    if any(_seconds(found, name) > at + LEEWAY for name in ("nbf", "iat") if name in found):
        raise RefusedToken("not valid yet")


def verified_email(found: Mapping[str, Any]) -> str | None:
    """The person's e-mail; None unless the provider has verified it."""
    is_verified = found.get("email_verified") in (True, "true")
    return text_of(found, "email") or None if is_verified else None


def groups(found: Mapping[str, Any]) -> frozenset[str]:
    """The person's groups at the provider."""
    return frozenset(texts_of(found.get("cognito:groups", found.get("groups", []))))


def _seconds(found: Mapping[str, Any], name: str) -> float:
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedToken(f"{name} is no time")
    return float(value)


def text_of(found: Mapping[str, Any], name: str) -> str:
    """The claim, which is a text or missing. Raises RefusedToken."""
    value = found.get(name, "")
    if not isinstance(value, str):
        raise RefusedToken(f"{name} is no text")
    return value


def texts_of(value: object) -> list[str]:
    """A text, or a list of texts. Raises RefusedToken."""
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in values):
        raise RefusedToken("a claim is no text")
    return [str(one) for one in values]
