"""PINs of supervisors: they decide at a device where another account is signed in.

A PIN is short, so it is worth something only at a device of signed-in staff, and guessing is limited twice: for the
supervisor and for the account at the device. A try is counted before the PIN is checked; a right PIN takes it back.
"""

from __future__ import annotations

from sqlalchemy import text

from app.core import db, throttle
from app.core.actor import Actor
from app.core.errors import Invalid, NotFound
from app.users import passwords, sign_in_throttle
from app.users.views import COLUMNS, User

MIN_DIGITS, MAX_DIGITS = 6, 12
SUPERVISOR_ROLES = ("supervisor", "manager")
TRIES, SECONDS = 5, 900
_IN_ORDER = "0123456789012345678909876543210"


def set_pin(user_id: int, password: str, pin: str) -> None:
    """Set the account's PIN; its password proves that it is the account's owner.

    Raises TooMany; NotFound for a role without decisions; Invalid `password.old_wrong`, `pin.digits`, `pin.simple`.
    """
    row = db.session().execute(
        text("select password_hash from users.users where id = :id and role = any(:roles)"),
        {"id": user_id, "roles": list(SUPERVISOR_ROLES)},
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("supervisor")
    pin = _checked(pin)
    throttle.hit("set-pin", str(user_id), limit=sign_in_throttle.ATTEMPTS, seconds=sign_in_throttle.SECONDS)
    if not passwords.matches(row.password_hash, password):
        raise Invalid("password.old_wrong", "password")
    db.session().execute(
        text(
            "insert into users.pins (user_id, pin_hash) values (:id, :hash)"
            " on conflict (user_id) do update set pin_hash = excluded.pin_hash, set_at = clock_timestamp()"
        ),
        {"id": user_id, "hash": passwords.hashed(pin)},
    )


def supervisors_with_pin() -> list[User]:
    """The accounts that may decide and have set a PIN, by name."""
    rows = db.session().execute(
        text(
            f"select {COLUMNS} from users.users where role = any(:roles)"  # noqa: S608 (no value is put in)
            " and exists (select from users.pins p where p.user_id = users.id) order by name, id"
        ),
        {"roles": list(SUPERVISOR_ROLES)},
    )
    return [User.of(row) for row in rows]


def supervisor_by_pin(supervisor_id: int, pin: str, actor: Actor) -> User:
    """The supervisor whose PIN was typed at the actor's device. Raises TooMany; Invalid `pin.wrong`.

    An account without a PIN or without the role answers as a wrong PIN does.
    """
    limits = [("pin", str(supervisor_id)), ("pin-at", str(actor.user_id))]
    for name, key in limits:
        throttle.hit(name, key, limit=TRIES, seconds=SECONDS)
    row = db.session().execute(
        text(
            f"select {COLUMNS}, pin_hash from users.users join users.pins on pins.user_id = users.id"  # noqa: S608
            " where users.id = :id and role = any(:roles)"
        ),
        {"id": supervisor_id, "roles": list(SUPERVISOR_ROLES)},
    ).one_or_none()  # fmt: skip
    if not passwords.matches(row.pin_hash if row is not None else None, pin.strip()) or row is None:
        raise Invalid("pin.wrong", "pin")
    for name, key in limits:
        throttle.reset(name, key)
    return User.of(row)


def _checked(pin: str) -> str:
    """The PIN. Raises Invalid `pin.digits` or `pin.simple` (one digit repeated, digits in their order)."""
    pin = pin.strip()
    if not (pin.isascii() and pin.isdecimal() and MIN_DIGITS <= len(pin) <= MAX_DIGITS):
        raise Invalid("pin.digits", "pin", least=MIN_DIGITS, most=MAX_DIGITS)
    if len(set(pin)) == 1 or pin in _IN_ORDER:
        raise Invalid("pin.simple", "pin")
    return pin
