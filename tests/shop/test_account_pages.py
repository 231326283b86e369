"""The pages of accounts: sign-up, links in mails, own orders, language."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.core import db
from app.core.i18n import format_time
from app.users import service as users
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.account_forms import field_errors, sign_in
from tests.shop.visitor import Visitor, order_at
from tests.users.account_data import PASSWORD, mail_link, make_account, send_due_mails

pytestmark = pytest.mark.usefixtures("empty_mailbox")


def test_sign_up_verifies_the_email_and_shows_own_orders(ana: Visitor) -> None:
    form = {"name": "Ana Souza", "email": "Ana@example.org", "password": PASSWORD}
    answer = ana.post("/account/sign-up", form)
    assert answer.status_code == 200
    assert "ana@example.org" in answer.text
    assert ana.get("/account/orders").status_code == 303, "a sign-up does not sign in"
    (mail,) = send_due_mails()
    path = mail_link(mail)
    page = ana.get(path)
    assert page.status_code == 200
    assert ana.get(path).status_code == 200, "a GET does not use the link up"
    assert 'name="password"' not in page.text, "no password is asked in the browser that created the account"
    assert ana.post(path).location == "/account/orders"
    own = ana.get("/account/orders").text
    assert "No tickets here yet." in own
    assert "Your e-mail is confirmed." in own
    over = ana.get(path)
    assert over.status_code == 409
    assert "no longer works" in over.text
    assert ana.post(path, {"password": PASSWORD}).status_code == 409


def test_a_mail_link_in_another_browser_asks_for_the_password(ana: Visitor, app: Flask) -> None:
    """A stranger signs up with the e-mail of a guest buyer, who then opens the link of the mail."""
    ana.post("/account/sign-up", {"name": "Eva", "email": "ana@example.org", "password": PASSWORD})
    path = mail_link(send_due_mails()[0])
    other = Visitor(app)
    # A second sign-up does not prove the ownership of an existing account.
    other.post("/account/sign-up", {"name": "Ana", "email": "ana@example.org", "password": PASSWORD + "!"})
    assert 'name="password"' in other.get(path).text
    for wrong in ({}, {"password": PASSWORD + "!"}):
        answer = other.post(path, wrong)
        assert (answer.status_code, list(field_errors(answer))) == (422, ["password"])
    assert other.post(path, {"password": PASSWORD}).location == "/account/orders"


def test_a_new_password_gets_a_confirmation(ana: Visitor) -> None:
    make_account()
    ana.post("/account/reset", {"email": "ana@example.org"})
    answer = ana.post(mail_link(send_due_mails()[0]), {"password": "outra frase comprida"})
    assert "Your new password is saved" in ana.get(answer.location).text


def test_sign_up_gives_the_same_answer_for_known_and_unknown_emails(app: Flask) -> None:
    make_account("known@example.org")

    def answer(email: str) -> str:
        form = {"name": "Ana", "email": email, "password": PASSWORD}
        said = Visitor(app).post("/account/sign-up", form)
        assert said.status_code == 200
        return re.sub(r'value="[^"]{20,}"', "", said.text.replace(email, "…"))

    assert answer("known@example.org") == answer("unknown@example.org")


def test_reset_gives_the_same_answer_for_known_and_unknown_emails(app: Flask) -> None:
    make_account("known@example.org")
    said = {
        email: Visitor(app).post("/account/reset", {"email": email}).text.replace(email, "…")
        for email in ("known@example.org", "unknown@example.org")
    }
    assert said["known@example.org"] == said["unknown@example.org"]
    assert [mail["To"] for mail in send_due_mails()] == ["known@example.org"]


def test_a_password_is_reset_by_mail(app: Flask, ana: Visitor) -> None:
    make_account()
    phone = Visitor(app)
    sign_in(phone)
    ana.post("/account/reset", {"email": "ana@example.org"})
    (mail,) = send_due_mails()
    assert ana.get(mail_link(mail)).status_code == 200
    short = ana.post(mail_link(mail), {"password": "curta"})
    assert (short.status_code, list(field_errors(short))) == (422, ["password"])
    assert ana.post(mail_link(mail), {"password": "outra frase comprida"}).location == "/account"
    assert ana.get("/account").status_code == 200
    assert phone.get("/account").status_code == 303
    assert ana.post(mail_link(mail), {"password": "outra frase comprida"}).status_code == 409


@pytest.mark.parametrize("token", ["x", "x" * 10_000, "%00", "é🎬", "..%2f..", "{{7*7}}"])
@pytest.mark.parametrize("purpose", ["verify", "reset"])
def test_unknown_mail_links_are_refused(ana: Visitor, purpose: str, token: str) -> None:
    assert ana.get(f"/account/{purpose}/{token}").status_code in (404, 409)
    form = {"password": PASSWORD}
    assert ana.post(f"/account/{purpose}/{token}", form).status_code in (404, 409)


def test_guest_orders_join_the_account_after_the_verification(app: Flask, ana: Visitor) -> None:
    screening = make_screening("oooo")
    paid = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1"))
    user = make_account(paid.email or "", verified=False)
    sign_in(ana)
    page = ana.get("/account/orders").text
    assert paid.code not in page
    assert "not confirmed yet" in page
    assert ana.post("/account/verification").status_code == 200
    (mail,) = [
        one
        for one in send_due_mails()
        if "/account/verify/" in one.as_string().replace("=\r\n", "").replace("=\n", "")
    ]
    page = ana.get(mail_link(mail)).text
    assert 'name="password"' not in page, "a visitor who is signed in to this account needs no password"
    assert ana.post(mail_link(mail)).location == "/account/orders"
    assert paid.code in ana.get("/account/orders").text
    stranger = Visitor(app)
    make_account("eva@example.org")
    sign_in(stranger, "eva@example.org")
    assert paid.code not in stranger.get("/account/orders").text
    assert user.email == "ana@example.org"


def test_an_account_buys_and_finds_its_order(ana: Visitor) -> None:
    make_account()
    sign_in(ana)
    screening = make_screening("oooo")
    path = ana.start(screening, "A1 A2")
    ana.choose_full(path)
    assert 'value="ana@example.org"' in ana.get(f"{path}/checkout").text
    ana.check_out(path, email="somebody.else@example.org")
    assert path in ana.get("/account/orders").text


def test_own_orders_show_their_state(ana: Visitor) -> None:
    make_account()
    sign_in(ana)
    screening = make_screening("oooo")
    first = ana.start(screening, "A1")
    ana.choose_full(first)
    ana.check_out(first)
    purchases.run_due_work()
    purchases.pay(order_at(first))
    second = order_at(ana.start(screening, "A3"))
    page = " ".join(re.sub(r"<[^>]+>", " ", ana.get("/account/orders").text).split())
    assert f"{order_at(first).code} paid, R$" in page
    until = format_time(second.deadline, "en", "America/Recife")
    assert f"{second.code} not paid yet, yours until {until} Continue" in page


def test_the_language_of_an_account_can_change(ana: Visitor) -> None:
    user = make_account()
    sign_in(ana)
    assert (
        ana.client.post(
            "/language", data={"language": "en", "next": "/account"}, headers=ana.headers
        ).status_code
        == 303
    )
    with db.reading():
        assert users.user(user.id).locale == "en"
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    ana.client.post("/language", data={"language": "pt_BR"}, headers=elsewhere)
    with db.reading():
        assert users.user(user.id).locale == "en"


def test_a_new_device_gets_the_language_of_the_account(app: Flask) -> None:
    user = make_account()
    with db.transaction():
        users.change_locale(user.id, "en")
    phone = Visitor(app, language="pt-BR")
    sign_in(phone)
    assert '<html lang="en"' in phone.get("/account").text


def test_account_pages_are_not_cached_or_indexed(ana: Visitor) -> None:
    make_account()
    sign_in(ana)
    for path in ("/account", "/account/orders"):
        answer = ana.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.text
