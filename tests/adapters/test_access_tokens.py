"""Access tokens are checked: what is accepted, and each way in which a token can be wrong."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.adapters.identity.access_tokens import AccessTokens, ExpiredToken, RefusedToken
from app.adapters.identity.signing_keys import SigningKeys
from tests.adapters import identity_provider
from tests.adapters.identity_provider import AUDIENCE, ISSUER, Provider, part, rsa_key


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with identity_provider.running() as found:
        yield found


@pytest.fixture(scope="module")
def tokens(provider: Provider) -> AccessTokens:
    return AccessTokens(ISSUER, SigningKeys(provider.address), [AUDIENCE, "kiosks"])


def now(minutes: int = 0) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def test_a_token_of_a_person(provider: Provider, tokens: AccessTokens) -> None:
    claims: dict[str, Any] = {
        "email": "ana@example.org",
        "email_verified": True,
        "name": "Ana",
        "groups": ["manager"],
    }
    found = tokens.read(provider.token(**claims), now())
    assert (found.subject, found.email, found.name) == ("ana", "ana@example.org", "Ana")
    assert (found.groups, found.names_audience, found.is_of_client) == (frozenset(["manager"]), True, False)


def test_a_token_of_cognito_names_its_client_and_no_audience(
    provider: Provider, tokens: AccessTokens
) -> None:
    claims: dict[str, Any] = {"aud": None, "token_use": "access", "client_id": "movies", "sub": "movies"}
    token = provider.token(**claims, scope="bilheteria/orders.read bilheteria/orders.write")
    found = tokens.read(token, now())
    assert (found.client_id, found.names_audience, found.is_of_client) == ("movies", False, True)
    assert found.scopes == {"bilheteria/orders.read", "bilheteria/orders.write"}
    in_groups = provider.token(**claims | {"sub": "ana", "cognito:groups": ["staff"]})
    assert tokens.read(in_groups, now()).groups == {"staff"}


def test_an_address_that_is_not_verified_is_not_used(provider: Provider, tokens: AccessTokens) -> None:
    assert tokens.read(provider.token(email="ana@example.org"), now()).email is None


def test_one_of_several_audiences_is_enough(provider: Provider, tokens: AccessTokens) -> None:
    assert tokens.read(provider.token(aud=["else", "kiosks"]), now()).names_audience


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://identity.example/other"},
        {"iss": None},
        {"aud": "other"},
        {"aud": []},
        {"aud": {"bilheteria": 1}},
        {"aud": None},
        {"aud": None, "client_id": "movies"},
        {"aud": None, "token_use": "access"},
        {"token_use": "id"},
        {"nonce": "an id token"},
        {"at_hash": "an id token"},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": float("inf")},
        {"exp": 10**30},
        {"nbf": "now"},
        {"sub": 7},
        {"sub": "a\x00b"},
        {"sub": "\ud800"},
        {"scope": ["orders"]},
        {"groups": [["manager"]]},
        {"nested": json.loads("[" * 100 + "]" * 100)},
        {"long": "x" * 9000},
    ],
)
def test_wrong_claims_are_refused(provider: Provider, tokens: AccessTokens, claims: dict[str, Any]) -> None:
    with pytest.raises(RefusedToken):
        tokens.read(provider.token(**claims), now())


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": True},
        {"crit": ["urn:example:unknown"], "urn:example:unknown": 1},
        {"typ": "dpop+jwt"},
        {"kid": "unknown"},
        {"kid": None},
    ],
)
def test_wrong_headers_are_refused(provider: Provider, tokens: AccessTokens, header: dict[str, Any]) -> None:
    with pytest.raises(RefusedToken):
        tokens.read(provider.token(header=header), now())


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None", "kid": "first"},
        {"alg": 5, "kid": "first"},
        {"alg": [], "kid": "first"},
        {"alg": "RS256", "kid": {}},
        {"alg": "RS256", "kid": "first", "crit": 5},
        {"alg": "RS256", "kid": "first", "crit": [[]]},
        {"alg": "RS256", "kid": "first", "typ": []},
        {},
        [],
        "RS256",
        b"{",
        b"\xff",
    ],
)
@pytest.mark.parametrize("signature", ["", "AAAA", "=", "é"])
def test_forged_tokens_are_refused(
    provider: Provider, tokens: AccessTokens, header: object, signature: str
) -> None:
    payload = provider.token().split(".")[1]
    with pytest.raises(RefusedToken):
        tokens.read(f"{part(header)}.{payload}.{signature}", now())


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "a.b.c.d", "a.b.c.d.e", "{}", "é.é.é"])
def test_what_is_no_token_is_refused(tokens: AccessTokens, token: str) -> None:
    with pytest.raises(RefusedToken):
        tokens.read(token, now())


def test_the_public_key_is_no_secret_for_hs256(provider: Provider, tokens: AccessTokens) -> None:
    payload = provider.token().split(".")[1]
    signed = f"{part({'alg': 'HS256', 'kid': 'first'})}.{payload}"
    for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1):
        secret = rsa_key("first").public_key.public_bytes(Encoding.PEM, form)
        forged = f"{signed}.{part(hmac.digest(secret, signed.encode(), 'sha256'))}"
        with pytest.raises(RefusedToken):
            tokens.read(forged, now())


def test_a_key_of_its_own_in_the_header_is_not_followed(provider: Provider, tokens: AccessTokens) -> None:
    other = rsa_key("mine")
    header = {"kid": "first", "jwk": other.as_dict(private=False), "jku": provider.address}
    payload, signature = provider.token("mine", header=header).split(".")[1:]
    forged = f"{part({'alg': 'RS256'} | header)}.{payload}.{signature}"
    with pytest.raises(RefusedToken):
        tokens.read(forged, now())


def test_a_changed_payload_is_refused(provider: Provider, tokens: AccessTokens) -> None:
    header, payload, signature = provider.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    with pytest.raises(RefusedToken):
        tokens.read(f"{header}.{part(claims | {'sub': 'rosa'})}.{signature}", now())


def test_a_clock_that_differs_by_15_minutes_is_refused(provider: Provider, tokens: AccessTokens) -> None:
    token = provider.token(exp=int(now(10).timestamp()))
    assert tokens.read(token, now()).subject == "ana"
    with pytest.raises(ExpiredToken):
        tokens.read(token, now(15))
    with pytest.raises(RefusedToken):
        tokens.read(token, now(-15))
    with pytest.raises(RefusedToken):
        tokens.read(provider.token(iat=None, nbf=int(now(15).timestamp())), now())


def test_a_clock_that_differs_by_seconds_is_not(provider: Provider, tokens: AccessTokens) -> None:
    soon, past = now() + timedelta(seconds=10), now() - timedelta(seconds=10)
    assert tokens.read(provider.token(iat=int(soon.timestamp()), nbf=int(soon.timestamp())), now()).subject
    assert tokens.read(provider.token(exp=int(past.timestamp())), now()).subject
