"""Accounts: sign-up, verification by mail, sign-in and changes; no answer reveals which e-mails have an account."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.errors import Invalid, NotFound, TooMany
from app.users import service as users
from app.users.service import InvalidEmailToken, User, WrongPassword
from tests.payments.test_statements import counted
from tests.users.account_data import (
    PASSWORD,
    begin_session,
    is_signed_in,
    mail_text,
    mail_token,
    make_account,
    send_due_mails,
)


def sign_up(email: str = "ana@example.org", password: str = PASSWORD, name: str = "Ana Souza") -> None:
    with db.transaction():
        users.sign_up(name, email, password, Actor())


def sign_in(email: str = "ana@example.org", password: str = PASSWORD, address: str = "home") -> User:
    with db.transaction():
        return users.sign_in(email, password, Actor(address_key=address))


def verify(link: str, password: str = PASSWORD, signed_in_id: int | None = None) -> User:
    with db.transaction():
        return users.verify_email(link, password, Actor(user_id=signed_in_id))


def test_sign_up_mails_a_link_that_verifies_the_email() -> None:
    sign_up(" Ana@Example.ORG ")
    (mail,) = send_due_mails()
    assert mail["To"] == "ana@example.org"
    assert not sign_in().verified
    assert verify(mail_token(mail)).verified_email == "ana@example.org"
    with pytest.raises(InvalidEmailToken):
        verify(mail_token(mail))


def test_the_link_alone_does_not_verify_an_account_of_a_stranger() -> None:
    sign_up("victim@example.org")
    (mail,) = send_due_mails()
    with pytest.raises(WrongPassword):
        verify(mail_token(mail), "what the victim would type")
    assert not sign_in("victim@example.org").verified
    owner = sign_in("victim@example.org")
    assert verify(mail_token(mail), "", signed_in_id=owner.id).verified
    with pytest.raises(InvalidEmailToken):
        verify("nonsense", "", signed_in_id=owner.id)


def test_a_second_sign_up_changes_nothing_and_sends_a_mail() -> None:
    sign_up()
    sign_up("ANA@example.org", "another long password", "Mallory http://evil.example")
    first, second = send_due_mails()
    assert "conta" in second["Subject"]
    assert "evil" not in second.as_string()
    assert mail_token(first)
    assert sign_in().name == "Ana Souza"
    with pytest.raises(WrongPassword):
        sign_in(password="another long password")


def test_mails_to_one_address_are_limited() -> None:
    for number in range(users.MAILS_PER_HOUR):
        sign_up("victim@example.org", name=f"Ana {'x' * number}")
    with pytest.raises(TooMany):
        sign_up("victim@example.org")
    with pytest.raises(TooMany), db.transaction():
        users.request_reset("victim@example.org")
    sign_up("somebody.else@example.org")


@pytest.mark.parametrize(
    ("name", "email", "password", "code"),
    [
        ("", "ana@example.org", PASSWORD, "name.missing"),
        ("\u202e\u200f", "ana@example.org", PASSWORD, "name.missing"),
        ("🎬 🍿", "ana@example.org", PASSWORD, "name.no_letters"),
        ("a" * 10_000, "ana@example.org", PASSWORD, "name.too_long"),
        ("Ana", "", PASSWORD, "email.missing"),
        ("Ana", "ana", PASSWORD, "email.wrong"),
        ("Ana", "ana@localhost", PASSWORD, "email.wrong"),
        ("Ana", "ana@example.org\r\nBcc: all@example.org", PASSWORD, "email.wrong"),
        ("Ana", "aná@example.org", PASSWORD, "email.wrong"),
        ("Ana", "ana@example.org", "curta", "password.short"),
        ("Ana", "ana@example.org", "x" * 201, "password.long"),
    ],
)
def test_sign_up_refuses_invalid_values(name: str, email: str, password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        sign_up(email, password, name)
    assert refused.value.code == code
    assert [one.code for one in users.sign_up_problems(name, email, password)] == [code]
    assert send_due_mails() == []


def test_hostile_names_are_stored_as_text() -> None:
    for number, (typed, kept) in enumerate(
        [
            ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
            ("{{7*7}} Ana", "{{7*7}} Ana"),
            ("Ana\r\nBcc: all@example.org", "Ana Bcc: all@example.org"),
            ("\u202eana 🎬", "ana 🎬"),
        ]
    ):
        sign_up(f"ana{number}@example.org", name=typed)
        assert sign_in(f"ana{number}@example.org").name == kept


def test_wrong_passwords_and_unknown_accounts_get_the_same_error() -> None:
    make_account()
    for email in ("ana@example.org", "nobody@example.org", "nonsense", "", "a" * 10_000):
        with pytest.raises(WrongPassword) as refused:
            sign_in(email, "not the password")
        assert (refused.value.code, refused.value.field) == ("sign_in.wrong", "password")


def test_unknown_accounts_take_as_long_as_known_ones() -> None:
    make_account()

    def seconds(email: str, visit: int) -> float:
        before = time.process_time()  # other processes of the machine do not count
        with pytest.raises(WrongPassword):
            sign_in(email, "not the password", f"address-{visit}")
        return time.process_time() - before

    seconds("nobody@example.org", -1)  # the first call creates the hash to compare with
    pairs = [(seconds("ana@example.org", visit), seconds("nobody@example.org", visit)) for visit in range(9)]
    known, unknown = (min(times) for times in zip(*pairs, strict=True))
    assert 0.4 < known / unknown < 2.5  # without the same work it is ten times and more


def test_a_reset_ends_every_session_and_verifies_the_email() -> None:
    before = begin_session(make_account(verified=False))
    with db.transaction():
        users.request_reset("ana@example.org")
        users.request_reset("ana@example.org")
    first, second = send_due_mails()
    with pytest.raises(Invalid), db.transaction():
        users.reset_password(mail_token(first), "curta")
    with db.transaction():
        after = users.reset_password(mail_token(first), "outra frase comprida")
    assert not is_signed_in(before)
    assert after.verified
    assert sign_in(password="outra frase comprida")
    with pytest.raises(WrongPassword):
        sign_in()
    for used in (first, second):  # using one deletes the others
        with pytest.raises(InvalidEmailToken), db.transaction():
            users.reset_password(mail_token(used), "outra frase comprida")


def test_requesting_a_reset_does_not_read_accounts() -> None:
    """The time of the answer must not reveal whether there is an account: only the worker reads accounts."""
    make_account()
    spent = []
    for email in ("nobody@example.org", "ana@example.org"):
        with counted() as sent, db.transaction():
            users.request_reset(email)
        spent.append(sent)
    assert spent[0] == spent[1]
    assert not any("users.users" in statement for statement in spent[1])


def test_a_reset_for_an_unknown_email_sends_nothing() -> None:
    with db.transaction():
        users.request_reset("nobody@example.org")
    assert send_due_mails() == []
    with pytest.raises(Invalid), db.transaction():
        users.request_reset("nobody")


def test_tokens_expire_and_have_one_purpose() -> None:
    sign_up()
    (mail,) = send_due_mails()
    with pytest.raises(InvalidEmailToken), db.transaction():
        users.reset_password(mail_token(mail), PASSWORD)
    with db.transaction() as session:
        session.execute(text("update users.email_tokens set expires_at = clock_timestamp()"))
    with pytest.raises(InvalidEmailToken):
        verify(mail_token(mail))
    from app.users.handlers import delete_expired

    delete_expired()
    with db.reading() as session:
        assert session.execute(text("select count(*) from users.email_tokens")).scalar() == 0


def test_tokens_and_passwords_are_stored_hashed() -> None:
    sign_up()
    (mail,) = send_due_mails()
    with db.reading() as session:
        kept = session.execute(
            text("select u::text || t::text from users.users u, users.email_tokens t")
        ).scalar()
    assert kept is not None
    assert "$argon2id$" in kept
    assert PASSWORD not in kept
    assert mail_token(mail) not in kept


def test_changing_the_password_needs_the_old_one_and_ends_other_sessions() -> None:
    ana = make_account()
    before = begin_session(ana)
    with pytest.raises(Invalid) as refused, db.transaction():
        users.change_password(ana.id, "wrong", "outra frase comprida")
    assert refused.value.field == "old"
    assert is_signed_in(before)
    with db.transaction():
        users.change_password(ana.id, PASSWORD, "outra frase comprida")
    assert not is_signed_in(before)
    assert sign_in(password="outra frase comprida")


def test_name_language_and_role() -> None:
    ana = make_account()
    with db.transaction():
        assert users.change_name(ana.id, " Ana  Maria ").name == "Ana Maria"
        users.change_locale(ana.id, "en")
        users.change_locale(ana.id, "xx")
    assert sign_in().locale == "en"
    with db.transaction():
        assert users.set_role("ANA@example.org", "manager").role == "manager"
    with pytest.raises(NotFound), db.transaction():
        users.set_role("nobody@example.org", "door")
    with pytest.raises(Invalid), db.transaction():
        users.set_role("ana@example.org", "emperor")


def test_mails_are_in_the_accounts_language() -> None:
    ana = make_account()
    with db.transaction():
        users.change_locale(ana.id, "en")
    with db.transaction():
        users.request_reset("ana@example.org")
    (mail,) = send_due_mails()
    assert "Choose a new password" in mail_text(mail)


def test_demo_accounts_are_created_once_and_not_changed() -> None:
    with db.transaction():
        users.ensure_demo_users()
    for role, email, password in users.DEMO_SIGN_INS:
        assert sign_in(email, password).role == role
    _, email, password = users.DEMO_SIGN_INS[0]
    with db.transaction():
        users.change_password(sign_in(email, password).id, password, "minha nova senha")
        users.ensure_demo_users()
    assert sign_in(email, "minha nova senha").verified


def test_without_the_demo_public_passwords_are_replaced() -> None:
    with db.transaction():
        users.ensure_demo_users()
    (_, customer, known), (_, door, _), (_, manager, _) = users.DEMO_SIGN_INS
    before = begin_session(sign_in(customer, known))
    with db.transaction():
        users.make_account(manager, "Gil", "a password of our own", "manager")
        assert users.replace_demo_passwords() == [customer, door]
        assert users.replace_demo_passwords() == []
    with pytest.raises(WrongPassword):
        sign_in(customer, known)
    assert sign_in(manager, "a password of our own").role == "manager"
    assert not is_signed_in(before)
