"""Callers of the API that hold access tokens of the tests' identity provider."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core import db
from app.users import service as users
from app.users.service import Partner
from tests.adapters.identity_provider import Provider
from tests.api.buyer import BASE, Buyer, free_seats

WRITE = "bilheteria/orders.write"


class Holder:
    """Sends requests with one access token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(BASE + path, headers=self.headers, **options)

    def delete(self, path: str) -> TestResponse:
        return self.client.delete(BASE + path, headers=self.headers)

    def patch(self, path: str, body: object) -> TestResponse:
        return self.client.patch(BASE + path, json=body, headers=self.headers)

    def post(self, path: str, body: object) -> TestResponse:
        return self.client.post(BASE + path, json=body, headers=self.headers)

    def begin(self) -> TestResponse:
        """Begin an order of one seat."""
        screening, free = free_seats()
        buyer = Buyer(self.client)
        return buyer.post("/orders", {"screening": screening, "seats": free[:1]}, **self.headers)


def person(
    client: FlaskClient, provider: Provider, subject: str = "ana", *groups: str, **claims: Any
) -> Holder:
    """A person with a verified e-mail."""
    email: dict[str, Any] = {
        "email": f"{subject}@example.org",
        "email_verified": True,
        "name": subject.title(),
    }
    return Holder(client, provider.token(**{"sub": subject, "groups": list(groups)} | email | claims))


def partner(
    client: FlaskClient, provider: Provider, name: str = "movies", scope: str = WRITE, **claims: Any
) -> Holder:
    """A partner's system with a token as Cognito makes it."""
    of_client: dict[str, Any] = {
        "sub": name,
        "client_id": name,
        "aud": None,
        "token_use": "access",
        "scope": scope,
    }
    return Holder(client, provider.token(**of_client | claims))


def register(name: str = "movies", scopes: tuple[str, ...] = (WRITE,), **options: Any) -> Partner:
    with db.transaction():
        return users.register_partner(name, name.title(), scopes, **options)
