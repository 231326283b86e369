"""People sign in by the hosted pages of the user pool of the template, deployed to the stand-in for AWS.

The contract of identity holds there too. What the stand-in cannot do: it runs no trigger without containers, leaves
groups out of renewed tokens, has no address that revokes a token, and asks for no second factor;
tests/shop/test_provider_sessions.py tests groups and revocation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from app.adapters.secrets_manager import SecretsManager
from app.core import config, db
from app.core.config import Settings
from app.users import handlers
from tests.infra.test_stand_in import SIGNS_TOKENS, deployment, pool, stand_in_at  # noqa: F401 - fixtures
from tests.shop.test_identity_forms import (  # noqa: F401 - the contract, collected here too
    SignIn,
    test_a_new_session_for_each_sign_in,
    test_signing_out_everywhere,
    test_who_has_signed_in_and_their_role,
)
from tests.shop.visitor import Visitor
from tools.infra.deployment import Deployment
from tools.services.plan import REGION

pytestmark = pytest.mark.skipif(not SIGNS_TOKENS, reason="the stand-in for AWS does not sign tokens")
PASSWORD = "uma frase bem comprida"
GROUPS = {"ana": None, "gil": "manager"}


class HostedPool:
    """The pool with the pages' client of the template; `sign_in` does what a person does at the hosted pages."""

    def __init__(self, server: str, cognito: Any, pool_id: str) -> None:
        self.server, self.cognito, self.pool_id = server, cognito, pool_id
        # The stand-in would start a container for the trigger.
        cognito.update_user_pool(UserPoolId=pool_id, LambdaConfig={})
        found = cognito.list_user_pool_clients(UserPoolId=pool_id, MaxResults=10)["UserPoolClients"]
        self.client_id = next(one["ClientId"] for one in found if one["ClientName"] == "pages")
        described = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=self.client_id)
        self.callback = described["UserPoolClient"]["CallbackURLs"][0]
        store = SecretsManager(f"secretsmanager:?region={REGION}&endpoint={server}")
        self.secret = store.read_current("bilheteria-production/pages-client")

    @property
    def identity(self) -> dict[str, str]:
        """The group `identity` of the settings, as a task has it; the stand-in's addresses are not below the issuer."""
        return {
            "issuer": f"https://cognito-idp.{REGION}.amazonaws.com/{self.pool_id}",
            "jwks": f"{self.server}/{self.pool_id}/.well-known/jwks.json",
            "discovery": f"{self.server}/{self.pool_id}/.well-known/openid-configuration",
            "client_id": self.client_id,
            "client_key": self.secret,
        }

    def sign_up(self, name: str) -> str:
        """What the hosted page does for a new person; returns their e-mail."""
        email = f"{name}@example.org"
        self.cognito.sign_up(
            ClientId=self.client_id,
            SecretHash=self._hash(email),
            Username=email,
            Password=PASSWORD,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "name", "Value": name.title()}],
        )
        return email

    def confirm(self, email: str) -> None:
        self.cognito.confirm_sign_up(
            ClientId=self.client_id, SecretHash=self._hash(email), Username=email, ConfirmationCode="123456"
        )

    def _hash(self, email: str) -> str:
        digest = hmac.digest(self.secret.encode(), (email + self.client_id).encode(), hashlib.sha256)
        return base64.b64encode(digest).decode()

    def answer(self, address: str, email: str) -> dict[str, str]:
        """Fill the form of the page at `address` in; returns what comes back to the callback, nothing if it refuses."""
        page = requests.get(address, timeout=20)
        assert page.status_code == 200, page.text
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        fields |= {"username": email, "password": PASSWORD}
        sent = requests.post(f"{self.server}/login", data=fields, allow_redirects=False, timeout=20)
        found = urlsplit(sent.headers.get("Location", ""))
        assert not found.query or sent.headers["Location"].startswith(self.callback)
        return dict(parse_qsl(found.query))


@pytest.fixture(scope="module")
def hosted_pool(deployment: Deployment, pool: tuple[Any, str]) -> HostedPool:  # noqa: F811
    return HostedPool(deployment.endpoint, *pool)


@pytest.fixture
def hosted(app: Flask, settings: Settings, hosted_pool: HostedPool) -> HostedPool:
    public_url = hosted_pool.callback.removesuffix("/account/sign-in/callback")
    config.use(settings.changed(identity=hosted_pool.identity, web={"public_url": public_url}))
    return hosted_pool


@pytest.fixture(scope="module")
def people(hosted_pool: HostedPool) -> None:
    """Ana and Gil have signed up; a manager has put Gil into the group."""
    for name, group in GROUPS.items():
        email = hosted_pool.sign_up(name)
        hosted_pool.confirm(email)
        if group is not None:
            hosted_pool.cognito.admin_add_user_to_group(
                UserPoolId=hosted_pool.pool_id, Username=email, GroupName=group
            )


@pytest.fixture
def sign_in(app: Flask, hosted: HostedPool, people: None) -> SignIn:
    def signed_in(name: str) -> Visitor:
        browser = Visitor(app)
        begun = browser.get("/account/sign-in/provider").location
        answer = hosted.answer(begun, f"{name}@example.org")
        assert browser.client.get("/account/sign-in/callback", query_string=answer).status_code == 303
        return browser

    return signed_in


def test_a_person_who_signed_up_signs_in_once_they_are_confirmed(app: Flask, hosted: HostedPool) -> None:
    bia = Visitor(app)
    email = hosted.sign_up("bia")
    assert hosted.answer(bia.get("/account/sign-in/provider").location, email) == {}
    hosted.confirm(email)
    answer = hosted.answer(bia.get("/account/sign-in/provider").location, email)
    assert bia.client.get("/account/sign-in/callback", query_string=answer).location == "/account/orders"
    assert email in bia.get("/account").text


def test_the_pool_refuses_another_secret_and_a_code_without_its_verifier(
    app: Flask, hosted: HostedPool, people: None
) -> None:
    right = config.settings()
    browser = Visitor(app)
    answer = hosted.answer(browser.get("/account/sign-in/provider").location, "ana@example.org")
    config.use(right.changed(identity={"client_key": "another"}))
    assert browser.client.get("/account/sign-in/callback", query_string=answer).status_code == 400
    config.use(right)
    stolen = hosted.answer(Visitor(app).get("/account/sign-in/provider").location, "ana@example.org")
    state = dict(parse_qsl(urlsplit(browser.get("/account/sign-in/provider").location).query))["state"]
    again = {"code": stolen["code"], "state": state}
    assert browser.client.get("/account/sign-in/callback", query_string=again).status_code == 400


def test_a_sign_out_everywhere_at_the_pool_ends_our_session(sign_in: SignIn, hosted: HostedPool) -> None:
    ana = sign_in("ana")
    ask_about_all()
    assert ana.get("/account").status_code == 200, "renewed"
    second = int(time.time())
    while int(time.time()) <= second:  # a token of the second of the sign-out stays good in the stand-in
        time.sleep(0.05)
    hosted.cognito.admin_user_global_sign_out(UserPoolId=hosted.pool_id, Username="ana@example.org")
    ask_about_all()
    assert ana.get("/account").status_code == 303


def ask_about_all() -> None:
    with db.transaction() as session:
        session.execute(text("update users.provider_sessions set due_at = clock_timestamp()"))
    handlers.ask_identity_provider()
