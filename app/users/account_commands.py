"""Accounts made and changed by commands, those of the demo among them."""

from __future__ import annotations

from sqlalchemy import text

from app.core import codes, db
from app.core.contact import checked_email, checked_name, email_for_lookup
from app.core.errors import Invalid, NotFound
from app.users import account_changes, email_tokens, passwords, sessions
from app.users.models import ROLES
from app.users.views import COLUMNS, User

# Accounts of the demo, printed by `serve`: (role, e-mail, password).
DEMO_SIGN_INS = (
    ("customer", "cliente@cinelanterna.example", "pipoca-quente"),
    ("door", "porta@cinelanterna.example", "lanterna-acesa"),
    ("manager", "gerente@cinelanterna.example", "cortina-veludo"),
)
_DEMO_NAMES = {"customer": "Clara Cliente", "door": "Célia da Porta", "manager": "Gil Gerente"}


def make_account(
    email: str, name: str, password: str, role: str = "customer", *, verified: bool = True
) -> User:
    """Create an account, for commands; an existing one gets this name, role and password. Raises Invalid."""
    if role not in ROLES:
        raise Invalid("role.unknown", "role")
    values = {
        "email": checked_email(email),
        "name": checked_name(name),
        "hash": passwords.hashed(passwords.checked(password)),
        "role": role,
        "verified": verified,
    }
    row = db.session().execute(
        text(
            "insert into users.users (email, name, password_hash, role, verified_at)"
            " values (:email, :name, :hash, :role, case when :verified then clock_timestamp() end)"
            " on conflict (lower(email)) do update set role = excluded.role,"
            " password_hash = excluded.password_hash, name = excluded.name,"
            f" verified_at = coalesce(users.verified_at, excluded.verified_at)"
            f" returning {COLUMNS}, xmax <> 0 as existed"  # only an updated row has been locked by a transaction
        ),
        values,
    ).one()  # fmt: skip
    sessions.end_all(row.id)
    if row.existed:
        account_changes.tell_owner(row.id, account_changes.PASSWORD)
    return User.of(row)


def set_role(email: str, role: str) -> User:
    """Set the account's role; its password and sessions stay. Raises Invalid `role.unknown`, NotFound."""
    if role not in ROLES:
        raise Invalid("role.unknown", "role")
    row = db.session().execute(
        text(f"update users.users set role = :role where lower(email) = :email returning {COLUMNS}"),
        {"role": role, "email": email_for_lookup(email)},
    ).one_or_none()  # fmt: skip
    sessions.forget_recent()
    if row is None:
        raise NotFound("user")
    return User.of(row)


def ensure_demo_users() -> None:
    """Create the demo's accounts, whose passwords are public; existing ones stay unchanged."""
    for role, email, password in DEMO_SIGN_INS:
        found = db.session().execute(text("select 1 from users.users where email = :email"), {"email": email})
        if found.first() is None:
            make_account(email, _DEMO_NAMES[role], password, role)


def replace_demo_passwords() -> list[str]:
    """Set a random password on each demo account that still has its public one; returns their e-mails."""
    replaced = []
    for _, email, password in DEMO_SIGN_INS:
        row = db.session().execute(
            text("select id, password_hash from users.users where email = :email for update"), {"email": email}
        ).one_or_none()  # fmt: skip
        if row is not None and passwords.matches(row.password_hash, password):
            replace_password(row.id, codes.random_token())
            replaced.append(email)
    return replaced


def replace_password(user_id: int, password: str) -> None:
    """Set the password, and end all sessions and all links that reset it."""
    passwords.store(user_id, password)
    sessions.end_all(user_id)
    email_tokens.delete(user_id, "reset")
