"""user-service: sign up, in, and what an account may change. Joins the caller's transaction; mails go by message.

Answers never tell whether an e-mail has an account: the mail does.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Row, text

from app.core import codes, db, outbox, throttle
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import LOCALES
from app.core.messages import NoticeRequested
from app.users import passwords
from app.users.models import ROLES

LONGEST_NAME, LONGEST_EMAIL = 120, 254
VERIFY_HOURS, RESET_HOURS = 72, 2
TRIES, TRY_SECONDS = 10, 600
# Demo accounts, made by the demo alone and printed by `serve`: (role, e-mail, password).
DEMO_SIGN_INS = (
    ("customer", "cliente@cinelanterna.example", "pipoca-quente"),
    ("door", "porta@cinelanterna.example", "lanterna-acesa"),
    ("manager", "gerente@cinelanterna.example", "cortina-veludo"),
)
_DEMO_NAMES = {"customer": "Clara Cliente", "door": "Célia da Porta", "manager": "Gil Gerente"}


@dataclass(frozen=True, slots=True)
class User:
    """An account without its password. `session_key` stands in the session: when it changes, the session ends."""

    id: int
    email: str
    name: str
    role: str
    locale: str
    verified: bool
    session_key: str

    @property
    def verified_email(self) -> str | None:
        return self.email if self.verified else None


class WrongPassword(Invalid):
    """E-mail and password do not fit; which of the two is not said."""

    def __init__(self) -> None:
        super().__init__("sign_in.wrong", "password")


class LinkOver(Conflict):
    """The link of a mail was used, has ended, or was never sent."""

    def __init__(self) -> None:
        super().__init__("link.over")


_COLUMNS = "id, email, name, role, locale, verified_at is not null as verified, session_key"


def _user(row: Row[Any]) -> User:
    return User(row.id, row.email, row.name, row.role, row.locale, row.verified, row.session_key)


def user(user_id: int) -> User:
    """Raises NotFound."""
    row = db.session().execute(
        text(f"select {_COLUMNS} from users.users where id = :id"), {"id": user_id}
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("user")
    return _user(row)


def sign_up(name: str, email: str, password: str, locale: str) -> None:
    """Make an account and send a link that proves its e-mail. An e-mail that has one gets a mail that says so.

    Raises Invalid: `name.missing`, `name.too_long`, `email.missing`, `email.wrong`, `password.short`, `.long`.
    """
    name, email = checked_name(name), checked_email(email)
    password_hash = passwords.hashed(passwords.checked(password))
    made = db.session().execute(
        text(
            f"insert into users.users (email, name, password_hash, locale, session_key)"
            f" values (:email, :name, :hash, :locale, :key) on conflict (lower(email)) do nothing"
            f" returning {_COLUMNS}"
        ),
        {"email": email, "name": name, "hash": password_hash, "locale": _locale(locale), "key": codes.random_token()},
    ).one_or_none()  # fmt: skip
    if made is None:
        _tell("account_exists", email, _locale(locale), {"name": name, "path": "/account/sign-in"})
        return
    _send_link(_user(made), "verify")


def send_verification(user_id: int) -> None:
    """Send the link again; nothing for an account whose e-mail is proved."""
    found = user(user_id)
    if not found.verified:
        _send_link(found, "verify")


def verify_email(token: str) -> User:
    """The link of the mail: the e-mail is the account's. Raises LinkOver."""
    user_id = _use_link(token, "verify")
    db.session().execute(
        text("update users.users set verified_at = coalesce(verified_at, clock_timestamp()) where id = :id"),
        {"id": user_id},
    )
    return user(user_id)


def sign_in(email: str, password: str, address_key: str) -> User:
    """Raises WrongPassword and TooMany (ten wrong tries for an account from one address in ten minutes).

    A crowd behind one address does not lock itself out: only tries for the same account count together.
    """
    email = email.strip().lower()[:LONGEST_EMAIL]
    throttle.hit("sign-in", f"{address_key}|{email}", limit=TRIES, seconds=TRY_SECONDS)
    throttle.hit("sign-in-account", email, limit=10 * TRIES, seconds=TRY_SECONDS)
    row = db.session().execute(
        text(f"select {_COLUMNS}, password_hash from users.users where lower(email) = :email"), {"email": email}
    ).one_or_none()  # fmt: skip
    if not passwords.fits(row.password_hash if row is not None else None, password) or row is None:
        raise WrongPassword
    throttle.forgive("sign-in", f"{address_key}|{email}")
    if passwords.is_outdated(row.password_hash) and db.in_transaction():
        _set_hash(row.id, password)
    return _user(row)


def request_reset(email: str) -> None:
    """Send a link to choose a new password, if there is such an account. Raises Invalid for what is no e-mail."""
    email = checked_email(email)
    row = db.session().execute(
        text(f"select {_COLUMNS} from users.users where lower(email) = lower(:email)"), {"email": email}
    ).one_or_none()  # fmt: skip
    if row is not None:
        _send_link(_user(row), "reset")


def reset_password(token: str, password: str) -> User:
    """Choose a new password by the link of the mail, which proves the e-mail too. Raises LinkOver, Invalid."""
    passwords.checked(password)
    user_id = _use_link(token, "reset")
    db.session().execute(
        text("update users.users set verified_at = coalesce(verified_at, clock_timestamp()) where id = :id"),
        {"id": user_id},
    )
    _set_password(user_id, password)
    return user(user_id)


def change_password(user_id: int, old: str, new: str) -> User:
    """Ends every other session. Raises WrongPassword (field `old`), Invalid."""
    passwords.checked(new, "new")
    row = db.session().execute(
        text("select password_hash from users.users where id = :id for update"), {"id": user_id}
    ).one()  # fmt: skip
    if not passwords.fits(row.password_hash, old):
        raise Invalid("password.old_wrong", "old")
    _set_password(user_id, new)
    return user(user_id)


def change_name(user_id: int, name: str) -> User:
    """Raises Invalid."""
    db.session().execute(
        text("update users.users set name = :name where id = :id"),
        {"id": user_id, "name": checked_name(name)},
    )
    return user(user_id)


def change_locale(user_id: int, locale: str) -> None:
    if locale in LOCALES:
        db.session().execute(
            text("update users.users set locale = :locale where id = :id"), {"id": user_id, "locale": locale}
        )


def make_account(
    email: str, name: str, password: str, role: str = "customer", *, verified: bool = True
) -> User:
    """Staff accounts, by command. An existing one gets this role and password. Raises Invalid."""
    if role not in ROLES:
        raise Invalid("role.unknown", "role")
    values = {
        "email": checked_email(email),
        "name": checked_name(name),
        "hash": passwords.hashed(passwords.checked(password)),
        "role": role,
        "key": codes.random_token(),
        "verified": verified,
    }
    row = db.session().execute(
        text(
            "insert into users.users (email, name, password_hash, role, session_key, verified_at)"
            " values (:email, :name, :hash, :role, :key, case when :verified then clock_timestamp() end)"
            " on conflict (lower(email)) do update set role = excluded.role, session_key = excluded.session_key,"
            " password_hash = excluded.password_hash, name = excluded.name,"
            f" verified_at = coalesce(users.verified_at, excluded.verified_at) returning {_COLUMNS}"
        ),
        values,
    ).one()  # fmt: skip
    return _user(row)


def ensure_demo_users() -> None:
    """The demo's accounts, whose passwords everybody may read."""
    for role, email, password in DEMO_SIGN_INS:
        make_account(email, _DEMO_NAMES[role], password, role)


def checked_name(name: str) -> str:
    """One line, without control characters or direction marks. Raises Invalid."""
    visible = (ch for ch in name if ch.isspace() or unicodedata.category(ch) not in ("Cc", "Cf"))
    name = " ".join("".join(visible).split())
    if not any(ch.isalpha() for ch in name):
        raise Invalid("name.missing", "name")
    if len(name) > LONGEST_NAME:
        raise Invalid("name.too_long", "name", most=LONGEST_NAME)
    return name


def checked_email(email: str) -> str:
    """Normalised. Raises Invalid `email.missing`, `email.wrong`; no network is asked."""
    email = email.strip()
    if not email:
        raise Invalid("email.missing", "email")
    try:
        if len(email) > LONGEST_EMAIL:
            raise EmailNotValidError
        return validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError:
        raise Invalid("email.wrong", "email") from None


def _set_password(user_id: int, password: str) -> None:
    _set_hash(user_id, password)
    db.session().execute(
        text("update users.users set session_key = :key where id = :id"),
        {"id": user_id, "key": codes.random_token()},
    )
    db.session().execute(
        text("delete from users.email_tokens where user_id = :id and purpose = 'reset'"), {"id": user_id}
    )


def _set_hash(user_id: int, password: str) -> None:
    db.session().execute(
        text("update users.users set password_hash = :hash where id = :id"),
        {"id": user_id, "hash": passwords.hashed(password)},
    )


def _locale(locale: str) -> str:
    return locale if locale in LOCALES else LOCALES[0]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _send_link(to: User, purpose: str) -> None:
    token = secrets.token_urlsafe(24)
    hours = VERIFY_HOURS if purpose == "verify" else RESET_HOURS
    db.session().execute(
        text(
            "insert into users.email_tokens (token_hash, user_id, purpose, expires_at)"
            " values (:hash, :user_id, :purpose, clock_timestamp() + make_interval(hours => :hours))"
        ),
        {"hash": _hash(token), "user_id": to.id, "purpose": purpose, "hours": hours},
    )
    template = "verify_email" if purpose == "verify" else "reset_password"
    facts = {"name": to.name, "path": f"/account/{purpose}/{token}", "hours": hours}
    _tell(template, to.email, to.locale, facts)


def _use_link(token: str, purpose: str) -> int:
    """Single use: the row goes with its use. Raises LinkOver."""
    user_id = db.session().execute(
        text(
            "delete from users.email_tokens where token_hash = :hash and purpose = :purpose"
            " and expires_at > clock_timestamp() returning user_id"
        ),
        {"hash": _hash(token[:200]), "purpose": purpose},
    ).scalar()  # fmt: skip
    if user_id is None:
        raise LinkOver
    return int(user_id)


def _tell(template: str, email: str, locale: str, facts: dict[str, Any]) -> None:
    outbox.publish(NoticeRequested(template=template, email=email, locale=locale, facts=facts))


def sweep_links() -> int:
    """Drop links whose time is over."""
    gone = db.session().execute(
        text("delete from users.email_tokens where expires_at < clock_timestamp() returning 1")
    )
    return len(gone.all())
