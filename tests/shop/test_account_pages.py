"""The pages of accounts: answers in place, typing kept, sessions that end when they should, no way out of the house."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.core import db
from app.core.config import Settings
from app.users import service as users
from tests.orders import buying
from tests.reservations.rooms import ids, make_screening, plan_of
from tests.shop.visitor import Visitor
from tests.users.people import PASSWORD, link, person, post

FIELD_ERROR = re.compile(r'<p class="error" id="([a-z]+)-error">([^<]+)</p>')


@pytest.fixture(autouse=True)
def empty_mailbox(settings: Settings, database: str) -> None:
    for file in settings.mail_folder.glob("*.eml"):
        file.unlink()


@pytest.fixture
def ana(app: Flask) -> Visitor:
    visitor = Visitor(app)
    visitor.client.set_cookie("language", "en")
    return visitor


def sign_in(visitor: Visitor, email: str = "ana@example.org", **more: str) -> TestResponse:
    return visitor.post("/account/sign-in", {"email": email, "password": PASSWORD} | more)


def errors(answer: TestResponse) -> dict[str, str]:
    return {name: html.unescape(words) for name, words in FIELD_ERROR.findall(answer.text)}


def typed(answer: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}" type="\w+" value="([^"]*)"', answer.text)
    assert found is not None, answer.text
    return html.unescape(found[1])


def test_from_sign_up_to_own_orders(ana: Visitor) -> None:
    form = {"name": "Ana Souza", "email": "Ana@example.org", "password": PASSWORD}
    answer = ana.post("/account/sign-up", form)
    assert answer.status_code == 200
    assert "Ana@example.org" in answer.text
    assert ana.get("/account/orders").status_code == 303, "nobody is signed in by signing up"
    (mail,) = post()
    path = link(mail)
    page = ana.get(path)
    assert page.status_code == 200
    assert ana.get(path).status_code == 200, "looking does not use it up"
    wrong = ana.post(path, {"password": "not the one"})
    assert (wrong.status_code, list(errors(wrong))) == (422, ["password"])
    assert ana.post(path, {"password": PASSWORD}).location == "/account/orders"
    assert "No tickets here yet." in ana.get("/account/orders").text
    over = ana.get(path)
    assert over.status_code == 409
    assert "no longer works" in over.text
    assert ana.post(path, {"password": PASSWORD}).status_code == 409


def test_sign_up_answers_alike_for_known_and_unknown_emails(app: Flask) -> None:
    person("known@example.org")

    def answer(email: str) -> str:
        form = {"name": "Ana", "email": email, "password": PASSWORD}
        said = Visitor(app).post("/account/sign-up", form)
        assert said.status_code == 200
        return re.sub(r'value="[^"]{20,}"', "", said.text.replace(email, "…"))

    assert answer("known@example.org") == answer("unknown@example.org")


def test_reset_answers_alike_for_known_and_unknown_emails(app: Flask) -> None:
    person("known@example.org")
    said = {
        email: Visitor(app).post("/account/reset", {"email": email}).text.replace(email, "…")
        for email in ("known@example.org", "unknown@example.org")
    }
    assert said["known@example.org"] == said["unknown@example.org"]
    assert [mail["To"] for mail in post()] == ["known@example.org"]


def test_everything_wrong_is_said_at_once_and_typing_is_kept(ana: Visitor) -> None:
    form = {"name": "  ", "email": "ana@", "password": "curta"}
    answer = ana.post("/account/sign-up", form)
    assert answer.status_code == 422
    assert set(errors(answer)) == {"name", "email", "password"}
    assert typed(answer, "email") == "ana@"
    assert "curta" not in answer.text, "a password is never shown again"
    assert 'href="#email"' in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>",
        "{{7*7}} Ana",
        "Ana\r\nBcc: all@example.org",
        "Ana 🎬🍿",
        "\u202eana",
        "Ana\x00 Souza",
        "'; drop table users.users; --",
    ],
)
def test_hostile_names_are_shown_as_they_are(ana: Visitor, name: str) -> None:
    person(name=name.replace("\x00", ""))
    sign_in(ana)
    assert ana.post("/account/name", {"name": name}).location == "/account"
    page = ana.get("/account").text
    assert "<img" not in page.partition("<main")[2]
    assert "49" not in page.partition("<main")[2].partition("</main>")[0]
    assert "Saved." in page


@pytest.mark.parametrize("name", ["", "x" * 10_000, "\x00", "\u202e", "🎬"])
def test_names_that_are_none_stay_in_the_form(ana: Visitor, name: str) -> None:
    person()
    sign_in(ana)
    answer = ana.post("/account/name", {"name": name})
    assert answer.status_code == 422
    assert list(errors(answer)) == ["name"]
    assert typed(answer, "name") == name.replace("\x00", "")


@pytest.mark.parametrize("path", ["sign-in", "sign-up", "reset"])
@pytest.mark.parametrize(
    "email", ["", "ana", "ana@", "a\x00na", "a" * 10_000, "ana@example.org\r\nBcc: x@y.zz", "😀@😀"]
)
def test_bad_emails_are_answered_in_place(ana: Visitor, path: str, email: str) -> None:
    answer = ana.post(f"/account/{path}", {"name": "Ana", "email": email, "password": PASSWORD})
    assert answer.status_code == 422
    assert errors(answer)
    assert post() == []


def test_wrong_password_keeps_the_email(ana: Visitor) -> None:
    person()
    answer = ana.post("/account/sign-in", {"email": "ana@example.org", "password": "wrong one"})
    assert answer.status_code == 422
    assert errors(answer) == {"password": "E-mail and password do not fit together."}
    assert typed(answer, "email") == "ana@example.org"
    assert "wrong one" not in answer.text


def test_too_many_tries_are_told_how_long_to_wait(ana: Visitor) -> None:
    person()
    for _ in range(users.TRIES):
        ana.post("/account/sign-in", {"email": "ana@example.org", "password": "a guess"})
    answer = sign_in(ana)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= users.TRY_SECONDS
    assert "Try again in 10 minutes." in errors(answer)["email"]
    assert typed(answer, "email") == "ana@example.org"


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
def test_sign_in_leads_nowhere_else(ana: Visitor, address: str) -> None:
    person()
    answer = sign_in(ana, next=address)
    assert answer.status_code == 303
    assert answer.location == "/account/orders"
    assert ana.client.get("/account/sign-in", query_string={"next": address}).location == "/account/orders"


def test_sign_in_goes_on_where_it_was_asked_for(ana: Visitor) -> None:
    person(role="door")
    refused = ana.get("/account/orders?x=1")
    assert refused.location == "/account/sign-in?next=/account/orders?x%3D1"
    assert 'name="next" value="/account/orders?x=1"' in ana.get(refused.location).text
    assert sign_in(ana, next="/staff/scan?gate=2").location == "/staff/scan?gate=2"


@pytest.mark.parametrize(
    ("role", "home"),
    [("customer", "/account/orders"), ("door", "/staff/scan"), ("manager", "/account/orders")],
)
def test_each_role_is_led_to_its_own_work(ana: Visitor, role: str, home: str) -> None:
    person(role=role)
    assert 'name="next" value=""' in ana.get("/account/sign-in").text
    assert sign_in(ana, next="").location == home
    assert ana.get("/account/sign-in").location == home
    assert sign_in(ana, next="/account").location == "/account"


def test_signing_in_starts_a_new_session_that_keeps_the_basket(ana: Visitor) -> None:
    person()
    path = ana.start(make_screening("oooo"), "A1")
    with ana.client.session_transaction() as before:
        before["planted"] = "by somebody else"
        visitor, token = before["visitor"], before["csrf_token"]
    sign_in(ana)
    with ana.client.session_transaction() as after:
        assert after["visitor"] == visitor
        assert after.get("csrf_token") != token
        assert "planted" not in after
    assert ana.get(f"{path}/types").status_code == 200


def test_signing_out_ends_it(ana: Visitor) -> None:
    person()
    sign_in(ana)
    assert ana.get("/account").status_code == 200
    assert ana.get("/account/sign-out").status_code == 405, "a link cannot do it"
    assert ana.post("/account/sign-out").location == "/"
    assert ana.get("/account").status_code == 303
    assert ana.get("/account").headers["Cache-Control"] != "public"


def test_a_new_password_signs_out_every_other_device(app: Flask, ana: Visitor) -> None:
    person()
    phone = Visitor(app)
    sign_in(ana)
    sign_in(phone)
    wrong = ana.post("/account/password", {"old": "wrong", "new": "outra frase comprida"})
    assert (wrong.status_code, list(errors(wrong))) == (422, ["old"])
    short = ana.post("/account/password", {"old": PASSWORD, "new": "curta"})
    assert (short.status_code, list(errors(short))) == (422, ["new"])
    assert (
        ana.post("/account/password", {"old": PASSWORD, "new": "outra frase comprida"}).location == "/account"
    )
    assert ana.get("/account").status_code == 200
    assert phone.get("/account").status_code == 303


def test_reset_by_mail(app: Flask, ana: Visitor) -> None:
    person()
    phone = Visitor(app)
    sign_in(phone)
    ana.post("/account/reset", {"email": "ana@example.org"})
    (mail,) = post()
    assert ana.get(link(mail)).status_code == 200
    short = ana.post(link(mail), {"password": "curta"})
    assert (short.status_code, list(errors(short))) == (422, ["password"])
    assert ana.post(link(mail), {"password": "outra frase comprida"}).location == "/account"
    assert ana.get("/account").status_code == 200
    assert phone.get("/account").status_code == 303
    assert ana.post(link(mail), {"password": "outra frase comprida"}).status_code == 409


@pytest.mark.parametrize("token", ["x", "x" * 10_000, "%00", "é🎬", "..%2f..", "{{7*7}}"])
@pytest.mark.parametrize("purpose", ["verify", "reset"])
def test_links_that_were_never_sent(ana: Visitor, purpose: str, token: str) -> None:
    assert ana.get(f"/account/{purpose}/{token}").status_code in (404, 409)
    form = {"password": PASSWORD}
    assert ana.post(f"/account/{purpose}/{token}", form).status_code in (404, 409)


def test_guest_orders_join_once_the_email_is_proved(app: Flask, ana: Visitor) -> None:
    screening = make_screening("oooo")
    paid = buying.bought(screening, ids(plan_of(screening), "A1"))
    user = person(paid.email or "", verified=False)
    sign_in(ana)
    page = ana.get("/account/orders").text
    assert paid.code not in page
    assert "not confirmed yet" in page
    assert ana.post("/account/verification").status_code == 200
    (mail,) = [
        one for one in post() if "/account/verify/" in one.as_string().replace("=\r\n", "").replace("=\n", "")
    ]
    page = ana.get(link(mail)).text
    assert 'name="password"' not in page, "who is signed in as this account needs no password"
    assert ana.post(link(mail)).location == "/account/orders"
    assert paid.code in ana.get("/account/orders").text
    stranger = Visitor(app)
    person("eva@example.org")
    sign_in(stranger, "eva@example.org")
    assert paid.code not in stranger.get("/account/orders").text
    assert user.email == "ana@example.org"


def test_an_account_buys_and_finds_its_order(ana: Visitor) -> None:
    person()
    sign_in(ana)
    screening = make_screening("oooo")
    path = ana.start(screening, "A1 A2")
    ana.choose_full(path)
    assert 'value="ana@example.org"' in ana.get(f"{path}/checkout").text
    ana.check_out(path, email="somebody.else@example.org")
    assert path in ana.get("/account/orders").text


def test_without_a_token_the_form_comes_back_filled(ana: Visitor) -> None:
    form = {"name": "Ana Souza", "email": "ana@example.org", "password": PASSWORD, "next": "/account"}
    answer = ana.client.post("/account/sign-up", data=form, headers=ana.headers)
    assert answer.status_code == 400
    assert 'name="name" value="Ana Souza"' in answer.text
    assert PASSWORD not in answer.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert token is not None
    again = ana.client.post(
        "/account/sign-up", data=form | {"csrf_token": token[1], "password": ""}, headers=ana.headers
    )
    assert (again.status_code, list(errors(again))) == (422, ["password"])
    assert typed(again, "name") == "Ana Souza"
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert "Ana Souza" not in ana.client.post("/account/sign-up", data=form, headers=elsewhere).text


def test_the_language_of_an_account(ana: Visitor) -> None:
    user = person()
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


def test_an_account_brings_its_language_to_a_new_device(app: Flask) -> None:
    user = person()
    with db.transaction():
        users.change_locale(user.id, "en")
    phone = Visitor(app, language="pt-BR")
    sign_in(phone)
    assert '<html lang="en"' in phone.get("/account").text


def test_account_pages_are_for_nobodys_cache_or_index(ana: Visitor) -> None:
    person()
    sign_in(ana)
    for path in ("/account", "/account/orders"):
        answer = ana.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.text


def test_a_session_of_an_account_that_is_gone(ana: Visitor) -> None:
    person()
    sign_in(ana)
    with db.transaction() as session:
        session.execute(text("delete from users.users"))
    assert ana.get("/account").status_code == 303
    assert ana.get("/").status_code == 200
