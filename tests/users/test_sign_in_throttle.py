"""Limits of wrong passwords: guessing is throttled, and neither owners nor others at one address are locked out."""

from __future__ import annotations

import pytest

from app.core import db
from app.core.actor import Actor
from app.core.errors import TooMany
from app.users import service as users
from app.users import sign_in_throttle
from app.users.service import User, WrongPassword
from tests.users.account_data import PASSWORD, begin_session, make_account


def sign_in(
    email: str = "ana@example.org", password: str = PASSWORD, address: str = "home", browser: str = ""
) -> User:
    with db.transaction():
        return users.sign_in(email, password, Actor(address_key=address), [browser] if browser else ())


def guess(email: str = "ana@example.org", address: str = "home", browser: str = "") -> None:
    with pytest.raises(WrongPassword):
        sign_in(email, "a guess", address, browser)


def test_guessing_is_throttled_for_one_account_from_one_address() -> None:
    make_account()
    make_account("eva@example.org")
    for _ in range(sign_in_throttle.ATTEMPTS):
        guess(address="foyer")
    with pytest.raises(TooMany) as refused:
        sign_in(address="foyer")
    assert 0 < refused.value.retry_after <= sign_in_throttle.SECONDS
    assert (
        sign_in("eva@example.org", address="foyer").email == "eva@example.org"
    )  # others at the address can sign in
    assert sign_in(address="home").email == "ana@example.org"  # and so can the owner elsewhere


def test_one_password_is_not_tried_on_all_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_throttle, "ATTEMPTS_PER_ADDRESS", 5)
    make_account("eva@example.org")
    for number in range(5):
        guess(f"somebody{number}@example.org", address="attic")
    with pytest.raises(TooMany):
        sign_in("eva@example.org", address="attic")
    assert sign_in("eva@example.org", address="foyer").email == "eva@example.org"


def test_right_passwords_from_one_address_lock_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_throttle, "ATTEMPTS_PER_ADDRESS", 5)
    monkeypatch.setattr(sign_in_throttle, "ATTEMPTS_PER_ACCOUNT", 5)
    make_account()
    make_account("eva@example.org")
    for _ in range(6):
        sign_in(address="foyer")
        sign_in("eva@example.org", address="foyer")


def test_a_right_password_does_not_reset_the_counts_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_throttle, "ATTEMPTS_PER_ADDRESS", 5)
    make_account()
    for number in range(5):
        if number < 4:
            sign_in(address="attic")
        guess(f"somebody{number}@example.org", address="attic")
    with pytest.raises(TooMany):
        guess("eva@example.org", address="attic")


def test_guessing_from_many_addresses_is_throttled_but_not_the_owners_browser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sign_in_throttle, "ATTEMPTS_PER_ACCOUNT", 5)
    known = begin_session(make_account(role="door"))
    with db.transaction():
        users.end_session(known)
    for number in range(5):
        guess(address=f"robot {number}")
    with pytest.raises(TooMany):
        sign_in(address="robot 6")
    with pytest.raises(TooMany):
        sign_in(address="cinema", browser="a key that somebody made up")
    assert sign_in(address="cinema", browser=known).role == "door"


def test_other_browsers_do_not_lock_the_owners_browser_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_throttle, "ATTEMPTS_PER_ADDRESS", 20)
    known = begin_session(make_account())
    for number in range(2 * sign_in_throttle.ATTEMPTS):
        guess(
            "ana@example.org" if number < sign_in_throttle.ATTEMPTS else f"b{number}@example.org",
            address="foyer",
        )
    assert sign_in(address="foyer", browser=known)


def test_a_known_browser_is_throttled_too() -> None:
    known = begin_session(make_account())
    for number in range(sign_in_throttle.ATTEMPTS):
        guess(address=f"everywhere {number}", browser=known)
    with pytest.raises(TooMany):
        sign_in(browser=known)
    assert sign_in(address="another browser")


def test_a_browser_is_known_to_its_account_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_throttle, "ATTEMPTS_PER_ACCOUNT", 5)
    make_account()
    evas = begin_session(make_account("eva@example.org"))
    for number in range(5):
        guess(address=f"robot {number}", browser=evas)
    with pytest.raises(TooMany):
        sign_in(address="home", browser=evas)


def test_after_a_new_password_no_browser_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_throttle, "ATTEMPTS_PER_ACCOUNT", 5)
    ana = make_account()
    stolen = begin_session(ana)
    with db.transaction():
        users.change_password(ana.id, PASSWORD, "outra frase comprida")
    for number in range(5):
        guess(address=f"robot {number}", browser=stolen)
    with pytest.raises(TooMany):
        guess(address="robot 6", browser=stolen)


def test_a_right_password_resets_the_count() -> None:
    make_account()
    for _ in range(3):
        for _ in range(sign_in_throttle.ATTEMPTS - 1):
            guess()
        sign_in()
