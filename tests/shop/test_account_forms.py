"""The forms of the account pages: errors are shown at their fields, and typed values are kept."""

from __future__ import annotations

import re

import pytest

from tests.shop.account_forms import field_errors, field_value, sign_in
from tests.shop.visitor import Visitor
from tests.users.account_data import PASSWORD, make_account, send_due_mails

pytestmark = pytest.mark.usefixtures("empty_mailbox")


def test_a_typed_email_is_carried_to_the_next_form(ana: Visitor) -> None:
    for to in ("reset", "sign-up", "sign-in"):
        answer = ana.post(
            "/account/other-form", {"to": to, "email": "ana@example.org", "password": "x", "next": "/help"}
        )
        assert (answer.status_code, answer.location) == (303, f"/account/{to}?next=%2Fhelp")
        page = ana.get(answer.location)
        assert field_value(page, "email") == "ana@example.org"
        assert field_value(ana.get(f"/account/{to}"), "email") == "", "the e-mail is carried once"
    hostile = ana.post("/account/other-form", {"to": "//example.org", "next": "//example.org"})
    assert hostile.location == "/account/sign-in"


def test_an_error_is_shown_once_and_its_field_has_the_focus(ana: Visitor) -> None:
    form = {"name": "Ana", "email": "ana@", "password": PASSWORD}
    page = ana.post("/account/sign-up", form).text
    assert page.count(field_errors(ana.post("/account/sign-up", form))["email"]) == 1
    assert re.search(r'<input[^>]* id="email"[^>]* autofocus', page)
    several = ana.post("/account/sign-up", form | {"name": ""}).text
    for field, name in (("name", "Name"), ("email", "E-mail")):
        assert f'<a href="#{field}">{name}</a>' in several


def test_all_errors_are_shown_at_once_and_typed_values_are_kept(ana: Visitor) -> None:
    form = {"name": "  ", "email": "ana@", "password": "curta"}
    answer = ana.post("/account/sign-up", form)
    assert answer.status_code == 422
    assert set(field_errors(answer)) == {"name", "email", "password"}
    assert field_value(answer, "email") == "ana@"
    assert "curta" not in answer.text, "a password is never shown again"
    assert 'href="#email"' in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>",
        "{{1337*7331}} Ana",
        "Ana\r\nBcc: all@example.org",
        "Ana 🎬🍿",
        "\u202eana",
        "Ana\x00 Souza",
        "'; drop table users.users; --",
    ],
)
def test_hostile_names_are_shown_as_text(ana: Visitor, name: str) -> None:
    make_account(name=name.replace("\x00", ""))
    sign_in(ana)
    assert ana.post("/account/name", {"name": name}).location == "/account"
    page = ana.get("/account").text
    assert "<img" not in page.partition("<main")[2]
    assert "9801547" not in page.partition("<main")[2].partition("</main>")[0]
    assert "Saved." in page


@pytest.mark.parametrize("name", ["", "x" * 10_000, "\x00", "\u202e", "🎬"])
def test_invalid_names_stay_in_the_form(ana: Visitor, name: str) -> None:
    make_account()
    sign_in(ana)
    answer = ana.post("/account/name", {"name": name})
    assert answer.status_code == 422
    assert list(field_errors(answer)) == ["name"]
    assert field_value(answer, "name") == name.replace("\x00", "")


@pytest.mark.parametrize("path", ["sign-in", "sign-up", "reset"])
@pytest.mark.parametrize(
    "email", ["", "ana", "ana@", "a\x00na", "a" * 10_000, "ana@example.org\r\nBcc: x@y.zz", "😀@😀"]
)
def test_invalid_emails_get_an_error_at_the_field(ana: Visitor, path: str, email: str) -> None:
    answer = ana.post(f"/account/{path}", {"name": "Ana", "email": email, "password": PASSWORD})
    assert answer.status_code == 422
    assert field_errors(answer)
    assert send_due_mails() == []


def test_a_form_without_a_csrf_token_is_shown_again_with_its_values(ana: Visitor) -> None:
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
    assert (again.status_code, list(field_errors(again))) == (422, ["password"])
    assert field_value(again, "name") == "Ana Souza"
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert "Ana Souza" not in ana.client.post("/account/sign-up", data=form, headers=elsewhere).text


def test_the_error_of_a_password_is_above_its_field(ana: Visitor) -> None:
    make_account()
    sign_in(ana)
    answer = ana.post("/account/password", {"old": "", "new": "curta"})
    assert answer.status_code == 422
    assert field_errors(answer) == {
        "old": "Type your current password too.",
        "new": "At least 8 characters. A short sentence works well.",
    }
    page = answer.text
    assert page.index('href="/account/orders"') < page.index('action="/account/name"')
    assert page.index('action="/account/name"') < page.index('class="errors"') < page.index('id="old"')
    assert field_errors(ana.post("/account/password", {"new": "outra frase comprida"})) == {
        "old": "Type your current password too."
    }
    answer = ana.post("/account/name", {"name": " "})
    assert list(field_errors(answer)) == ["name"]
