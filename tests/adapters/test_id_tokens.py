"""ID tokens are checked: what is accepted, and each way in which one can be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.adapters.identity.id_tokens import IdTokens
from app.adapters.identity.signed_tokens import RefusedToken
from app.adapters.identity.signing_keys import SigningKeys
from tests.adapters import identity_provider
from tests.adapters.identity_provider import AUDIENCE, ISSUER, Provider, part

NONCE = "of this browser"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with identity_provider.running() as found:
        yield found


@pytest.fixture(scope="module")
def tokens(provider: Provider) -> IdTokens:
    return IdTokens(ISSUER, SigningKeys(provider.address), AUDIENCE)


def made(provider: Provider, header: dict[str, Any] | None = None, **claims: Any) -> str:
    return provider.token(header={"typ": "JWT"} | (header or {}), **{"nonce": NONCE} | claims)


def test_a_token_of_cognito(provider: Provider, tokens: IdTokens) -> None:
    claims: dict[str, Any] = {"token_use": "id", "cognito:groups": ["manager"], "name": "Ana"}
    claims |= {"email": "ana@example.org", "email_verified": True}
    found = tokens.read(made(provider, **claims), datetime.now(UTC), NONCE)
    assert (found.subject, found.email, found.name) == ("ana", "ana@example.org", "Ana")
    assert found.groups == {"manager"}
    assert tokens.read(made(provider, email="ana@example.org"), datetime.now(UTC), NONCE).email is None


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://identity.example/other"},
        {"aud": "other"},
        {"aud": None},
        {"aud": [AUDIENCE, "other"], "azp": "other"},
        {"token_use": "access"},
        {"nonce": "of another browser"},
        {"nonce": None},
        {"nonce": 7},
        {"sub": ""},
        {"sub": None},
        {"exp": None},
        {"exp": 1_000_000_000},
    ],
)
def test_wrong_claims_are_refused(provider: Provider, tokens: IdTokens, claims: dict[str, Any]) -> None:
    with pytest.raises(RefusedToken):
        tokens.read(made(provider, **claims), datetime.now(UTC), NONCE)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"typ": "at+jwt"},
        {"kid": "unknown"},
        {"crit": ["urn:example:unknown"], "urn:example:unknown": 1},
    ],
)
def test_wrong_headers_are_refused(provider: Provider, tokens: IdTokens, header: dict[str, Any]) -> None:
    with pytest.raises(RefusedToken):
        tokens.read(made(provider, header), datetime.now(UTC), NONCE)


def test_a_forged_token_is_refused(provider: Provider, tokens: IdTokens) -> None:
    header, _, signature = made(provider).split(".")
    other = part({"iss": ISSUER, "aud": AUDIENCE, "sub": "gil", "nonce": NONCE, "exp": 4_000_000_000})
    with pytest.raises(RefusedToken):
        tokens.read(f"{header}.{other}.{signature}", datetime.now(UTC), NONCE)


@pytest.mark.parametrize("minutes", [-15, 75])
def test_a_time_that_does_not_fit_is_refused(provider: Provider, tokens: IdTokens, minutes: int) -> None:
    with pytest.raises(RefusedToken):
        tokens.read(made(provider), datetime.now(UTC) + timedelta(minutes=minutes), NONCE)
