"""Spellings of e-mails and passwords: all spellings by keyboards and browsers are the same account and password."""

from __future__ import annotations

import unicodedata

import pytest
from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.errors import Invalid, TooMany
from app.users import passwords
from app.users import service as users
from app.users.service import User, WrongPassword
from tests.users.account_data import PASSWORD, make_account, reset_link, send_due_mails

EMAIL = "ana@praça.example"
OTHERS = (
    "ana@prac\u0327a.example",
    "ANA@xn--praa-2oa.example",
    "mailto:ana@PRAÇA.example",
    "\u200bana@praça.example.",
)
PHRASE = "coração às três"
DECOMPOSED = unicodedata.normalize("NFD", PHRASE)


def sign_in(email: str, password: str = PASSWORD, address: str = "home") -> User:
    with db.transaction():
        return users.sign_in(email, password, Actor(address_key=address))


@pytest.mark.parametrize("other", OTHERS)
def test_an_account_is_found_by_any_spelling_of_its_email(other: str) -> None:
    ana = make_account(EMAIL)
    assert ana.email == EMAIL
    assert sign_in(other).id == ana.id
    with db.transaction():
        assert users.set_role(other, "door").id == ana.id
        assert users.make_account(other, "Ana", PASSWORD, "customer").id == ana.id
        users.request_reset(other)
    assert {mail["To"] for mail in send_due_mails()} == {"ana@xn--praa-2oa.example"}
    assert reset_link()


@pytest.mark.parametrize("other", OTHERS)
def test_a_second_sign_up_in_another_spelling_is_no_second_account(other: str) -> None:
    make_account(EMAIL)
    with db.transaction():
        users.sign_up("Ana", other, "uma outra frase comprida", Actor())
    with db.reading() as session:
        assert session.execute(text("select count(*) from users.users")).scalar() == 1


def test_another_domain_is_another_account() -> None:
    ana, other = make_account("ana@straße.example"), make_account("ana@strasse.example")
    assert ana.id != other.id
    assert sign_in("ana@xn--strae-oqa.example").id == ana.id
    with db.transaction():
        users.request_reset("ana@straße.example")
    (mail,) = send_due_mails()
    assert mail["To"] == "ana@xn--strae-oqa.example"


def test_mails_to_one_mailbox_are_counted_together_whatever_the_spelling() -> None:
    spellings = (EMAIL, *OTHERS)
    for number in range(users.MAILS_PER_HOUR):
        with db.transaction():
            users.request_reset(spellings[number % len(spellings)])
    with pytest.raises(TooMany), db.transaction():
        users.request_reset(EMAIL)


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [(PHRASE, DECOMPOSED), (DECOMPOSED, PHRASE), ("uma frase comprida", "uma\u00a0frase\u3000comprida")],
)
def test_a_password_matches_in_any_spelling(chosen: str, typed: str) -> None:
    with db.transaction():
        ana = users.make_account(EMAIL, "Ana", chosen)
    assert sign_in(EMAIL, typed).id == ana.id
    with db.transaction():
        users.change_password(ana.id, typed, chosen + "!")
    assert sign_in(EMAIL, typed + "!").id == ana.id
    with db.transaction():
        users.request_reset(EMAIL)
    token = reset_link().rpartition("/")[2]
    with db.transaction():
        users.reset_password(token, typed)
    assert sign_in(EMAIL, chosen).id == ana.id


@pytest.mark.parametrize(
    "typed", ["CORAÇÃO ÀS TRÊS", "coracao as tres", "coração às três ", "coração às  três"]
)
def test_another_password_does_not_match(typed: str) -> None:
    with db.transaction():
        users.make_account(EMAIL, "Ana", PHRASE)
    with pytest.raises(WrongPassword):
        sign_in(EMAIL, typed)


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        (DECOMPOSED, PHRASE),
        (DECOMPOSED, DECOMPOSED),
        (PHRASE, DECOMPOSED),
        ("tem\u00a0espaço aqui", "tem\u00a0espaço aqui"),
    ],
)
def test_an_old_hash_matches_and_is_renewed(kept: str, typed: str) -> None:
    """Older hashes were made of the letters as typed; the first sign-in stores one of the normal form."""
    with db.transaction() as session:
        ana = users.make_account(EMAIL, "Ana", PASSWORD)
        before = passwords._hasher.hash(kept)
        session.execute(
            text("update users.users set password_hash = :hash where id = :id"),
            {"hash": before, "id": ana.id},
        )
    assert sign_in(EMAIL, typed).id == ana.id
    with db.reading() as session:
        after = str(session.execute(text("select password_hash from users.users")).scalar())
    assert not passwords.needs_rehash(after, typed)
    assert sign_in(EMAIL, unicodedata.normalize("NFC", typed)).id == ana.id


def test_length_is_counted_in_visible_letters() -> None:
    assert passwords.checked(unicodedata.normalize("NFD", "ã" * passwords.MAX_LENGTH))
    assert passwords.matches(
        passwords.hashed("ã" * passwords.MAX_LENGTH), unicodedata.normalize("NFD", "ã" * passwords.MAX_LENGTH)
    )
    with pytest.raises(Invalid):
        passwords.checked(unicodedata.normalize("NFD", "ã" * (passwords.MIN_LENGTH - 1)))
