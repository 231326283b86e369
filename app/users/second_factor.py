"""The second factor of staff with a local account: codes of an authenticator app (TOTP, RFC 6238), or recovery codes.

The app and this module know one key, which is stored sealed. It counts once its owner has typed a first code. A code is
good in its step of 30 seconds, the one before and the one after, and once. Every change is recorded.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import Row, text

from app.core import codes, db, throttle
from app.core.config import settings
from app.core.errors import Conflict, Invalid, NotFound
from app.users import account_changes, passwords, recovery_codes, second_factor_keys
from app.users.second_factor_models import Change

STAFF_ROLES = ("door", "supervisor", "manager")
DIGITS, STEP_SECONDS = 6, 30
TOLERANCE = 1  # steps by which the clock of a phone may differ
# A code has 20 bits, so the limits are lower than those of passwords.
TRIES, PASSWORD_TRIES, SECONDS = 5, 10, 900
TRIES_A_DAY, DAY_SECONDS = 50, 86_400
_BEGIN = """
    insert into users.second_factors as f (user_id, sealed_key) values (:id, :sealed)
    on conflict (user_id) do update set sealed_key = excluded.sealed_key where f.confirmed_at is null
    returning 1
"""
_FIND = """
    select f.user_id, f.sealed_key, f.confirmed_at, extract(epoch from clock_timestamp())::bigint as seconds
    from users.second_factors f where f.user_id = :id
"""
# The condition makes a code good once: of two that come together, one changes no row.
_USE_STEP = """
    update users.second_factors set last_step = :step, confirmed_at = coalesce(confirmed_at, clock_timestamp())
    where user_id = :id and (last_step is null or last_step < :step)
    returning 1
"""
_RECORD = "insert into users.second_factor_changes (user_id, by_user_id, change) values (:id, :by, :change)"
_COUNT_CODES = "select count(*) from users.recovery_codes where user_id = :id"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """The state of an account's second factor. `since` is None until it is confirmed."""

    since: datetime | None
    codes_left: int


@dataclass(frozen=True, slots=True)
class AppKey:
    """The key for the authenticator app: as text in groups of four, and as an address (`otpauth://`) for a QR code."""

    text: str
    address: str


def second_factor(user_id: int) -> SecondFactor | None:
    """The state of the second factor; None if the account has none."""
    row = _row(user_id)
    if row is None:
        return None
    left = db.session().execute(text(_COUNT_CODES), {"id": user_id}).scalar_one()
    return SecondFactor(row.confirmed_at, left)


def begin_second_factor(user_id: int, password: str) -> None:
    """Make a key, which `app_key` returns until it is confirmed; the password proves that it is the account's owner.

    Raises TooMany; NotFound for an account that is not of staff; Conflict `second_factor.on`; Invalid
    `password.old_wrong`.
    """
    found = db.session().execute(
        text("select password_hash from users.users where id = :id and role = any(:roles)"),
        {"id": user_id, "roles": list(STAFF_ROLES)},
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound("staff")
    throttle.hit("set-second-factor", str(user_id), limit=PASSWORD_TRIES, seconds=SECONDS)
    if not passwords.matches(found.password_hash, password):
        raise Invalid("password.old_wrong", "password")
    values = {"id": user_id, "sealed": second_factor_keys.seal(pyotp.random_base32(), user_id)}
    if db.session().execute(text(_BEGIN), values).first() is None:
        raise Conflict("second_factor.on")


def app_key(user_id: int, account: str) -> AppKey:
    """The key that is not confirmed yet; the app shows it under the cinema's name and `account`. Raises NotFound."""
    row = _row(user_id)
    key = (
        second_factor_keys.opened(row.sealed_key, user_id)
        if row is not None and row.confirmed_at is None
        else None
    )
    if key is None:
        raise NotFound("second factor")
    groups = " ".join(key[start : start + 4] for start in range(0, len(key), 4))
    issuer = settings().cinema.name.replace(":", " ")
    return AppKey(groups, pyotp.TOTP(key).provisioning_uri(name=account, issuer_name=issuer))


def confirm_second_factor(user_id: int, code: str) -> list[str]:
    """Turn the second factor on by a first code of the app; returns the recovery codes, which are shown only here.

    Raises TooMany; NotFound without a key; Conflict `second_factor.on`; Invalid `code.missing`, `code.wrong`.
    """
    row = _row(user_id)
    if row is None:
        raise NotFound("second factor")
    if row.confirmed_at is not None:
        raise Conflict("second_factor.on")
    use_code(user_id, code)
    record_change(user_id, "on", by=user_id)
    return recovery_codes.make(user_id)


def renew_recovery_codes(user_id: int, code: str) -> list[str]:
    """Replace the recovery codes; returns the new ones, shown only here. Raises TooMany, NotFound, Invalid."""
    _check_on(user_id)
    use_code(user_id, code)
    record_change(user_id, "new_codes", by=user_id)
    return recovery_codes.make(user_id)


def remove_second_factor(user_id: int, code: str) -> None:
    """Turn the second factor off by a code. Raises TooMany, NotFound, Invalid `code.missing`, `code.wrong`."""
    _check_on(user_id)
    use_code(user_id, code)
    record_change(user_id, "off", by=user_id)
    forget(user_id)


def use_code(user_id: int, code: str, *, browser: str = "") -> None:
    """Use up a code of the app or a recovery code. Raises TooMany; Invalid `code.missing`, `code.wrong`.

    A try is counted before the code is checked. `browser` is the key of an earlier session of the account in this
    browser: it has its own count, so that somebody who knows the password alone does not lock the owner out.
    """
    typed = codes.normalise_code(code)
    if not typed:
        raise Invalid("code.missing", "code")
    key = f"{user_id}|{browser}"
    throttle.hit("second-factor", key, limit=TRIES, seconds=SECONDS)
    throttle.hit("second-factor-day", key, limit=TRIES_A_DAY, seconds=DAY_SECONDS)
    if len(typed) == DIGITS and typed.isdecimal():
        is_right = _use_app_code(user_id, typed)
    else:
        is_right = recovery_codes.use(user_id, typed)
        if is_right:
            record_change(user_id, "recovery_used", by=user_id)
    if not is_right:
        raise Invalid("code.wrong", "code")
    throttle.reset("second-factor", key)
    throttle.undo("second-factor-day", key)


def is_on(user_id: int) -> bool:
    """Whether the account signs in with a second factor."""
    row = _row(user_id)
    return row is not None and row.confirmed_at is not None


def forget(user_id: int) -> None:
    """Delete the key and the recovery codes."""
    recovery_codes.delete(user_id)
    db.session().execute(text("delete from users.second_factors where user_id = :id"), {"id": user_id})


def record_change(user_id: int, change: Change, *, by: int | None) -> None:
    """Record what happened, and the account that did it, None for a command; the owner gets a mail of it."""
    db.session().execute(text(_RECORD), {"id": user_id, "by": by, "change": change})
    account_changes.tell_owner(user_id, change)


def _use_app_code(user_id: int, typed: str) -> bool:
    """Whether it is a code of the app now, which was not used yet. All steps are compared, in constant time."""
    row = _row(user_id)
    key = second_factor_keys.opened(row.sealed_key, user_id) if row is not None else None
    if row is None or key is None:
        return False
    totp, now = pyotp.TOTP(key, digits=DIGITS, interval=STEP_SECONDS), row.seconds // STEP_SECONDS
    steps = range(now - TOLERANCE, now + TOLERANCE + 1)
    found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), typed)]
    return bool(found) and (
        db.session().execute(text(_USE_STEP), {"id": user_id, "step": found[-1]}).first() is not None
    )


def _check_on(user_id: int) -> None:
    if not is_on(user_id):
        raise NotFound("second factor")


def _row(user_id: int) -> Row[Any] | None:
    return db.session().execute(text(_FIND), {"id": user_id}).one_or_none()
