"""Accounts of people whom an identity provider signs in, found by the issuer and its id of the person (`sub`).

A person who is new here gets the account that has their e-mail, or a new one, if the provider has verified the e-mail.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text

from app.core import codes, db
from app.core.contact import checked_email, checked_name
from app.core.errors import Invalid, NotFound
from app.users import passwords
from app.users.account_commands import replace_password
from app.users.group_roles import give_role
from app.users.personal_data import account_of
from app.users.views import COLUMNS, User

_FIND = f"""
    select {COLUMNS} from users.external_subjects subject join users.users account on account.id = subject.user_id
    where subject.issuer = :issuer and subject.subject = :subject
"""  # noqa: S608 (no value is put in)
_MAKE = f"""
    insert into users.users (email, name, password_hash, locale, verified_at)
    values (:email, :name, :hash, :locale, clock_timestamp())
    on conflict (lower(email)) do nothing returning {COLUMNS}
"""  # noqa: S608 (no value is put in)
_REMEMBER = """
    insert into users.external_subjects (issuer, subject, user_id) values (:issuer, :subject, :user_id)
    on conflict (issuer, subject) do nothing
"""


def account_of_subject(issuer: str, subject: str) -> User:
    """The account of the provider's person. Raises NotFound."""
    row = db.session().execute(text(_FIND), {"issuer": issuer, "subject": subject}).one_or_none()
    if row is None:
        raise NotFound("user")
    return User.of(row)


def adopt_subject(issuer: str, subject: str, email: str, name: str, locale: str) -> User:
    """Give the provider's person the account with this e-mail, which the provider has verified, or a new account.

    An account whose e-mail was never verified here may have been made by somebody else: its password and its sessions
    end. Raises Invalid for an e-mail that is none.
    """
    email = checked_email(email)
    found = _made(email, name, locale) or _taken_over(email)
    values = {"issuer": issuer, "subject": subject, "user_id": found.id}
    db.session().execute(text(_REMEMBER), values)
    return account_of_subject(issuer, subject)


def sign_in_subject(
    issuer: str, subject: str, groups: Collection[str], *, email: str | None, name: str, locale: str
) -> User:
    """The account of a person whom the provider has just signed in; its role becomes that of their groups.

    `email` is one that the provider has verified. Raises NotFound or Invalid for a person who is new here without one.
    """
    try:
        found = account_of_subject(issuer, subject)
    except NotFound:
        if email is None:
            raise
        found = adopt_subject(issuer, subject, email, name, locale)
    give_role(found.id, groups)
    return account_of_subject(issuer, subject)


def _made(email: str, name: str, locale: str) -> User | None:
    """A new account without a usable password, or None if the e-mail has one."""
    values = {"email": email, "name": _name(name, email), "locale": locale}
    unusable = passwords.hashed(codes.random_token())
    row = db.session().execute(text(_MAKE), values | {"hash": unusable}).one_or_none()
    return User.of(row) if row is not None else None


def _taken_over(email: str) -> User:
    found = account_of(email)
    if found is None:
        raise NotFound("user")  # it was erased at this moment
    if not found.verified:
        replace_password(found.id, codes.random_token())
        db.session().execute(
            text(
                "update users.users set verified_at = coalesce(verified_at, clock_timestamp()) where id = :id"
            ),
            {"id": found.id},
        )
    return found


def _name(name: str, email: str) -> str:
    """The person's name, or what stands before the @ where the provider gives none that we can use."""
    try:
        return checked_name(name)
    except Invalid:
        return email.partition("@")[0]
