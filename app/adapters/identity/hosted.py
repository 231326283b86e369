"""Hosted sign-in: the pages of an OpenID Connect provider sign people in, by code flow with PKCE (RFC 7636).

Passwords, sign-up, confirmation and second factors are the provider's. By the refresh token of a sign-in we ask later
whether it still holds (RFC 6749, section 6). The addresses of the endpoints come from the discovery document. Authlib
makes the requests; the ID token is checked here, as access tokens are.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from requests import RequestException

from app.adapters.identity.document import CONNECT_SECONDS, READ_SECONDS, Calls, Documents, unwatched
from app.adapters.identity.id_tokens import IdTokens, Person
from app.adapters.identity.signed_tokens import RefusedToken
from app.adapters.identity.signing_keys import KeysUnavailable, SigningKeys

log = logging.getLogger("bilheteria.identity")

SCOPE = "openid email profile"
FRESH_SECONDS = 3600.0
_LONGEST_TOKEN = 8192  # letters
COOLDOWN = 10  # seconds after a failure until the provider is asked again
_ADDRESS = re.compile(r"https?://[a-zA-Z0-9\[][\x21-\x7e]*")
_ENDPOINTS = ("authorization_endpoint", "token_endpoint")


class ProviderUnavailable(Exception):
    """The provider does not answer as it should; `retry_after` is in seconds."""

    def __init__(self, retry_after: int = COOLDOWN) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class SignInRefused(Exception):
    """The provider did not sign the person in, or its answer is not valid. The message is for the log."""


@dataclass(frozen=True, slots=True)
class Registration:
    """The application as a client of the provider. Without a `secret` it is a public client."""

    issuer: str
    discovery: str
    client_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that has begun: the provider's page, and what the browser must bring back."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that is complete. Some providers give no refresh token: then it is empty."""

    person: Person
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Renewed:
    """A sign-in that still holds. Some providers do not say again who it is; some replace the refresh token."""

    person: Person | None
    refresh_token: str


class HostedSignIn:
    """The hosted pages of one provider. Threads may share it."""

    def __init__(
        self,
        client: Registration,
        keys: SigningKeys,
        *,
        calls: Calls = unwatched,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._id_tokens = IdTokens(client.issuer, keys, client.client_id)
        self._calls = calls
        self._clock = clock
        self._documents = Documents(calls)
        self._fetching = threading.Lock()
        self._found: dict[str, Any] = {}
        self._fetched_at = self._failed_at = float("-inf")

    def begin(self, callback: str) -> Attempt:
        """Begin a sign-in that ends at `callback`. It may ask the provider. Raises ProviderUnavailable."""
        endpoint = self._endpoints()["authorization_endpoint"]
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._session(callback) as session:
            address, _ = session.create_authorization_url(
                endpoint, state=state, nonce=nonce, code_verifier=verifier
            )
        return Attempt(address, state, nonce, verifier)

    def finish(self, code: str, callback: str, nonce: str, verifier: str, now: datetime) -> SignedIn:
        """The person to whom the provider gave `code`. Raises SignInRefused, ProviderUnavailable."""
        endpoint = self._endpoints()["token_endpoint"]
        with self._session(callback) as session, self._calls("exchange the code of the sign-in"):
            token = _asked(
                lambda: session.fetch_token(
                    endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    **_LIMITS,
                )
            )
        return SignedIn(self._person(token, now, nonce), _refresh_token(token))

    def renew(self, refresh_token: str, now: datetime) -> Renewed:
        """Ask whether the sign-in still holds. Raises SignInRefused if it does not, ProviderUnavailable."""
        endpoint = self._endpoints()["token_endpoint"]
        with self._session(scope=None) as session, self._calls("renew a sign-in"):
            token = _asked(
                lambda: session.refresh_token(endpoint, refresh_token=refresh_token, **_LIMITS),
                refusals=_ENDED,
            )
        person = self._person(token, now, None) if token.get("id_token") else None
        return Renewed(person, _refresh_token(token) or refresh_token)

    def revoke(self, refresh_token: str) -> None:
        """Revoke the token with those that came from it (RFC 7009), if the provider can. Raises ProviderUnavailable."""
        endpoint = self._endpoints().get("revocation_endpoint")
        if not _is_address(endpoint):
            return
        with self._session(scope=None) as session, self._calls("revoke a sign-in"):
            answer = _asked(
                lambda: session.revoke_token(
                    endpoint,
                    token=refresh_token,
                    token_type_hint="refresh_token",  # noqa: S106 - its kind
                    **_LIMITS,
                )
            )
        if answer.status_code >= 500:
            raise ProviderUnavailable

    def sign_out_address(self, back: str) -> str | None:
        """The address that ends the provider's own session and leads to `back`; None if it has none or is away.

        Cognito wants `logout_uri`, other providers what OpenID Connect RP-Initiated Logout 1.0 names.
        """
        try:
            endpoint = self._endpoints().get("end_session_endpoint")
        except ProviderUnavailable:
            return None
        if not _is_address(endpoint):
            return None
        arguments = {
            "client_id": self._client.client_id,
            "logout_uri": back,
            "post_logout_redirect_uri": back,
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(arguments)}"

    def _session(self, callback: str = "", *, scope: str | None = SCOPE) -> OAuth2Session:
        method = "client_secret_basic" if self._client.secret else "none"
        session = OAuth2Session(
            self._client.client_id,
            self._client.secret or None,
            scope=scope,
            redirect_uri=callback,
            code_challenge_method="S256",
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
        )
        session.trust_env = False  # a .netrc file must not replace the client's secret
        return session

    def _person(self, token: Any, now: datetime, nonce: str | None) -> Person:
        signed = token.get("id_token")
        if not isinstance(signed, str):
            raise SignInRefused("no ID token")
        try:
            return self._id_tokens.read(signed, now, nonce)
        except RefusedToken as error:
            raise SignInRefused(f"ID token: {error}") from None
        except KeysUnavailable as error:
            raise ProviderUnavailable(error.retry_after) from None

    def _endpoints(self) -> dict[str, Any]:
        """The discovery document. While the provider is away, an old one stays in use. Raises ProviderUnavailable."""
        with self._fetching:
            now = self._clock()
            if now - self._fetched_at >= FRESH_SECONDS and now - self._failed_at >= COOLDOWN:
                try:
                    self._found, self._fetched_at = self._discovered(), now
                except (urllib3.exceptions.HTTPError, ValueError) as error:
                    self._failed_at = now
                    log.warning("identity provider not reached", extra={"error": type(error).__name__})
            if not self._found:
                raise ProviderUnavailable
            return self._found

    def _discovered(self) -> dict[str, Any]:
        found = self._documents.read(self._client.discovery, "discovery document")
        if not isinstance(found, dict) or found.get("issuer") != self._client.issuer:
            raise ValueError("not the document of this issuer")
        if not all(_is_address(found.get(name)) for name in _ENDPOINTS):
            raise ValueError("an endpoint is missing")
        return found


# The refresh token is of no use any more. Other errors, such as a wrong secret, say nothing about the person.
_ENDED = ("invalid_grant",)
_LIMITS: dict[str, Any] = {"timeout": (CONNECT_SECONDS, READ_SECONDS), "allow_redirects": False}


def _asked(request: Callable[[], Any], *, refusals: Collection[str] | None = None) -> Any:
    """The answer of the token endpoint. Raises SignInRefused, ProviderUnavailable.

    `refusals`: the errors that are about the person; all of them without it.
    """
    try:
        return request()
    except OAuthError as error:
        if refusals is not None and error.error not in refusals:
            log.error("identity provider refused the request", extra={"error": str(error.error)[:40]})
            raise ProviderUnavailable from None
        raise SignInRefused(f"token endpoint: {str(error.error)[:40]}") from None
    except (RequestException, ValueError, TypeError) as error:
        log.warning("identity provider not reached", extra={"error": type(error).__name__})
        raise ProviderUnavailable from None


def _refresh_token(token: Any) -> str:
    found = token.get("refresh_token")
    return found if isinstance(found, str) and len(found) <= _LONGEST_TOKEN else ""


def _is_address(value: object) -> bool:
    return isinstance(value, str) and _ADDRESS.fullmatch(value) is not None
