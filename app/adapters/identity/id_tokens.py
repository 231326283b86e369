"""ID tokens of an identity provider: they tell the application who has just signed in (OpenID Connect Core 1.0)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from app.adapters.identity import signed_tokens
from app.adapters.identity.signed_tokens import RefusedToken, text_of, texts_of
from app.adapters.identity.signing_keys import SigningKeys

_TYPES = ("", "jwt")


@dataclass(frozen=True, slots=True)
class Person:
    """A person whom the provider signed in. `subject` is its id of them; `email` is one that it has verified."""

    issuer: str
    subject: str
    email: str | None
    name: str
    groups: frozenset[str]


class IdTokens:
    """Checks the ID tokens of one issuer that are made for one client."""

    def __init__(self, issuer: str, keys: SigningKeys, client_id: str) -> None:
        self._issuer = issuer
        self._keys = keys
        self._client_id = client_id

    def read(self, token: str, now: datetime, nonce: str | None) -> Person:
        """The person of the token at the time `now`.

        `nonce` is that of the sign-in that asked for it; None for a token that came with a renewal, which has none.
        It may ask the provider for its keys over the network. Raises RefusedToken, KeysUnavailable.
        """
        found = signed_tokens.claims(token, self._keys, _TYPES)
        if found.get("iss") != self._issuer:
            raise RefusedToken("issuer")
        if found.get("token_use", "id") != "id" or self._client_id not in texts_of(found.get("aud", [])):
            raise RefusedToken("no ID token of this client")
        if text_of(found, "azp") not in ("", self._client_id):
            raise RefusedToken("another client is the authorised party")
        signed_tokens.check_times(found, now)
        if nonce is not None and not hmac.compare_digest(text_of(found, "nonce").encode(), nonce.encode()):
            raise RefusedToken("nonce")
        subject = text_of(found, "sub")
        if not subject:
            raise RefusedToken("no subject")
        return Person(
            issuer=self._issuer,
            subject=subject,
            email=signed_tokens.verified_email(found),
            name=text_of(found, "name"),
            groups=signed_tokens.groups(found),
        )
