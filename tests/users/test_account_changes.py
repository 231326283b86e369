"""The owner of an account gets a mail of each change of the password and of the second factor."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import config, db, worker
from app.dispatch import routes
from app.users import service as users
from app.users.service import User
from tests.users.account_data import PASSWORD, mail_text, make_account, read_mails, send_due_mails
from tests.users.notice_mails import dead_letters
from tests.users.test_second_factor import sign_in, turn_on

NEW_PASSWORD = "outra frase comprida"

pytestmark = pytest.mark.usefixtures("app")


def in_language(user: User, language: str) -> User:
    with db.transaction():
        users.change_locale(user.id, language)
        return users.user(user.id)


@pytest.mark.parametrize("language", ["pt_BR", "en"])
def test_the_owner_gets_a_mail_of_each_change_without_a_secret(language: str) -> None:
    gil = in_language(make_account("gil@example.org", role="manager", name="Gil"), language)
    app, codes = turn_on(gil)
    sign_in(gil, codes[0])
    with db.transaction():
        users.remove_second_factor(gil.id, app.code())
    turn_on(gil)
    with db.transaction():
        users.reset_second_factor(gil.id, by=None)
        users.change_password(gil.id, PASSWORD, NEW_PASSWORD)
    mails = send_due_mails()
    found = {str(mail["Subject"]).removesuffix(": Cine Lanterna"): mail for mail in mails}
    expected = {
        "pt_BR": {
            "O seu segundo fator está ligado",
            "Um código de recuperação foi usado",
            "O seu segundo fator está desligado",
            "O cinema desligou o seu segundo fator",
            "A sua senha foi trocada",
        },
        "en": {
            "Your second factor is on",
            "A recovery code was used",
            "Your second factor is off",
            "Your second factor was turned off by the cinema",
            "Your password was changed",
        },
    }
    assert set(found) == expected[language]
    assert len(mails) == 6
    assert dead_letters() == []
    for subject, mail in found.items():
        html = mail.get_body(("html",))
        assert html is not None
        for body in (mail_text(mail), str(html.get_content())):
            assert subject in body
            assert ("Não foi você?" if language == "pt_BR" else "Was it not you?") in body
            assert "http://localhost/account/reset" in body
            assert not any(code in body for code in codes)
            assert app.key.text not in body
        assert mail["To"] == "gil@example.org"
    used = mail_text(
        found["Um código de recuperação foi usado" if language == "pt_BR" else "A recovery code was used"]
    )
    assert ("ainda tem 9 códigos" if language == "pt_BR" else "have 9 recovery codes left") in used


def test_a_stranger_whose_address_was_typed_gets_no_mail_of_its_password() -> None:
    ana = make_account(verified=False)
    with db.transaction():
        users.change_password(ana.id, PASSWORD, NEW_PASSWORD)
    assert send_due_mails() == []


def test_a_password_that_a_command_replaces_is_told_to_its_owner_alone() -> None:
    make_account()
    assert send_due_mails() == []
    make_account()
    (mail,) = send_due_mails()
    assert mail["Subject"] == "A sua senha foi trocada: Cine Lanterna"


def test_an_erased_account_gets_no_mail(app: Flask) -> None:
    ana = make_account()
    with db.transaction():
        users.change_password(ana.id, PASSWORD, NEW_PASSWORD)
    with db.transaction() as session:
        stored = session.execute(text("select payload::text from core.outbox")).scalar_one()
        users.erase_account(ana.id)
    assert "ana@" not in stored
    worker.drain(routes(("users",)))
    assert read_mails(config.settings().mail_folder) == []
    assert dead_letters() == []
