"""The contract of both forms of identity: what the application sees of people with local accounts, or of a provider."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import config, db
from app.core.config import Settings
from tests.oidc_provider import HostedPages
from tests.shop import account_forms
from tests.shop.visitor import Visitor
from tests.users.account_data import is_signed_in, make_account

SignIn = Callable[[str], Visitor]
ROLES = {"ana": "customer", "gil": "manager"}


@pytest.fixture(params=["local", "hosted"])
def sign_in(request: pytest.FixtureRequest, app: Flask, settings: Settings, pages: HostedPages) -> SignIn:
    """Sign a person in with a new browser."""
    if request.param == "local":
        for name, role in ROLES.items():
            make_account(f"{name}@example.org", role=role)
    else:
        config.use(settings.changed(identity=pages.identity()))

    def signed_in(name: str) -> Visitor:
        browser = Visitor(app)
        if request.param == "local":
            assert account_forms.sign_in(browser, f"{name}@example.org").status_code == 303
            return browser
        begun = browser.get("/account/sign-in/provider").location
        answer = browser.client.get("/account/sign-in/callback", query_string=pages.sign_in(begun, name))
        assert answer.status_code == 303
        return browser

    return signed_in


def key(browser: Visitor) -> str:
    with browser.client.session_transaction() as session:
        return str(session.get("_user_id", ""))


def test_who_has_signed_in_and_their_role(sign_in: SignIn) -> None:
    ana, gil = sign_in("ana"), sign_in("gil")
    assert "ana@example.org" in ana.get("/account").text
    assert [one.get("/staff/devices").status_code for one in (ana, gil)] == [403, 200]


def test_a_new_session_for_each_sign_in(sign_in: SignIn) -> None:
    phone, laptop = sign_in("ana"), sign_in("ana")
    assert key(phone) != key(laptop)
    phone_key = key(phone)
    phone.post("/account/sign-out")
    assert not is_signed_in(phone_key), "a copy of the cookie ends too"
    assert laptop.get("/account").status_code == 200


def test_signing_out_everywhere(sign_in: SignIn) -> None:
    phone, laptop, gil = sign_in("ana"), sign_in("ana"), sign_in("gil")
    keys = [key(phone), key(laptop)]
    assert phone.post("/account/sign-out-everywhere").status_code in (200, 303)
    assert [is_signed_in(one) for one in keys] == [False, False]
    assert laptop.get("/account").status_code == 303
    assert gil.get("/account").status_code == 200
    assert sign_in("ana").get("/account").status_code == 200


def test_a_session_of_hosted_staff_ends_after_a_working_day(sign_in: SignIn) -> None:
    ana, gil = sign_in("ana"), sign_in("gil")
    with db.transaction() as database:
        database.execute(text("update users.sessions set began_at = began_at - interval '13 hours'"))
    is_hosted = config.settings().identity.signs_in
    assert ana.get("/account").status_code == 200
    assert gil.get("/account").status_code == (303 if is_hosted else 200)


def test_a_guest_cannot_sign_out_everywhere(sign_in: SignIn, app: Flask) -> None:
    laptop = sign_in("ana")
    assert Visitor(app).post("/account/sign-out-everywhere").status_code == 303
    assert laptop.get("/account").status_code == 200
