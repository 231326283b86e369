"""Sign-in and sign-out pages: the end of sessions, throttles, and redirects to our own pages only."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import db
from app.users import service as users
from app.users import sign_in_throttle
from tests.reservations.auditoriums import make_screening
from tests.shop.account_forms import field_errors, field_value, sign_in
from tests.shop.visitor import Visitor, order_at
from tests.users.account_data import PASSWORD, mail_link, make_account, send_due_mails

pytestmark = pytest.mark.usefixtures("empty_mailbox")


def test_a_wrong_password_keeps_the_typed_email(ana: Visitor) -> None:
    make_account()
    answer = ana.post("/account/sign-in", {"email": "ana@example.org", "password": "wrong one"})
    assert answer.status_code == 422
    assert field_errors(answer) == {"password": "E-mail and password do not match."}
    assert field_value(answer, "email") == "ana@example.org"
    assert "wrong one" not in answer.text


def test_too_many_tries_get_the_time_to_wait(ana: Visitor) -> None:
    make_account()
    for _ in range(sign_in_throttle.ATTEMPTS):
        ana.post("/account/sign-in", {"email": "ana@example.org", "password": "a guess"})
    answer = sign_in(ana)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= sign_in_throttle.SECONDS
    assert "Try again in 10 minutes." in field_errors(answer)["email"]
    assert field_value(answer, "email") == "ana@example.org"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x=y\r\nX: y",
        "evil.example",
        " //evil.example",
        "http:/evil.example",
        "",
    ],
)
def test_sign_in_redirects_to_our_own_pages_only(ana: Visitor, address: str) -> None:
    make_account()
    answer = sign_in(ana, next=address)
    assert answer.status_code == 303
    assert answer.location == "/account/orders"
    assert ana.client.get("/account/sign-in", query_string={"next": address}).location == "/account/orders"


def test_sign_in_redirects_to_the_page_that_asked_for_it(ana: Visitor) -> None:
    make_account(role="door")
    refused = ana.get("/account/orders?x=1")
    assert refused.location == "/account/sign-in?next=/account/orders?x%3D1"
    assert 'name="next" value="/account/orders?x=1"' in ana.get(refused.location).text
    assert sign_in(ana, next="/staff/scan?gate=2").location == "/staff/scan?gate=2"


@pytest.mark.parametrize(
    ("role", "home"),
    [("customer", "/account/orders"), ("door", "/staff/scan"), ("manager", "/account/orders")],
)
def test_each_role_is_redirected_to_its_page(ana: Visitor, role: str, home: str) -> None:
    make_account(role=role)
    assert 'name="next" value=""' in ana.get("/account/sign-in").text
    assert sign_in(ana, next="").location == home
    assert ana.get("/account/sign-in").location == home
    assert sign_in(ana, next="/account").location == "/account"


def test_signing_in_starts_a_new_session_that_keeps_the_basket(ana: Visitor) -> None:
    make_account()
    path = ana.start(make_screening("oooo"), "A1")
    with ana.client.session_transaction() as before:
        before["planted"] = "by somebody else"
        visitor, token = before["visitor"], before["csrf_token"]
    sign_in(ana)
    with ana.client.session_transaction() as after:
        assert after["visitor"] != visitor
        assert after.get("csrf_token") != token
        assert "planted" not in after
    assert ana.get(f"{path}/types").status_code == 200
    assert path in ana.get("/").text, "the programme offers to continue the order"
    ana.choose_full(path)
    assert ana.check_out(path).status_code == 303


def copy_of(browser: Visitor, app: Flask) -> Visitor:
    """A visitor with a copy of the browser's cookie."""
    thief = Visitor(app)
    cookie = browser.client.get_cookie("session")
    assert cookie is not None
    thief.client.set_cookie("session", cookie.value)
    return thief


def test_a_cookie_copied_before_the_sign_in_owns_nothing_afterwards(app: Flask, ana: Visitor) -> None:
    make_account()
    screening = make_screening("oooo")
    first = ana.start(screening, "A1")
    thief = copy_of(ana, app)
    assert thief.get(f"{first}/types").status_code == 200, "before the sign-in both count as one browser"
    sign_in(ana)
    second = ana.start(screening, "A3")
    for path in (first, second):
        assert thief.get(f"{path}/types").status_code == 404
        assert thief.post(f"{path}/end").status_code == 404
        assert order_at(path).is_open
        assert path not in thief.get("/").text


@pytest.mark.parametrize("way", ["verify", "reset"])
def test_a_copied_cookie_owns_nothing_after_a_sign_in_by_mail(app: Flask, ana: Visitor, way: str) -> None:
    user = make_account(verified=False)
    path = ana.start(make_screening("oooo"), "A1")
    thief = copy_of(ana, app)
    with db.transaction():
        if way == "verify":
            users.send_verification(user.id)
        else:
            users.request_reset(user.email)
    (mail,) = send_due_mails()
    assert ana.post(mail_link(mail), {"password": PASSWORD}).status_code == 303
    assert ana.get("/account").status_code == 200
    assert ana.get(f"{path}/types").status_code == 200
    assert thief.get(f"{path}/types").status_code == 404


def test_a_copied_cookie_is_signed_out_with_its_original(app: Flask, ana: Visitor) -> None:
    make_account(role="door")
    phone = Visitor(app)
    sign_in(ana)
    sign_in(phone)
    path = ana.start(make_screening("oooo"), "A1")
    thief = copy_of(ana, app)
    assert thief.get("/staff/scan").status_code == 200
    ana.post("/account/sign-out")
    assert thief.get("/staff/scan").status_code == 303
    assert thief.get(f"{path}/types").status_code == 404
    assert phone.get("/staff/scan").status_code == 200, "the session of another device continues"
    assert phone.get(f"{path}/types").status_code == 200, "the other device has the orders of the account"


def test_signing_in_again_ends_the_former_session(app: Flask, ana: Visitor) -> None:
    make_account()
    sign_in(ana)
    thief = copy_of(ana, app)
    sign_in(ana)
    assert ana.get("/account").status_code == 200
    assert thief.get("/account").status_code == 303


def test_guessing_does_not_lock_a_known_browser_out(app: Flask, ana: Visitor) -> None:
    make_account(role="door")
    sign_in(ana)
    ana.post("/account/sign-out")
    stranger = Visitor(app)
    for _ in range(sign_in_throttle.ATTEMPTS):
        stranger.post("/account/sign-in", {"email": "ana@example.org", "password": "a guess"})
    assert sign_in(stranger).status_code == 429
    assert sign_in(ana).status_code == 303


def test_signing_out_ends_the_session(ana: Visitor) -> None:
    make_account()
    sign_in(ana)
    assert ana.get("/account").status_code == 200
    assert ana.get("/account/sign-out").location == "/account", "a GET does not sign out"
    assert ana.post("/account/sign-out").location == "/"
    assert ana.get("/account").status_code == 303
    assert ana.get("/account").headers["Cache-Control"] != "public"


def test_a_new_password_signs_out_every_other_device(app: Flask, ana: Visitor) -> None:
    make_account()
    phone = Visitor(app)
    sign_in(ana)
    sign_in(phone)
    wrong = ana.post("/account/password", {"old": "wrong", "new": "outra frase comprida"})
    assert (wrong.status_code, list(field_errors(wrong))) == (422, ["old"])
    short = ana.post("/account/password", {"old": PASSWORD, "new": "curta"})
    assert (short.status_code, list(field_errors(short))) == (422, ["new"])
    assert (
        ana.post("/account/password", {"old": PASSWORD, "new": "outra frase comprida"}).location == "/account"
    )
    assert ana.get("/account").status_code == 200
    assert phone.get("/account").status_code == 303


def test_a_session_of_a_deleted_account_is_ignored(ana: Visitor) -> None:
    make_account()
    sign_in(ana)
    with db.transaction() as session:
        session.execute(text("delete from users.users"))
    assert ana.get("/account").status_code == 303
    assert ana.get("/").status_code == 200


def test_a_sign_in_during_a_form_redirects_to_its_page(ana: Visitor) -> None:
    """The typed values are lost with the session, but the redirect leads to an existing page."""
    make_account()
    for form in ("/account/name", "/account/password", "/account/verification"):
        assert ana.post(form, {"name": "Ana"}).location == f"/account/sign-in?next={form}"
        assert sign_in(ana, next=form).location == form
        assert ana.get(form).location == "/account"
        ana.post("/account/sign-out")
