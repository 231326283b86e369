"""user-service: sign up, in, and what an account may change. Joins the caller's transaction; mails go by message.

Answers never tell whether an e-mail has an account: the mail does.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection

from sqlalchemy import text

from app.core import codes, db, outbox, throttle
from app.core.actor import Actor
from app.core.contact import checked_email, checked_name, email_for_lookup
from app.core.errors import Invalid, NotFound
from app.core.i18n import LOCALES
from app.core.messages import NoticeRequested, ResetRequested
from app.core.pages import Page
from app.users import links, passwords, sessions, tries
from app.users.links import LinkOver as LinkOver
from app.users.models import ROLES
from app.users.personal_data import account_of as account_of
from app.users.personal_data import erase_account as erase_account
from app.users.personal_data import erase_sent_mails as erase_sent_mails
from app.users.personal_data import export_account as export_account
from app.users.sessions import begin_session as begin_session
from app.users.sessions import end_session as end_session
from app.users.sessions import session_owner as session_owner
from app.users.tries import Try
from app.users.views import COLUMNS
from app.users.views import User as User
from app.users.views import WrongPassword as WrongPassword

MAILS_AN_HOUR = 5  # to one address, whoever asks for them
# Demo accounts, made by the demo alone and printed by `serve`: (role, e-mail, password).
DEMO_SIGN_INS = (
    ("customer", "cliente@cinelanterna.example", "pipoca-quente"),
    ("door", "porta@cinelanterna.example", "lanterna-acesa"),
    ("manager", "gerente@cinelanterna.example", "cortina-veludo"),
)
_DEMO_NAMES = {"customer": "Clara Cliente", "door": "Célia da Porta", "manager": "Gil Gerente"}


def user(user_id: int) -> User:
    """Raises NotFound."""
    row = db.session().execute(
        text(f"select {COLUMNS} from users.users where id = :id"), {"id": user_id}
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("user")
    return User.of(row)


def sign_up(name: str, email: str, password: str, actor: Actor) -> str:
    """Make an account and send a link that proves its e-mail. An e-mail that has one gets a mail that says so.

    Returns what the browser keeps for `verify_email`; one looks like another, whether an account was made or not.

    Raises TooMany and Invalid: `name.missing`, `name.no_letters`, `name.too_long`, `email.missing`, `email.wrong`,
    `password.short`, `password.long`.
    """
    name, email = checked_name(name), checked_email(email)
    password_hash = passwords.hashed(passwords.checked(password))
    _spare(email)
    made = db.session().execute(
        text(
            f"insert into users.users (email, name, password_hash, locale)"
            f" values (:email, :name, :hash, :locale) on conflict (lower(email)) do nothing"
            f" returning {COLUMNS}"
        ),
        {"email": email, "name": name, "hash": password_hash, "locale": _locale(actor.locale)},
    ).one_or_none()  # fmt: skip
    if made is None:
        outbox.publish(NoticeRequested("account_exists", email, _locale(actor.locale), page=Page.SIGN_IN))
        return links.browser_proof(codes.random_token())
    return links.browser_proof(links.send(User.of(made), "verify").token)


def sign_up_problems(name: str, email: str, password: str) -> list[Invalid]:
    """Everything that `sign_up` would complain about, so that a page can say it at once."""
    found: list[Invalid] = []
    for check, typed in ((checked_name, name), (checked_email, email), (passwords.checked, password)):
        try:
            check(typed)
        except Invalid as error:
            found.append(error)
    return found


def send_verification(user_id: int) -> None:
    """Send the link again; nothing for an account whose e-mail is proved. Raises TooMany."""
    found = user(user_id)
    if not found.verified:
        _spare(found.email)
        links.send(found, "verify")


def link_owner(token: str, purpose: str) -> User:
    """Whose link it is (`verify` or `reset`), without using it up. Raises LinkOver."""
    return user(links.owner(token, purpose))


def verify_email(token: str, password: str, actor: Actor, *, browser_proof: str = "") -> User:
    """The link of the mail: the e-mail is the account's. Raises LinkOver, WrongPassword, TooMany.

    The account's password is needed unless the actor is signed in as the link's account, or this browser made it
    (`browser_proof`, from `sign_up`): else somebody could sign up with another person's e-mail, have them confirm it,
    and read the orders that they made as a guest.
    """
    owner = link_owner(token, "verify")
    if owner.id != actor.user_id and not asked_for_link(token, browser_proof):
        throttle.hit("verify", str(owner.id), limit=tries.TRIES, seconds=tries.SECONDS)
        if not passwords.fits(_password_hash(owner.id), password):
            raise WrongPassword
    links.use(token, "verify")
    _mark_verified(owner.id)
    return user(owner.id)


def asked_for_link(token: str, browser_proof: str) -> bool:
    """Whether this browser made the account that the link confirms; `browser_proof` as `sign_up` gave it."""
    return hmac.compare_digest(links.browser_proof(token).encode(), browser_proof.encode())


def sign_in(email: str, password: str, actor: Actor, browser_keys: Collection[str] = ()) -> User:
    """Raises WrongPassword and TooMany (see `tries.py`).

    `browser_keys` are those of the sessions that began at this browser, over or not: one of this account sets it apart
    from strangers who guess, and it gets in although they are many.
    """
    email = email_for_lookup(email)
    row = db.session().execute(
        text(f"select {COLUMNS}, password_hash from users.users where lower(email) = :email"), {"email": email}
    ).one_or_none()  # fmt: skip
    attempt = Try(email, actor.address_key, sessions.known(row.id if row is not None else 0, browser_keys))
    attempt.count()
    if not passwords.fits(row.password_hash if row is not None else None, password) or row is None:
        raise WrongPassword
    attempt.succeeded()
    if passwords.is_outdated(row.password_hash, password) and db.in_transaction():
        _set_hash(row.id, password)
    return User.of(row)


def request_reset(email: str) -> None:
    """Have a link sent to choose a new password, if there is such an account. Raises TooMany; Invalid for no e-mail.

    Whether there is one is looked up by the worker: not even the time that this takes tells it.
    """
    email = checked_email(email)
    _spare(email)
    outbox.publish(ResetRequested(email=email))


def reset_password(token: str, password: str) -> User:
    """Choose a new password by the link of the mail, which proves the e-mail too. Raises LinkOver, Invalid."""
    passwords.checked(password)
    user_id = links.use(token, "reset")
    _mark_verified(user_id)
    _set_password(user_id, password)
    return user(user_id)


def change_password(user_id: int, old: str, new: str) -> User:
    """Ends every session, the asking one too.

    Raises TooMany; Invalid `password.old_wrong`, `password.short`, `password.long`.
    """
    passwords.checked(new, "new")
    throttle.hit("change-password", str(user_id), limit=tries.TRIES, seconds=tries.SECONDS)
    if not passwords.fits(_password_hash(user_id), old):
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
    """The account's language, wherever it signs in; an unknown one changes nothing."""
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
        "verified": verified,
    }
    row = db.session().execute(
        text(
            "insert into users.users (email, name, password_hash, role, verified_at)"
            " values (:email, :name, :hash, :role, case when :verified then clock_timestamp() end)"
            " on conflict (lower(email)) do update set role = excluded.role,"
            " password_hash = excluded.password_hash, name = excluded.name,"
            f" verified_at = coalesce(users.verified_at, excluded.verified_at) returning {COLUMNS}"
        ),
        values,
    ).one()  # fmt: skip
    sessions.end_all(row.id)
    return User.of(row)


def set_role(email: str, role: str) -> User:
    """The account keeps its password and its sessions. Raises Invalid `role.unknown`, NotFound."""
    if role not in ROLES:
        raise Invalid("role.unknown", "role")
    row = db.session().execute(
        text(f"update users.users set role = :role where lower(email) = :email returning {COLUMNS}"),
        {"role": role, "email": email_for_lookup(email)},
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("user")
    return User.of(row)


def ensure_demo_users() -> None:
    """The demo's accounts, whose passwords everybody may read; those that are there stay as they are."""
    for role, email, password in DEMO_SIGN_INS:
        there = db.session().execute(text("select 1 from users.users where email = :email"), {"email": email})
        if there.first() is None:
            make_account(email, _DEMO_NAMES[role], password, role)


def close_demo_users() -> list[str]:
    """Give each demo account that still has its public password one that nobody knows; returns their e-mails."""
    closed = []
    for _, email, password in DEMO_SIGN_INS:
        row = db.session().execute(
            text("select id, password_hash from users.users where email = :email for update"), {"email": email}
        ).one_or_none()  # fmt: skip
        if row is not None and passwords.fits(row.password_hash, password):
            _set_password(row.id, codes.random_token())
            closed.append(email)
    return closed


def _set_password(user_id: int, password: str) -> None:
    _set_hash(user_id, password)
    sessions.end_all(user_id)
    links.forget(user_id, "reset")


def _password_hash(user_id: int) -> str:
    found = db.session().execute(
        text("select password_hash from users.users where id = :id"), {"id": user_id}
    )
    return str(found.scalar_one())


def _mark_verified(user_id: int) -> None:
    db.session().execute(
        text("update users.users set verified_at = coalesce(verified_at, clock_timestamp()) where id = :id"),
        {"id": user_id},
    )


def _set_hash(user_id: int, password: str) -> None:
    db.session().execute(
        text("update users.users set password_hash = :hash where id = :id"),
        {"id": user_id, "hash": passwords.hashed(password)},
    )


def _locale(locale: str) -> str:
    return locale if locale in LOCALES else LOCALES[0]


def _spare(email: str) -> None:
    """Nobody's mailbox is filled through our forms; counted whether it has an account or not. Raises TooMany."""
    throttle.hit("mails-to", email, limit=MAILS_AN_HOUR, seconds=3600)
