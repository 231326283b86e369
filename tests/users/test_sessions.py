"""Sessions begin with a sign-in and end by sign-out, a new password or time."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core import db
from app.users import handlers
from app.users import service as users
from tests.users.account_data import PASSWORD, begin_session, is_signed_in, make_account


def test_each_sign_in_begins_a_session() -> None:
    ana = make_account()
    phone, desk = begin_session(ana), begin_session(ana)
    with db.reading():
        assert users.session_owner(phone) == ana
    with db.transaction():
        users.end_session(phone)
        users.end_session("nonsense")
    assert (is_signed_in(phone), is_signed_in(desk)) == (False, True)


def test_signing_in_again_ends_the_earlier_session() -> None:
    ana = make_account()
    before, elsewhere = begin_session(ana), begin_session(ana)
    with db.transaction():
        after = users.begin_session(ana.id, instead_of=before)
    assert [is_signed_in(key) for key in (before, elsewhere, after)] == [False, True, True]


def test_sessions_expire_and_are_deleted() -> None:
    ana = make_account()
    old, young = begin_session(ana), begin_session(ana)
    with db.transaction() as session:
        session.execute(
            text("update users.sessions set began_at = began_at - interval '31 days' where key = :key"),
            {"key": old},
        )
    assert (is_signed_in(old), is_signed_in(young)) == (False, True)
    handlers.delete_expired()
    with db.reading() as session:
        assert session.execute(text("select key from users.sessions")).scalars().all() == [young]


@pytest.mark.parametrize("how", ["changed", "reset by command"])
def test_a_new_password_ends_all_sessions(how: str) -> None:
    ana, eva = make_account(), make_account("eva@example.org")
    mine, hers = [begin_session(ana), begin_session(ana)], begin_session(eva)
    with db.transaction():
        if how == "changed":
            users.change_password(ana.id, PASSWORD, "outra frase comprida")
        else:
            users.make_account(ana.email, ana.name, "outra frase comprida")
    assert [is_signed_in(key) for key in (*mine, hers)] == [False, False, True]


def test_a_new_role_ends_no_session() -> None:
    key = begin_session(make_account())
    with db.transaction():
        users.set_role("ana@example.org", "door")
    with db.reading():
        assert users.session_owner(key).role == "door"
