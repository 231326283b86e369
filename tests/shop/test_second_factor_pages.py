"""The pages of the second factor: turning it on and off, the code at sign-in, and the manager's reset."""

from __future__ import annotations

import re

import pyotp
import pytest
from flask import Flask
from sqlalchemy import text

from app.core import db
from app.users import second_factor_sign_in
from app.users.service import User
from tests.shop import account_forms
from tests.shop.visitor import Visitor
from tests.users.account_data import PASSWORD, make_account, reset_link

PAGE, CODE_PAGE, STAFF_PAGE = "/account/second-factor", "/account/sign-in/code", "/staff/second-factors"


class Phone:
    """The authenticator app of an account."""

    def __init__(self, key: str) -> None:
        self._totp = pyotp.TOTP(key.replace(" ", ""))

    def code(self) -> str:
        """The code now; it counts, even if it was used before."""
        with db.transaction() as session:
            session.execute(text("update users.second_factors set last_step = 0 where last_step is not null"))
            now = session.execute(text("select extract(epoch from clock_timestamp())")).scalar_one()
        return self._totp.at(int(now))


@pytest.fixture
def gil(app: Flask) -> User:
    return make_account("gil@example.org", role="manager", name="Gil")


def browser(app: Flask) -> Visitor:
    visitor = Visitor(app)
    visitor.client.set_cookie("language", "en")  # a sign-in would choose the account's language
    return visitor


def signed_in(app: Flask, email: str) -> Visitor:
    found = browser(app)
    account_forms.sign_in(found, email)
    return found


def turn_on(visitor: Visitor) -> tuple[Phone, list[str]]:
    """Turn the second factor on by the pages; returns the phone and the recovery codes."""
    assert visitor.post(PAGE, {"password": PASSWORD}).location == PAGE
    page = visitor.get(PAGE)
    assert page.headers["Cache-Control"] == "no-store"
    assert 'aria-label="QR code with the key for your app"' in page.text
    found = re.search(r'key-text">([A-Z2-7 ]+)<', page.text)
    assert found is not None
    phone = Phone(found[1])
    answer = visitor.post(f"{PAGE}/confirmation", {"code": phone.code()})
    assert answer.status_code == 200
    return phone, re.findall(r"<code>([A-Z0-9-]{19})</code>", answer.text)


def test_turned_on_a_sign_in_asks_for_the_code_on_its_own_page(app: Flask, gil: User) -> None:
    phone, codes = turn_on(signed_in(app, gil.email))
    assert len(codes) == 10
    laptop = browser(app)
    answer = account_forms.sign_in(laptop, gil.email, next="/staff/devices")
    assert (answer.status_code, answer.location) == (303, f"{CODE_PAGE}?next=%2Fstaff%2Fdevices")
    assert laptop.get("/staff/devices").status_code == 303, "not signed in yet"
    assert 'autocomplete="one-time-code"' in laptop.get(answer.location).text
    wrong = laptop.post(CODE_PAGE, {"code": "12", "next": "/staff/devices"})
    assert wrong.status_code == 422
    assert "That code is wrong or was used already." in wrong.text
    assert 'name="next" value="/staff/devices"' in wrong.text
    done = laptop.post(CODE_PAGE, {"code": phone.code(), "next": "/staff/devices"})
    assert (done.status_code, done.location) == (303, "/staff/devices")
    assert laptop.get("/staff/devices").status_code == 200
    phone_lost = browser(app)
    account_forms.sign_in(phone_lost, gil.email)
    assert phone_lost.post(CODE_PAGE, {"code": codes[3]}).status_code == 303
    assert phone_lost.get("/account").status_code == 200


def test_a_new_password_by_mail_asks_for_the_code_too(app: Flask, gil: User, empty_mailbox: None) -> None:
    phone, _ = turn_on(signed_in(app, gil.email))
    thief = browser(app)
    thief.post("/account/reset", {"email": gil.email})
    assert thief.post(reset_link(), {"password": "uma outra frase comprida"}).location == CODE_PAGE
    assert thief.get("/account").status_code == 303
    assert thief.post(CODE_PAGE, {"code": phone.code()}).status_code == 303
    assert thief.get("/account").status_code == 200
    changed = thief.post("/account/password", {"old": "uma outra frase comprida", "new": PASSWORD})
    assert changed.location == "/account", "who is signed in is not asked again"


def test_the_code_page_without_a_password_or_too_late(
    app: Flask, gil: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser(app).get(CODE_PAGE).location == "/account/sign-in"
    assert browser(app).post(CODE_PAGE, {"code": "123456"}).status_code == 409
    phone, _ = turn_on(signed_in(app, gil.email))
    late = browser(app)
    account_forms.sign_in(late, gil.email)
    monkeypatch.setattr(second_factor_sign_in, "PROOF_SECONDS", -1)
    answer = late.post(CODE_PAGE, {"code": phone.code(), "next": "/staff/devices"})
    assert answer.status_code == 409
    assert "You typed your password too long ago." in answer.text
    assert 'name="next" value="/staff/devices"' in answer.text


def test_bad_input_is_told_where_it_was_typed(app: Flask, gil: User) -> None:
    visitor = signed_in(app, gil.email)
    answer = visitor.post(PAGE, {"password": "wrong"})
    assert answer.status_code == 422
    assert 'id="password-error">That is not your current password.' in answer.text
    visitor.post(PAGE, {"password": PASSWORD})
    answer = visitor.post(f"{PAGE}/confirmation", {"code": ""})
    assert answer.status_code == 422
    assert 'id="code-error">Type the code that your app shows.' in answer.text
    assert "key-text" in answer.text, "the key stays in sight"
    for _ in range(6):
        answer = visitor.post(f"{PAGE}/removal", {"code": "1"})
        assert answer.location == PAGE, "it is not on"


def test_new_recovery_codes_and_turning_it_off(app: Flask, gil: User) -> None:
    visitor = signed_in(app, gil.email)
    phone, codes = turn_on(visitor)
    assert "10 recovery codes are left." in visitor.get(PAGE).text
    assert "Your second factor is on." in visitor.get("/account").text
    answer = visitor.post(f"{PAGE}/recovery-codes", {"code": phone.code()})
    assert answer.status_code == 200
    assert codes[0] not in answer.text
    assert visitor.post(f"{PAGE}/removal", {"code": codes[0]}).status_code == 422
    assert visitor.post(f"{PAGE}/removal", {"code": phone.code()}).location == "/account"
    assert account_forms.sign_in(browser(app), gil.email).location == "/account/orders"


def test_customers_have_no_second_factor(app: Flask) -> None:
    make_account()
    ana = signed_in(app, "ana@example.org")
    assert [ana.get(PAGE).status_code, ana.post(PAGE, {"password": PASSWORD}).status_code] == [403, 403]
    assert PAGE not in ana.get("/account").text


def test_a_manager_turns_off_that_of_a_colleague(app: Flask, gil: User) -> None:
    eva = make_account("eva@example.org", role="door", name="Eva")
    scanner, manager = signed_in(app, eva.email), signed_in(app, gil.email)
    turn_on(scanner)
    turn_on(manager)
    reset = f"{STAFF_PAGE}/{eva.id}/reset"
    assert scanner.get(STAFF_PAGE).status_code == scanner.post(reset, {"sure": "yes"}).status_code == 403
    assert manager.post(f"{STAFF_PAGE}/{gil.id}/reset", {"sure": "yes"}).status_code == 403
    unsure = manager.post(reset, {})
    assert unsure.status_code == 422
    assert f'id="sure-{eva.id}-error">' in unsure.text
    assert manager.post(reset, {"sure": "yes"}).location == STAFF_PAGE
    page = manager.get(STAFF_PAGE).text
    assert re.search(r"turned off by a manager, [^<]+, Gil<", page)
    assert scanner.get("/account").status_code == 303, "signed out"
    assert account_forms.sign_in(browser(app), eva.email).location == "/staff/scan"
    assert manager.post(reset, {"sure": "yes"}).location == STAFF_PAGE, "a second click"
