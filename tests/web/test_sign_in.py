"""Protected pages: roles, forged or old sessions, and the address after the sign-in."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import create_app
from app.core import db
from app.core.config import Settings
from app.users.service import User
from app.web.security import safe_next
from app.web.sign_in import (
    require_account,
    require_role,
    session_key,
    signed_in_user,
    skip_account_lookup,
    start_session,
)
from tests.payments.test_statements import counted
from tests.users.account_data import begin_session, make_account


@pytest.fixture
def own_app(database: str, settings: Settings) -> Flask:
    """The application with three protected pages: for staff, for managers, for any account."""
    app = create_app(settings)
    for path, guard in (
        ("/for-staff", require_role("door", "manager")),
        ("/for-managers", require_role("manager")),
        ("/for-accounts", require_account),
    ):
        app.add_url_rule(path, path, guard(lambda: "in"))
    return app


def signed_in(own_app: Flask, user: User) -> FlaskClient:
    client = own_app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = begin_session(user)
    return client


@pytest.mark.parametrize(
    ("role", "staff", "managers"),
    [("customer", 403, 403), ("door", 200, 403), ("manager", 200, 200)],
)
def test_each_role_opens_its_pages_only(own_app: Flask, role: str, staff: int, managers: int) -> None:
    client = signed_in(own_app, make_account(role=role))
    assert client.get("/for-accounts").status_code == 200
    assert client.get("/for-staff").status_code == staff
    assert client.get("/for-managers").status_code == managers


def test_a_visitor_without_account_is_redirected_to_the_sign_in(own_app: Flask) -> None:
    answer = own_app.test_client().get("/for-staff?gate=2")
    assert (answer.status_code, answer.location) == (303, "/account/sign-in?next=/for-staff?gate%3D2")


def test_a_changed_role_is_valid_at_once(own_app: Flask) -> None:
    client = signed_in(own_app, make_account(role="door"))
    assert client.get("/for-staff").status_code == 200
    with db.transaction() as session:
        session.execute(text("update users.users set role = 'customer'"))
    assert client.get("/for-staff").status_code == 403


@pytest.mark.parametrize(
    "stored", ["1:wrong", "0:", "x:y", "", "1", ":", "99999999999999999999:x", "-1:x", "1:\x00"]
)
def test_sessions_of_no_account_are_ignored(own_app: Flask, stored: str) -> None:
    client = own_app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = stored
    assert client.get("/for-accounts").status_code == 303
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("address", "followed"),
    [
        ("/orders/abc?x=1#there", True),
        ("/", True),
        ("/é", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("\\/evil.example", False),
        ("/a\\b", False),
        ("https://evil.example", False),
        ("https:evil.example", False),
        ("/\n/evil.example", False),
        ("/\x7f/evil.example", True),
        ("", False),
        (None, False),
    ],
)
def test_the_address_after_the_sign_in_is_one_of_ours(address: str | None, followed: bool) -> None:
    assert safe_next(address, "/home") == (address if followed else "/home")


def test_the_session_key_is_read_from_the_cookie(own_app: Flask) -> None:
    user = make_account()
    key = begin_session(user)
    with own_app.test_request_context(), db.reading():
        assert session_key() is None
        start_session(user, key, "ana")
        assert session_key() == key


def test_an_error_page_reads_no_account(own_app: Flask) -> None:
    client = signed_in(own_app, make_account())

    def error_page() -> str:
        skip_account_lookup()
        with counted() as sent:
            assert signed_in_user() is None
        assert sent == []
        return "nobody"

    own_app.add_url_rule("/after-an-error", "after-an-error", error_page)
    assert client.get("/after-an-error").text == "nobody"
