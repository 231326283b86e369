"""user-service: accounts, sign-up, sign-in, sessions, devices. Verbs work in the caller's transaction.

Messages send mails. No answer reveals whether an e-mail has an account; only a mail to it does.
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
from app.users import account_changes, email_tokens, passwords, sessions, sign_in_throttle
from app.users.account_commands import DEMO_SIGN_INS as DEMO_SIGN_INS
from app.users.account_commands import ensure_demo_users as ensure_demo_users
from app.users.account_commands import make_account as make_account
from app.users.account_commands import replace_demo_passwords as replace_demo_passwords
from app.users.account_commands import replace_password
from app.users.account_commands import set_role as set_role
from app.users.address_problems import AddressState as AddressState
from app.users.address_problems import address_state as address_state
from app.users.address_problems import forget_address as forget_address
from app.users.devices import Device as Device
from app.users.devices import authenticate_device as authenticate_device
from app.users.devices import heartbeat as heartbeat
from app.users.devices import list_devices as list_devices
from app.users.devices import recent_device as recent_device
from app.users.devices import rename_device as rename_device
from app.users.devices import renew_device_token as renew_device_token
from app.users.devices import revoke_device as revoke_device
from app.users.devices import set_terminal as set_terminal
from app.users.door_devices import account_names as account_names
from app.users.door_devices import accounts_of_device as accounts_of_device
from app.users.door_devices import move_door as move_door
from app.users.door_devices import register_door as register_door
from app.users.door_devices import see_door as see_door
from app.users.email_tokens import InvalidEmailToken as InvalidEmailToken
from app.users.external_subjects import account_of_subject as account_of_subject
from app.users.external_subjects import adopt_subject as adopt_subject
from app.users.external_subjects import sign_in_subject as sign_in_subject
from app.users.group_roles import roles_of_groups as roles_of_groups
from app.users.hosted_provider import hosted_provider as hosted_provider
from app.users.pairings import NewPairing as NewPairing
from app.users.pairings import Pairing as Pairing
from app.users.pairings import collect_device_token as collect_device_token
from app.users.pairings import confirm_pairing as confirm_pairing
from app.users.pairings import pairing as pairing
from app.users.pairings import start_pairing as start_pairing
from app.users.partners import SCOPES as SCOPES
from app.users.partners import Partner as Partner
from app.users.partners import block_partner as block_partner
from app.users.partners import list_partners as list_partners
from app.users.partners import partner as partner
from app.users.partners import partner_of_client as partner_of_client
from app.users.partners import register_partner as register_partner
from app.users.personal_data import account_of as account_of
from app.users.personal_data import erase_account as erase_account
from app.users.personal_data import erase_sent_mails as erase_sent_mails
from app.users.personal_data import export_account as export_account
from app.users.pins import SUPERVISOR_ROLES as SUPERVISOR_ROLES
from app.users.pins import set_pin as set_pin
from app.users.pins import supervisor_by_pin as supervisor_by_pin
from app.users.pins import supervisors_with_pin as supervisors_with_pin
from app.users.provider_sessions import ProviderSession as ProviderSession
from app.users.provider_sessions import keep_provider_session as keep_provider_session
from app.users.second_factor import STAFF_ROLES as STAFF_ROLES
from app.users.second_factor import AppKey as AppKey
from app.users.second_factor import SecondFactor as SecondFactor
from app.users.second_factor import app_key as app_key
from app.users.second_factor import begin_second_factor as begin_second_factor
from app.users.second_factor import confirm_second_factor as confirm_second_factor
from app.users.second_factor import remove_second_factor as remove_second_factor
from app.users.second_factor import renew_recovery_codes as renew_recovery_codes
from app.users.second_factor import second_factor as second_factor
from app.users.second_factor_sign_in import ProofExpired as ProofExpired
from app.users.second_factor_sign_in import StaffAccount as StaffAccount
from app.users.second_factor_sign_in import password_proof as password_proof
from app.users.second_factor_sign_in import reset_second_factor as reset_second_factor
from app.users.second_factor_sign_in import sign_in_by_code as sign_in_by_code
from app.users.second_factor_sign_in import staff_second_factors as staff_second_factors
from app.users.sessions import SESSION_DAYS as SESSION_DAYS
from app.users.sessions import begin_session as begin_session
from app.users.sessions import end_session as end_session
from app.users.sessions import recent_session_owner as recent_session_owner
from app.users.sessions import session_owner as session_owner
from app.users.sessions import sign_out_everywhere as sign_out_everywhere
from app.users.sign_in_throttle import SignInAttempt
from app.users.views import COLUMNS
from app.users.views import User as User
from app.users.views import WrongPassword as WrongPassword
from app.users.webhooks.deliveries import replay_webhook_deliveries as replay_webhook_deliveries
from app.users.webhooks.deliveries import replay_webhook_delivery as replay_webhook_delivery
from app.users.webhooks.deliveries import webhook_deliveries as webhook_deliveries
from app.users.webhooks.deliveries import webhook_delivery as webhook_delivery
from app.users.webhooks.registry import BY_CINEMA as BY_CINEMA
from app.users.webhooks.registry import add_webhook as add_webhook
from app.users.webhooks.registry import change_webhook as change_webhook
from app.users.webhooks.registry import remove_webhook as remove_webhook
from app.users.webhooks.registry import rotate_webhook_secret as rotate_webhook_secret
from app.users.webhooks.registry import webhook as webhook
from app.users.webhooks.registry import webhooks_of as webhooks_of
from app.users.webhooks.views import Webhook as Webhook
from app.users.webhooks.views import WebhookAttempt as WebhookAttempt
from app.users.webhooks.views import WebhookDelivery as WebhookDelivery

MAILS_PER_HOUR = 5  # to one address, from all visitors together


def user(user_id: int) -> User:
    """The account. Raises NotFound."""
    row = db.session().execute(
        text(f"select {COLUMNS} from users.users where id = :id"), {"id": user_id}
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("user")
    return User.of(row)


def sign_up(name: str, email: str, password: str, actor: Actor) -> str:
    """Create an account and mail a link that verifies its e-mail. If the e-mail has an account, a mail says so.

    Returns the `browser_proof` for `verify_email`, which does not reveal whether an account was created.

    Raises TooMany and Invalid: `name.missing`, `name.no_letters`, `name.too_long`, `email.missing`, `email.wrong`,
    `password.short`, `password.long`.
    """
    name, email = checked_name(name), checked_email(email)
    password_hash = passwords.hashed(passwords.checked(password))
    _limit_mails(email)
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
        return email_tokens.browser_proof(codes.random_token())
    return email_tokens.browser_proof(email_tokens.send(User.of(made), "verify").token)


def sign_up_problems(name: str, email: str, password: str) -> list[Invalid]:
    """All errors that `sign_up` would raise for these values, so that a page can show them together."""
    found: list[Invalid] = []
    for check, typed in ((checked_name, name), (checked_email, email), (passwords.checked, password)):
        try:
            check(typed)
        except Invalid as error:
            found.append(error)
    return found


def send_verification(user_id: int) -> None:
    """Mail the verification link again; does nothing if the e-mail is verified. Raises TooMany."""
    found = user(user_id)
    if not found.verified:
        _limit_mails(found.email)
        email_tokens.send(found, "verify")


def email_token_owner(token: str, purpose: str) -> User:
    """The account of a token for `purpose` (`verify`, `reset`); the token stays valid. Raises InvalidEmailToken."""
    return user(email_tokens.owner(token, purpose))


def verify_email(token: str, password: str, actor: Actor, *, browser_proof: str = "") -> User:
    """Verify the account's e-mail by the token of the mail. Raises InvalidEmailToken, WrongPassword, TooMany.

    The password is needed unless the actor is signed in to the account, or this browser created it (`browser_proof`,
    from `sign_up`). Else a stranger could sign up with another person's e-mail, have them confirm it, and read the
    orders that they made as a guest.
    """
    owner = email_token_owner(token, "verify")
    if owner.id != actor.user_id and not is_requesting_browser(token, browser_proof):
        throttle.hit(
            "verify", str(owner.id), limit=sign_in_throttle.ATTEMPTS, seconds=sign_in_throttle.SECONDS
        )
        if not passwords.matches(passwords.stored_hash(owner.id), password):
            raise WrongPassword
    email_tokens.consume(token, "verify")
    _mark_verified(owner.id)
    return user(owner.id)


def is_requesting_browser(token: str, browser_proof: str) -> bool:
    """Whether this browser created the account that the token verifies; `browser_proof` is from `sign_up`."""
    return hmac.compare_digest(email_tokens.browser_proof(token).encode(), browser_proof.encode())


def sign_in(email: str, password: str, actor: Actor, browser_keys: Collection[str] = ()) -> User:
    """The account with this e-mail and password. Raises WrongPassword and TooMany (`sign_in_throttle.py`).

    `browser_keys` are the keys of all sessions that began in this browser, ended ones too. If one belongs to the
    account, the limits for strangers who guess its password do not apply to this browser.
    """
    email = email_for_lookup(email)
    row = db.session().execute(
        text(f"select {COLUMNS}, password_hash from users.users where lower(email) = :email"), {"email": email}
    ).one_or_none()  # fmt: skip
    attempt = SignInAttempt(
        email, actor.address_key, sessions.known_browser_key(row.id if row is not None else 0, browser_keys)
    )
    attempt.count()
    if not passwords.matches(row.password_hash if row is not None else None, password) or row is None:
        raise WrongPassword
    attempt.succeeded()
    if passwords.needs_rehash(row.password_hash, password) and db.in_transaction():
        passwords.store(row.id, password)
    return User.of(row)


def request_reset(email: str) -> None:
    """Have a link mailed to choose a new password, if the e-mail has an account. Raises TooMany, Invalid.

    The worker looks the account up, so that the time of this answer does not reveal whether there is one.
    """
    email = checked_email(email)
    _limit_mails(email)
    outbox.publish(ResetRequested(email=email))


def reset_password(token: str, password: str) -> User:
    """Set a new password by the token of the mail; it verifies the e-mail too. Raises InvalidEmailToken, Invalid."""
    passwords.checked(password)
    user_id = email_tokens.consume(token, "reset")
    _mark_verified(user_id)
    _replace_password(user_id, password)
    return user(user_id)


def change_password(user_id: int, old: str, new: str) -> User:
    """Set a new password and end all sessions of the account, the current one too.

    Raises TooMany; Invalid `password.old_wrong`, `password.short`, `password.long`.
    """
    passwords.checked(new, "new")
    throttle.hit(
        "change-password", str(user_id), limit=sign_in_throttle.ATTEMPTS, seconds=sign_in_throttle.SECONDS
    )
    if not passwords.matches(passwords.stored_hash(user_id), old):
        raise Invalid("password.old_wrong", "old")
    _replace_password(user_id, new)
    return user(user_id)


def change_name(user_id: int, name: str) -> User:
    """Set the account's name. Raises Invalid."""
    db.session().execute(
        text("update users.users set name = :name where id = :id"),
        {"id": user_id, "name": checked_name(name)},
    )
    return user(user_id)


def change_locale(user_id: int, locale: str) -> None:
    """Set the account's language; an unknown one changes nothing."""
    if locale in LOCALES:
        db.session().execute(
            text("update users.users set locale = :locale where id = :id"), {"id": user_id, "locale": locale}
        )


def _replace_password(user_id: int, password: str) -> None:
    replace_password(user_id, password)
    account_changes.tell_owner(user_id, account_changes.PASSWORD)


def _mark_verified(user_id: int) -> None:
    db.session().execute(
        text("update users.users set verified_at = coalesce(verified_at, clock_timestamp()) where id = :id"),
        {"id": user_id},
    )


def _locale(locale: str) -> str:
    return locale if locale in LOCALES else LOCALES[0]


def _limit_mails(email: str) -> None:
    """Limit the mails to one address, with or without an account, so that our forms cannot flood it. Raises TooMany."""
    throttle.hit("mails-to", email, limit=MAILS_PER_HOUR, seconds=3600)
