"""Guessing is throttled, and keeps nobody out: not a crowd behind one address, not an account's owner."""

from __future__ import annotations

import pytest

from app.core import db
from app.core.actor import Actor
from app.core.errors import TooMany
from app.users import service as users
from app.users import tries
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
    for _ in range(tries.TRIES):
        guess(address="foyer")
    with pytest.raises(TooMany) as refused:
        sign_in(address="foyer")
    assert 0 < refused.value.retry_after <= tries.SECONDS
    assert sign_in("eva@example.org", address="foyer").email == "eva@example.org"  # the crowd goes on
    assert sign_in(address="home").email == "ana@example.org"  # and so does the owner elsewhere


def test_one_word_is_not_tried_on_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "OF_AN_ADDRESS", 5)
    make_account("eva@example.org")
    for number in range(5):
        guess(f"somebody{number}@example.org", address="attic")
    with pytest.raises(TooMany):
        sign_in("eva@example.org", address="attic")
    assert sign_in("eva@example.org", address="foyer").email == "eva@example.org"


def test_a_crowd_that_knows_its_passwords_locks_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "OF_AN_ADDRESS", 5)
    monkeypatch.setattr(tries, "OF_AN_ACCOUNT", 5)
    make_account()
    make_account("eva@example.org")
    for _ in range(6):
        sign_in(address="foyer")
        sign_in("eva@example.org", address="foyer")


def test_who_gets_in_forgives_nobody_elses_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "OF_AN_ADDRESS", 5)
    make_account()
    for number in range(5):
        if number < 4:
            sign_in(address="attic")
        guess(f"somebody{number}@example.org", address="attic")
    with pytest.raises(TooMany):
        guess("eva@example.org", address="attic")


def test_guessing_from_everywhere_is_throttled_and_the_owners_browser_gets_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tries, "OF_AN_ACCOUNT", 5)
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


def test_nobody_beside_the_owner_locks_the_owners_browser_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "OF_AN_ADDRESS", 20)
    known = begin_session(make_account())
    for number in range(2 * tries.TRIES):
        guess("ana@example.org" if number < tries.TRIES else f"b{number}@example.org", address="foyer")
    assert sign_in(address="foyer", browser=known)


def test_a_known_browser_may_not_guess_either() -> None:
    known = begin_session(make_account())
    for number in range(tries.TRIES):
        guess(address=f"everywhere {number}", browser=known)
    with pytest.raises(TooMany):
        sign_in(browser=known)
    assert sign_in(address="another browser")


def test_a_browser_is_known_to_its_own_account_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "OF_AN_ACCOUNT", 5)
    make_account()
    evas = begin_session(make_account("eva@example.org"))
    for number in range(5):
        guess(address=f"robot {number}", browser=evas)
    with pytest.raises(TooMany):
        sign_in(address="home", browser=evas)


def test_another_password_makes_every_browser_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "OF_AN_ACCOUNT", 5)
    ana = make_account()
    stolen = begin_session(ana)
    with db.transaction():
        users.change_password(ana.id, PASSWORD, "outra frase comprida")
    for number in range(5):
        guess(address=f"robot {number}", browser=stolen)
    with pytest.raises(TooMany):
        guess(address="robot 6", browser=stolen)


def test_who_got_in_starts_counting_anew() -> None:
    make_account()
    for _ in range(3):
        for _ in range(tries.TRIES - 1):
            guess()
        sign_in()
