"""An OpenID Connect provider for the tests, with pages of its own, in the test's process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Any, Literal
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import flask
import requests
from authlib.oidc.core.grants.util import generate_id_token
from oidc_provider_mock import User, _app, _storage, app
from werkzeug.serving import ThreadedWSGIServer, make_server

# A client with a secret, and one without: the provider refuses each if it authenticates as the other does.
CLIENT_ID, CLIENT_KEY = "bilheteria", "the client's secret"
PUBLIC_CLIENT_ID = "bilheteria-public"
_METHODS: tuple[Literal["client_secret_basic"], Literal["none"]] = ("client_secret_basic", "none")
PEOPLE: Mapping[str, dict[str, Any]] = {
    "ana": {"email": "ana@example.org", "email_verified": True, "name": "Ana Souza"},
    "gil": {
        "email": "gil@example.org",
        "email_verified": True,
        "name": "Gil",
        "groups": ["manager", "staff"],
    },
    "bia": {"email": "bia@example.org", "email_verified": False, "name": "Bia"},
}


class HostedPages:
    """A running provider. `address` is its issuer."""

    def __init__(self, address: str) -> None:
        self.address = address

    @property
    def settings(self) -> dict[str, str]:
        """The environment of an application that people sign in to by this provider."""
        return {
            "BILHETERIA_OIDC_ISSUER": self.address,
            "BILHETERIA_OIDC_JWKS": f"{self.address}/jwks",
            "BILHETERIA_OIDC_CLIENT_ID": CLIENT_ID,
            "BILHETERIA_OIDC_CLIENT_KEY": CLIENT_KEY,
        }

    def identity(self, client_id: str = CLIENT_ID, client_key: str = CLIENT_KEY) -> dict[str, Any]:
        """The group `identity` of the settings."""
        return {
            "issuer": self.address,
            "jwks": f"{self.address}/jwks",
            "client_id": client_id,
            "client_key": client_key,
        }

    def sign_in(self, address: str, person: str) -> dict[str, str]:
        """Sign the person in at the page `address`; returns what the provider adds to the callback's address."""
        answer = requests.post(address, data={"sub": person}, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return {
            name: found[0] for name, found in parse_qs(urlsplit(answer.headers["Location"]).query).items()
        }

    def change(self, person: str, **claims: Any) -> None:
        """Change what the provider says of a person."""
        known = PEOPLE.get(person, {})
        answer = requests.put(f"{self.address}/users/{person}", json={**known, **claims}, timeout=10)
        answer.raise_for_status()

    def revoke(self, person: str) -> None:
        """Revoke all tokens of the person, as a sign-out everywhere does."""
        requests.post(f"{self.address}/users/{person}/revoke-tokens", timeout=10).raise_for_status()

    def refresh_tokens(self, person: str) -> list[str]:
        """The refresh tokens of the person that are valid."""
        found: list[str] = requests.get(f"{self.address}/users/{person}/refresh-tokens", timeout=10).json()
        return found


def _register_clients() -> None:
    """The provider's own form of registration would choose the client's id and secret."""
    for id, secret, method in ((CLIENT_ID, CLIENT_KEY, _METHODS[0]), (PUBLIC_CLIENT_ID, "", _METHODS[1])):
        _app.storage.store_client(
            _storage.Client(
                id=id,
                secret=secret,
                redirect_uris=_storage.ClientAllowAny(),
                allowed_scopes=_storage.Client.SCOPES_SUPPORTED,
                token_endpoint_auth_method=method,
            )
        )


def _issue_with_id_token(grant: Any) -> Callable[[Any, Any, Any], dict[str, Any]]:
    """A renewal that says again who it is, as that of Cognito does."""
    issue = grant.issue_token

    def issue_token(self: Any, user: Any, refresh_token: Any) -> dict[str, Any]:
        token: dict[str, Any] = issue(self, user, refresh_token)
        key = _app.storage.jwk
        claims = {"sub": user.sub, **user.claims}
        token["id_token"] = generate_id_token(
            token,
            claims,
            key.as_dict(is_private=True),
            iss=flask.request.host_url.rstrip("/"),
            aud=[self.request.client.id],
            kid=key.thumbprint(),
        )
        return token

    return issue_token


def _revoke() -> str:
    """The endpoint of RFC 7009, which the provider lacks."""
    _app.storage.remove_refresh_token(flask.request.form["token"])
    return ""


def _refresh_tokens(person: str) -> list[str]:
    return [one.token for one in _app.storage.refresh_tokens() if one.user_id == person]


def _name_revocation(answer: flask.Response) -> flask.Response:
    if flask.request.path.endswith("/openid-configuration"):
        found = {**answer.get_json(), "revocation_endpoint": f"{flask.request.host_url}oauth2/revoke"}
        answer.set_data(json.dumps(found))
    return answer


@contextmanager
def running() -> Iterator[HostedPages]:
    """A provider with PEOPLE. Its tokens name their key, as those of Cognito do, and plain http is enough for it."""
    made = app(user_claims=[User(sub=name, claims=claims) for name, claims in PEOPLE.items()])
    made.before_request(_register_clients)
    server = make_server("127.0.0.1", 0, made, threaded=True)
    assert isinstance(server, ThreadedWSGIServer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    unnamed = _app.OpenIDCode.get_jwt_config

    def named(self: Any, grant: Any, client: object = None) -> dict[str, Any]:
        config: dict[str, Any] = unnamed(self, grant, client)
        return config | {"kid": _app.storage.jwk.thumbprint()}

    made.add_url_rule("/oauth2/revoke", view_func=_revoke, methods=["POST"])
    made.add_url_rule("/users/<person>/refresh-tokens", view_func=_refresh_tokens)
    made.after_request(_name_revocation)
    with (
        patch.object(_app.OpenIDCode, "get_jwt_config", named),
        patch.object(_app.RefreshTokenGrant, "issue_token", _issue_with_id_token(_app.RefreshTokenGrant)),
        patch.object(_app.RefreshTokenGrant, "TOKEN_ENDPOINT_AUTH_METHODS", _METHODS),
        patch.object(_app.AuthorizationCodeGrant, "TOKEN_ENDPOINT_AUTH_METHODS", _METHODS),
        patch.dict(os.environ, AUTHLIB_INSECURE_TRANSPORT="1"),
    ):
        thread.start()
        try:
            yield HostedPages(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
